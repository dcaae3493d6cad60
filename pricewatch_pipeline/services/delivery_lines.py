"""One line per channel: a thread that writes and sends its messages one after the other, and says how each ended."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue

from pricewatch_pipeline.domain.alert_rules import Digest
from pricewatch_pipeline.domain.deliveries import Delivery
from pricewatch_pipeline.domain.messages import AlertRecord, Audience, Message, SendResult
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.notifying.channels import Channel
from pricewatch_pipeline.notifying.senders import Sender, open_sender

Compose = Callable[[AlertRecord, Sequence[PriceChange], Audience], Message]
ComposeDigest = Callable[[Sequence[AlertRecord], Audience, Digest], Message]


@dataclass(frozen=True, kw_only=True)
class Composers:
    """What makes messages of alerts."""

    compose: Compose
    compose_digest: ComposeDigest


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What goes out as one message: one alert, or a digest of several."""

    channel: str
    digest: Digest
    deliveries: tuple[Delivery, ...]
    prices: Sequence[PriceChange] = ()
    """Of the watch, for its chart."""

    @property
    def ids(self) -> list[int]:
        return [each.delivery_id for each in self.deliveries]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a parcel ended."""

    parcel: Parcel
    result: SendResult
    unwritten: Mapping[int, str] = field(default_factory=dict)
    """By delivery: those of which no message could be made, and why. The result is that of the others."""


class Line:
    """A channel while its messages go out. Its parcels are put in and taken off by the one thread that owns it."""

    def __init__(self, channel: Channel, composers: Composers, ended: "SimpleQueue[tuple[Line, Ended]]") -> None:
        self.channel = channel
        self.parcels: deque[Parcel] = deque()
        """Those whose end has not been heard of, in order."""
        self.is_down = False
        """It failed, or it is to stop: it begins nothing more."""
        self.was_full = False
        """The last claim brought it as much as one may."""
        self.current: Parcel | None = None
        """What it is at, from before anything is sent until its end is told."""
        self.began_at = 0.0
        """When it began with that, by `time.monotonic`."""
        self._lock = threading.Lock()
        self._composers = composers
        self._ended = ended
        self._inbox: SimpleQueue[Parcel | None] = SimpleQueue()
        # A daemon: a receiver that keeps its thread for ever does not keep the process.
        threading.Thread(target=self._serve, name=f"alerts to {channel.name}", daemon=True).start()

    def put(self, parcel: Parcel) -> None:
        self.parcels.append(parcel)
        self._inbox.put(parcel)

    def stop(self) -> None:
        """Begin nothing more; the thread ends with what it is at. From now on `current` is the last."""
        with self._lock:
            self.is_down = True
        self._inbox.put(None)

    def _begin(self) -> Parcel | None:
        parcel = self._inbox.get()
        with self._lock:
            self.current, self.began_at = None if self.is_down else parcel, time.monotonic()
        return self.current

    def _serve(self) -> None:
        sender: Sender | None = None
        while parcel := self._begin():
            # Opened here: Apprise, certificates and what else it takes are loaded while other lines work.
            sender = sender or open_sender(self.channel)
            ended = self._handle(parcel, sender)
            if not (ended.result.is_sent or ended.result.is_permanent):
                # A channel that fails is left alone for a while, so that what waits for it does not pay for that.
                self.is_down = True
            self._ended.put((self, ended))
            self.current = None
        if sender:
            sender.close()

    def _handle(self, parcel: Parcel, sender: Sender) -> Ended:
        audience = Audience(
            locale=self.channel.locale,
            timezone=self.channel.timezone,
            takes_images=self.channel.takes_images and sender.takes_images,
        )
        message, unwritten = self._message(parcel, audience)
        if message is None:
            return Ended(parcel=parcel, result=SendResult(is_sent=False, is_permanent=True), unwritten=unwritten)
        return Ended(parcel=parcel, result=sender.send(message), unwritten=unwritten)

    def _message(self, parcel: Parcel, audience: Audience) -> tuple[Message | None, dict[int, str]]:
        """The message, and the deliveries that are not in it, for none could be made of them."""
        deliveries = parcel.deliveries
        if parcel.digest is Digest.NONE:
            alert = deliveries[0].alert
            message, error = _made(lambda: self._composers.compose(alert, parcel.prices, audience))
            return message, {parcel.ids[0]: error} if error else {}
        message, error = self._digest(deliveries, audience, parcel.digest)
        if message:
            return message, {}
        # One alert of which nothing can be made must not keep the others: each is tried alone.
        alone = {each.delivery_id: self._digest([each], audience, parcel.digest)[1] for each in deliveries}
        unwritten = {delivery_id: why for delivery_id, why in alone.items() if why}
        rest = [each for each in deliveries if each.delivery_id not in unwritten]
        if unwritten and rest:
            message, error = self._digest(rest, audience, parcel.digest)
        if message is None:
            unwritten |= dict.fromkeys((each.delivery_id for each in rest), error or "it failed without a reason")
        return message, unwritten

    def _digest(
        self, deliveries: Sequence[Delivery], audience: Audience, period: Digest
    ) -> tuple[Message | None, str | None]:
        alerts = [each.alert for each in deliveries]
        return _made(lambda: self._composers.compose_digest(alerts, audience, period))


def _made(make: Callable[[], Message]) -> tuple[Message | None, str | None]:
    try:
        return make(), None
    except Exception as error:  # noqa: BLE001 - whatever is odd about one alert, it stops no other
        return None, f"no message can be made of it: {type(error).__name__}: {error}"
