"""What watch files say that this machine's settings cannot keep. Remarks are no errors: files are shared between machines."""

from collections.abc import Collection, Iterator, Sequence

from pricewatch_pipeline.domain.alert_rules import AlertRule
from pricewatch_pipeline.domain.hosts import registrable_domain
from pricewatch_pipeline.domain.providers import fair_access_of
from pricewatch_pipeline.domain.proxies import DIRECT
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.errors import ConfigurationError, ForbiddenAddress
from pricewatch_pipeline.fetching.guard import AllowedAddress, Guard
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.open_channels import open_channels
from pricewatch_pipeline.settings import Settings, parse_allowed_address
from pricewatch_pipeline.watch_files.issues import did_you_mean
from pricewatch_pipeline.watch_files.loader import Loc
from pricewatch_pipeline.watch_files.resolve import Remark


def remark_for(settings: Settings) -> Remark:
    """What to remark on stores, watches and alert rules, by these settings."""
    try:
        channels = frozenset(open_channels(settings))
    except ConfigurationError:  # what is wrong with that file is said where it is used, and by `doctor`
        channels = None
    return remark_by(allowed=_allowed(settings), proxies=settings.proxies, channels=channels)


def remark_by(
    *, allowed: Sequence[AllowedAddress], proxies: Collection[str], channels: Collection[str] | None = None
) -> Remark:
    """The same from values: addresses that may be reached although they are private, and names of proxies and channels."""
    guard = Guard(allowed)

    def remark(thing: Store | Watch | AlertRule) -> Iterator[tuple[Loc, str]]:
        if isinstance(thing, Store):
            yield from _unknown_proxies(thing, proxies)
            yield from _too_quick(thing)
        elif isinstance(thing, AlertRule):
            yield from _unknown_channels(thing, channels)
        elif thing.url and (problem := _refusal(guard, thing.url)):
            yield ("url",), problem

    return remark


def refusal_of(url: str, settings: Settings) -> str | None:
    """Why a page would not be fetched with these settings; None when nothing is known against it."""
    return _refusal(Guard(_allowed(settings)), url)


def _refusal(guard: Guard, url: str) -> str | None:
    try:
        guard.check_url(url)
    except ForbiddenAddress as error:
        return f"its checks will be refused: {error}"
    return None


def _unknown_proxies(store: Store, known: Collection[str]) -> Iterator[tuple[Loc, str]]:
    for place, name in enumerate(store.proxies.names):
        if name != DIRECT and name not in known:
            hint = did_you_mean(name, {*known, DIRECT})
            message = f"PRICEWATCH_PROXIES names no proxy {name!r} here{hint}; add {name}=http://HOST:PORT to it"
            yield ("proxies", "use", place), message


def _too_quick(store: Store) -> Iterator[tuple[Loc, str]]:
    hosts = {registrable_domain(domain) for domain in store.domains}
    for access in filter(None, map(fair_access_of, providers().values())):
        delay, asked = access.least_delay, store.politeness.min_delay
        if asked < delay and not hosts.isdisjoint(access.hosts):
            message = (
                f"{', '.join(access.hosts)} allows {access.most_a_second} requests a second, over all machines: "
                f"one every {delay.total_seconds():.3g} s is made, and not one every {asked.total_seconds():g} s"
            )
            yield ("politeness", "min_delay"), message


def _unknown_channels(rule: AlertRule, known: Collection[str] | None) -> Iterator[tuple[Loc, str]]:
    for place, name in enumerate(rule.channels or ()):
        if known is not None and name not in known:
            yield (
                ("to", place),
                f"there is no channel {name!r} here{did_you_mean(name, known)}; nothing can be sent there",
            )


def _allowed(settings: Settings) -> list[AllowedAddress]:
    return [parse_allowed_address(entry) for entry in settings.allowed_addresses]
