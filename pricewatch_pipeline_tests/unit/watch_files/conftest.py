"""Two small providers, and a folder that tests fill with watch files."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import BaseModel, ConfigDict, Field

from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.pages import Fetch
from pricewatch_pipeline.domain.providers import Provider, Reading
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.watch_files.read import WatchFolder, read_folder
from pricewatch_pipeline.watch_files.resolve import Known


class PageQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    sku: str | None = None
    variant: str | None = None


class FlightQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: str = Field(pattern="^[A-Z]{3}$")
    passengers: int = 1


class _Unread:
    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        raise AssertionError("reading watch files checks no watch")


class Pages(_Unread):
    name: ClassVar[str] = "retail"
    query_model: ClassVar[type[BaseModel]] = PageQuery

    def host_of(self, query: BaseModel) -> str:
        return host_key(str(query.url))

    def url_of(self, query: BaseModel) -> str | None:
        return str(query.url)


class Flights(_Unread):
    name: ClassVar[str] = "flights"
    query_model: ClassVar[type[BaseModel]] = FlightQuery

    def host_of(self, query: BaseModel) -> str:
        return "flights.test"

    def url_of(self, query: BaseModel) -> str | None:
        return None


PROVIDERS: dict[str, Provider] = {"retail": Pages(), "flights": Flights()}

Read = Callable[..., WatchFolder]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "watches"
    path.mkdir()
    return path


@pytest.fixture
def read(folder: Path) -> Read:
    """Write files (`read(shops="...")` writes `shops.yaml`) and read the folder."""

    def read_files(*, known: Known | None = None, **texts: str) -> WatchFolder:
        for name, text in texts.items():
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        return read_folder(folder, providers=PROVIDERS, known=known)

    return read_files


@pytest.fixture
def providers() -> dict[str, Provider]:
    return PROVIDERS
