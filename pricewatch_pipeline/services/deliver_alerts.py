"""Sends the alerts that wait in the outbox. Whatever ends this loses none: an alert is marked when its channel has taken it,
and what was claimed and not marked comes back by its lease, with the same key in the message."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import TypeVar
from uuid import uuid4

from pricewatch_pipeline.domain.alert_rules import Digest
from pricewatch_pipeline.domain.deliveries import MOST_ATTEMPTS, Delivery, Failure, plan_failure, rest_after
from pricewatch_pipeline.domain.messages import SendResult
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.errors import ConfigurationError, DatabaseUnavailable
from pricewatch_pipeline.notifying.channels import Channel
from pricewatch_pipeline.services.compose_digests import compose_digest
from pricewatch_pipeline.services.compose_messages import compose
from pricewatch_pipeline.services.delivery_lines import Composers, Ended, Line, Parcel
from pricewatch_pipeline.storage import outbox
from pricewatch_pipeline.storage.database import PATIENCE, Connection, Database

Result = TypeVar("Result")

LEASE = timedelta(minutes=2)
LINGER = timedelta(seconds=5)
LOOK_EVERY = timedelta(seconds=1)
"""At the outbox, where nothing hurries."""
LONGEST_SEND = timedelta(seconds=60)
"""A message that takes longer has failed, whatever its channel does with it."""
STOP_PATIENCE = timedelta(seconds=10)
"""How long we wait at the end for what is just being sent."""
CHART_WINDOW = timedelta(days=90)
COMPOSERS = Composers(compose=compose, compose_digest=compose_digest)
_BATCH = 100
"""Messages of a channel claimed at a time; more are claimed when half of them have gone."""


@dataclass(frozen=True, kw_only=True)
class DeliveryReport:
    """What became of the alerts. A message that is a digest counts once for each alert in it."""

    sent: int = 0
    failed: int = 0
    """To be tried again."""
    dead: int = 0
    waiting: int = 0
    """Due, and not sent by this run: at most a thousand are counted."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """The last one of each channel that failed."""


def deliver(
    database: Database,
    channels: Mapping[str, Channel],
    *,
    budget: timedelta,
    linger: timedelta = LINGER,
    look_every: timedelta = LOOK_EVERY,
    composers: Composers = COMPOSERS,
    longest_send: timedelta = LONGEST_SEND,
    reread: Callable[[], Mapping[str, Channel]] | None = None,
) -> DeliveryReport:
    """Send what is due, one message at a time per channel and all channels at once, until nothing was due for `linger` or
    the budget is used up. What is begun is finished; an interrupt ends it in the same way.

    Args:
        reread: says anew what channels there are, for a run that stays while people edit them.

    Raises:
        DatabaseUnavailable: PostgreSQL went away for longer than we wait; what was claimed comes back by its lease.
    """
    delivering = _Delivering(database, channels, reread, composers, longest_send, look_every)
    # In a thread, so that an interrupt of this one, wherever it strikes, breaks off nothing half done.
    with ThreadPoolExecutor(1, thread_name_prefix="alerts") as thread:
        running = thread.submit(delivering.run, budget=budget.total_seconds(), linger=linger.total_seconds())
        try:
            running.result()
        finally:
            delivering.is_to_end.set()
    return delivering.report()


class _Delivering:
    """One run. One thread speaks with the database; the lines send."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        reread: Callable[[], Mapping[str, Channel]] | None,
        composers: Composers,
        longest_send: timedelta,
        look_every: timedelta,
    ) -> None:
        self._database = database
        self._channels = channels
        self._reread = reread or (lambda: channels)
        self._composers = composers
        self._longest_send_s = longest_send.total_seconds()
        self._look_every_s = look_every.total_seconds()
        self._token = uuid4()
        self._patience = PATIENCE
        self._lines: dict[str, Line] = {}
        self._ended: SimpleQueue[tuple[Line, Ended]] = SimpleQueue()
        self._counts: Counter[str] = Counter()
        self._errors: dict[str, str] = {}
        self._looked_at = 0.0
        self._renewed_at = time.monotonic()
        self.is_to_end = threading.Event()

    def run(self, *, budget: float, linger: float) -> None:
        ends_at = time.monotonic() + budget
        idle_since = time.monotonic()
        try:
            while time.monotonic() < ends_at and not self.is_to_end.is_set():
                if self._claim():
                    idle_since = time.monotonic()
                is_busy = self._is_busy()
                if not is_busy and time.monotonic() >= idle_since + linger:
                    return
                # While a line is at work its end is what we wait for; an empty outbox is looked at now and then.
                self._hear(min(self._look_every_s, max(0.0, ends_at - time.monotonic())))
                if is_busy:
                    idle_since = time.monotonic()
                self._give_up_on_the_slow()
                self._renew()
        finally:
            self._stop()

    def report(self) -> DeliveryReport:
        waiting = self._run(outbox.due_count)
        return DeliveryReport(**self._counts, waiting=waiting, errors=dict(self._errors))

    def _is_busy(self) -> bool:
        return any(line.parcels for line in self._lines.values())

    def _claim(self) -> bool:
        """Claim for the channels that have room; whether anything came."""
        self._let_go()
        full = {name for name, line in self._lines.items() if line.is_down or len(line.parcels) > _BATCH // 2}
        hungry = [line for name, line in self._lines.items() if name not in full and line.was_full]
        if not hungry and time.monotonic() < self._looked_at + self._look_every_s:
            return False
        self._looked_at = time.monotonic()
        for line in hungry:
            line.was_full = False

        def work(connection: Connection) -> tuple[list[Delivery], Mapping[str, Sequence[PriceChange]]]:
            claimed = outbox.claim(connection, self._token, limit=_BATCH, lease=LEASE, without=full)
            watches = {each.alert.watch_id for each in claimed if self._wants_chart(each)}
            return claimed, outbox.histories(connection, [w for w in watches if w], window=CHART_WINDOW)

        claimed, histories = self._run(work)
        if claimed:
            # With a file that is just being written anew, what was known before holds.
            with suppress(ConfigurationError):
                self._channels = self._reread()
            self._let_go()
            self._hand_out(claimed, histories)
        return bool(claimed)

    def _let_go(self) -> None:
        """Forget lines at rest that have failed, for how long their channels are left alone the database knows; and those
        whose channels have changed."""
        for name, line in list(self._lines.items()):
            is_at_rest = not line.parcels and line.current is None
            if is_at_rest and (line.is_down or line.channel != self._channels.get(name)):
                line.stop()
                del self._lines[name]

    def _wants_chart(self, delivery: Delivery) -> bool:
        channel = self._channels.get(delivery.channel)
        return delivery.digest is Digest.NONE and channel is not None and channel.takes_images

    def _hand_out(self, claimed: Sequence[Delivery], histories: Mapping[str, Sequence[PriceChange]]) -> None:
        hopeless: list[Failure] = []
        by_channel: dict[str, list[Delivery]] = {}
        for delivery in claimed:
            reason = self._hopeless(delivery)
            if reason:
                hopeless.append(Failure(delivery_id=delivery.delivery_id, error=reason, is_dead=True))
            else:
                by_channel.setdefault(delivery.channel, []).append(delivery)
        if hopeless:
            self._mark_failed(hopeless)
        for name, deliveries in by_channel.items():
            line = self._lines.get(name)
            if line is None:
                line = self._lines[name] = Line(self._channels[name], self._composers, self._ended)
            line.was_full = len(deliveries) >= _BATCH
            for parcel in _parcels(name, deliveries, histories):
                line.put(parcel)

    def _hopeless(self, delivery: Delivery) -> str | None:
        """Why it is not even tried."""
        if delivery.channel not in self._channels:
            return f"there is no channel {delivery.channel}: the file of channels does not name it"
        if delivery.attempts > MOST_ATTEMPTS:
            return f"whoever sent it ended {MOST_ATTEMPTS} times without saying how that went"
        return None

    def _hear(self, patience_s: float) -> None:
        """Wait for the end of a message, and write down all that have ended by then."""
        ended: list[tuple[Line, Ended]] = []
        with suppress(Empty):
            ended.append(self._ended.get(timeout=patience_s) if patience_s else self._ended.get_nowait())
            while True:
                ended.append(self._ended.get_nowait())
        if ended:
            self._write_down(ended)

    def _write_down(self, ended: Iterable[tuple[Line, Ended]]) -> None:
        sent: dict[str, list[int]] = {}
        for line, each in ended:
            if not line.parcels or line.parcels[0] is not each.parcel:
                continue  # given up on: written down as failed already
            line.parcels.popleft()
            unwritten = [Failure(delivery_id=i, error=why, is_dead=True) for i, why in each.unwritten.items()]
            if unwritten:
                self._mark_failed(unwritten)
            told = [one for one in each.parcel.deliveries if one.delivery_id not in each.unwritten]
            if each.result.is_sent:
                sent.setdefault(each.parcel.channel, []).extend(one.delivery_id for one in told)
            elif told:
                # In the order of what happened: a success before the failure must not wake the channel again.
                self._mark_sent(sent)
                sent = {}
                self._mark_failures(line, told, each.result)
        self._mark_sent(sent)

    def _mark_sent(self, by_channel: Mapping[str, Sequence[int]]) -> None:
        def work(connection: Connection) -> int:
            return sum(outbox.sent(connection, self._token, name, ids) for name, ids in sorted(by_channel.items()))

        if by_channel:
            self._counts["sent"] += self._run(work)

    def _mark_failures(self, line: Line, deliveries: Sequence[Delivery], result: SendResult) -> None:
        """Write down a message that failed; unless for good, its channel rests, and the others in its line go back."""
        name = line.channel.name
        self._errors[name] = result.error or ""
        self._mark_failed([plan_failure(each, result) for each in deliveries])

        def work(connection: Connection) -> None:
            failures = outbox.channel_failed(connection, name, result.error or "", counts=not result.is_permanent)
            if not result.is_permanent:
                outbox.let_rest(connection, name, rest_after(failures, result))
                outbox.release(connection, self._token, [i for parcel in line.parcels for i in parcel.ids])

        self._run(work)
        if not result.is_permanent:
            line.stop()
            line.parcels.clear()

    def _mark_failed(self, failures: Sequence[Failure]) -> None:
        self._run(lambda connection: outbox.failed(connection, self._token, failures))
        for each in failures:
            self._counts["dead" if each.is_dead else "failed"] += 1

    def _give_up_on_the_slow(self) -> None:
        for line in self._lines.values():
            parcel, is_late = line.current, time.monotonic() > line.began_at + self._longest_send_s
            if parcel and is_late and line.parcels and line.parcels[0] is parcel:
                line.parcels.popleft()
                error = f"its sending did not end within {self._longest_send_s:.0f} s"
                self._mark_failures(line, parcel.deliveries, SendResult(is_sent=False, error=error))

    def _renew(self) -> None:
        if time.monotonic() > self._renewed_at + LEASE.total_seconds() / 4:
            self._renewed_at = time.monotonic()
            held = [i for line in self._lines.values() for parcel in line.parcels for i in parcel.ids]
            self._run(lambda connection: outbox.renew(connection, self._token, held, lease=LEASE))

    def _stop(self) -> None:
        """Finish what is just being sent, give back the rest. What has no end by then comes back by its lease."""
        for line in self._lines.values():
            line.stop()
        self._patience = STOP_PATIENCE
        ends_at = time.monotonic() + STOP_PATIENCE.total_seconds()
        with suppress(DatabaseUnavailable):
            while any(_is_at_work(line) for line in self._lines.values()) and time.monotonic() < ends_at:
                self._hear(0.1)
            self._hear(0.0)
            left = [p for line in self._lines.values() for p in line.parcels if p is not line.current]
            self._run(lambda connection: outbox.release(connection, self._token, [i for p in left for i in p.ids]))

    def _run(self, work: Callable[[Connection], Result]) -> Result:
        return self._database.run(work, patience=self._patience)


def _is_at_work(line: Line) -> bool:
    return line.current is not None and bool(line.parcels)


def _parcels(
    channel: str, deliveries: Sequence[Delivery], histories: Mapping[str, Sequence[PriceChange]]
) -> Iterable[Parcel]:
    """Single messages one by one; all that is due for a digest together."""
    digests: dict[Digest, list[Delivery]] = {}
    for each in deliveries:
        if each.digest is Digest.NONE:
            prices = histories.get(each.alert.watch_id or "", ())
            yield Parcel(channel=channel, digest=each.digest, deliveries=(each,), prices=prices)
        else:
            digests.setdefault(each.digest, []).append(each)
    for digest, members in digests.items():
        yield Parcel(channel=channel, digest=digest, deliveries=tuple(members))
