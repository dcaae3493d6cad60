"""What providers have to say of queries that are valid: how many searches one stands for, that its days have gone by.

It is no warning: nothing is wrong, and a check of files that fails on warnings must not fail on it.
"""

from collections.abc import Mapping, Sequence

from pricewatch_pipeline.domain.providers import Provider, RemarkingProvider, remarks_on
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.services.require_contact import unanswered


def remarks_of(
    watches: Sequence[Watch], *, providers: Mapping[str, Provider], has_contact: bool = True
) -> tuple[str, ...]:
    """One sentence each: `ny-any-day: stands for 600 combinations (...)`. `has_contact` says whether hosts that want to know
    who asks can be told."""
    remarks = tuple(f"{watch.watch_id}: {remark}" for watch in watches for remark in _remarks_on(watch, providers))
    return remarks if has_contact else (*remarks, *unanswered(watches, providers))


def _remarks_on(watch: Watch, providers: Mapping[str, Provider]) -> tuple[str, ...]:
    provider = providers.get(watch.provider)
    if not isinstance(provider, RemarkingProvider):
        return ()
    return remarks_on(provider, provider.query_model.model_validate(dict(watch.query)))
