"""Checks as they happen: a table that renews itself in a terminal, one line per check elsewhere."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pricewatch_pipeline.cli.output import cell
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.errors import DatabaseUnavailable

RecentChecks = Callable[[], Sequence[Mapping[str, Any]]]
"""The last checks, newest first: `watch_id`, `finished_at`, `outcome`, `price`, `currency`, `availability`, `error`."""

COLUMNS = ("finished_at", "watch_id", "outcome", "price", "currency", "availability")


class CheckBoard:
    """Shows the last checks; `tick` renews it. Outside a terminal, only those since an instant are printed."""

    def __init__(self, console: Console, recent_checks: RecentChecks, *, heading: str, since: datetime) -> None:
        self._console = console
        self._recent_checks = recent_checks
        self._heading = heading
        self._since = since
        self._shown: set[tuple[str, object]] = set()
        self._is_away = False
        self._live: Live | None = None

    @contextmanager
    def showing(self) -> Iterator[Callable[[], None]]:
        """Yields `tick`, to be called about once a second."""
        if not self._console.is_terminal:
            self._console.print(self._heading, soft_wrap=True)
            yield self.tick
            return
        with Live(self._table([]), console=self._console, auto_refresh=False, transient=True) as self._live:
            yield self.tick

    def tick(self) -> None:
        """Ask once, and show what is new."""
        try:
            checks = self._recent_checks()
        except DatabaseUnavailable as error:
            self._say_away(str(error))
            return
        self._is_away = False
        if self._live:
            self._live.update(self._table(checks), refresh=True)
        else:
            self._print_new(checks)

    def _say_away(self, reason: str) -> None:
        if not self._is_away:  # once, not once a second
            self._console.print(
                f"[yellow]PostgreSQL does not answer; waiting for it:[/] {escape(reason)}", soft_wrap=True
            )
        self._is_away = True

    def _print_new(self, checks: Sequence[Mapping[str, Any]]) -> None:
        keys = {(check["watch_id"], check["finished_at"]) for check in checks}
        for check in reversed(checks):
            is_new = (check["watch_id"], check["finished_at"]) not in self._shown
            if is_new and check["finished_at"] >= self._since:  # a log says what happens, not what happened last week
                self._console.print(one_line(check), soft_wrap=True)
        self._shown = keys

    def _table(self, checks: Sequence[Mapping[str, Any]]) -> Group:
        table = Table(header_style="bold", caption=None if checks else "the first checks come within a minute")
        for column in COLUMNS:
            table.add_column(
                column.removesuffix("_at").replace("_", " "), justify="right" if column == "price" else "left"
            )
        for check in checks:
            table.add_row(*(_styled(column, check.get(column)) for column in COLUMNS))
        return Group(Text.from_markup(self._heading), table)


def one_line(check: Mapping[str, Any]) -> str:
    """A check for a log: time, watch, outcome, then what was read or what went wrong."""
    found = [cell(check[name]) for name in ("price", "currency", "availability") if check.get(name) is not None]
    rest = " ".join(found) or cell(check.get("error"))
    return f"{cell(check['finished_at'])}  {cell(check['watch_id'])}  {cell(check['outcome'])}  {rest}"


def _styled(column: str, value: Any) -> str:
    text = cell(value)
    if column != "outcome":
        return text
    outcome = Outcome(value)
    return f"[{'red' if outcome.is_failure else 'green' if outcome.is_success else 'yellow'}]{text}[/]"
