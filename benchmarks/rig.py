"""What production has, for a benchmark: the embedded server, both databases, Dagster's home, watches on the page server."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from benchmarks.workers import Worker
from pricewatch_pipeline.services.dagster_home import dagster_environment, prepare_dagster_home
from pricewatch_pipeline.services.open_databases import opened_databases
from pricewatch_pipeline.settings import environment_for_children, load_settings
from pricewatch_pipeline.storage.embedded import EmbeddedServer

_OURS = ("PRICEWATCH_", "DAGSTER_")


@dataclass(frozen=True, kw_only=True)
class Rig:
    """Everything but the processes that do the work."""

    home: Path
    environment: Mapping[str, str]
    """Of the processes that do the work."""
    connection: psycopg.Connection
    """To our database; commits by itself."""
    database_url: str
    """The same for libpq."""
    postgres_pid: int
    shop: Worker

    @property
    def shop_url(self) -> str:
        return f"http://127.0.0.1:{self.shop.hello['port']}"

    def urls(self, count: int) -> list[str]:
        """Of the first so many pages; the set is served again and again."""
        return [f"{self.shop_url}/{number}" for number in range(count)]

    @property
    def page_count(self) -> int:
        return int(self.shop.hello["count"])

    @property
    def mean_page_bytes(self) -> int:
        return round(int(self.shop.hello["bytes"]) / self.page_count)

    def whole_sets(self, wanted: int) -> int:
        """About so many pages, every page of the set equally often, so that all contenders get the same mix."""
        return max(1, round(wanted / self.page_count)) * self.page_count

    @property
    def postgresql(self) -> str:
        return str(self.connection.execute("SHOW server_version").fetchone()[0])  # type: ignore[index]

    def log(self, name: str) -> Path:
        """Where a process says what it has to say."""
        return self.home / f"{name}.log"

    def pipeline_worker(self, name: str, **settings: str) -> Worker:
        """A process that makes runs, with settings of its own."""
        environment = {**self.environment, **{f"PRICEWATCH_{key.upper()}": value for key, value in settings.items()}}
        return Worker("benchmarks.pipeline_worker", log=self.log(name), environment=environment)

    def postgres_cpu_s(self) -> float:
        """Processor time of all backends so far, those included that ended."""
        server = psutil.Process(self.postgres_pid)
        own = server.cpu_times()
        alive = [child.cpu_times() for child in server.children(recursive=True)]
        ended = own.children_user + own.children_system
        return float(own.user + own.system + ended + sum(times.user + times.system for times in alive))


@contextmanager
def opened_rig(pages: Path | None) -> Iterator[Rig]:
    """A fresh server and databases in a temporary folder, and the page server; all gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pricewatch-bench-")))
        folder.chmod(0o711)  # as root, the server's own account must reach the data
        home = folder / "home"
        home.mkdir()
        shop = stack.enter_context(
            Worker("benchmarks.page_server", *([str(pages)] if pages else []), log=home / "page-server.log")
        )
        settings = load_settings(
            home=home,
            watches_dir=home / "watches",
            database_url=None,
            dagster_database_url=None,
            allowed_addresses=(f"127.0.0.1:{shop.hello['port']}",),
        )
        server = EmbeddedServer(home)
        stack.callback(server.destroy, is_forced=True)
        databases = stack.enter_context(opened_databases(settings))
        prepare_dagster_home(settings)
        inherited = {name: value for name, value in environment_for_children().items() if not name.startswith(_OURS)}
        url = server.libpq_url("pricewatch")
        connection = stack.enter_context(psycopg.connect(url, autocommit=True))
        connection.execute("CREATE TABLE bare_pages (url text, title text, bytes int)")
        yield Rig(
            home=home,
            environment={**inherited, **dagster_environment(settings, databases)},
            connection=connection,
            database_url=url,
            postgres_pid=server.status().pid or 0,
            shop=shop,
        )
