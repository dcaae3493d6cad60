"""The contract of a provider: the engine knows providers only by this."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel

from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch, Page
from pricewatch_pipeline.domain.watches import Store, Watch


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How one check ended for a provider."""

    outcome: Outcome
    offer: Offer | None = None
    """The headline offer; present exactly when the outcome is `ok`. On `not_modified` the last one is carried on."""
    pages: tuple[Page, ...] = ()
    """The pages used, first to last."""
    details: tuple[Mapping[str, Any], ...] = ()
    """Rows for the provider's own detail tables."""
    signals: Mapping[str, str] = field(default_factory=dict)
    """What alert rules may ask for beside the offer: `price_indicator`, `insider_trade_value`."""
    error: str | None = None
    """One sentence on a failure."""
    needs_script: bool = False
    """The page is an empty shell whose content comes by script: a browser may read it."""


class Provider(Protocol):
    """A kind of source. Pure but for the `fetch` it is given."""

    name: ClassVar[str]
    query_model: ClassVar[type[BaseModel]]
    """What a watch file may say under `query:`; `extra="forbid"`."""

    def host_of(self, query: BaseModel) -> str:
        """The host whose politeness counts, as `fetching`-independent text: `example.com` or `127.0.0.1:8801`."""
        ...

    def url_of(self, query: BaseModel) -> str | None:
        """The page a person would open."""
        ...

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        """Look once. What a site does wrong is a reading with that outcome, not an exception."""
        ...
