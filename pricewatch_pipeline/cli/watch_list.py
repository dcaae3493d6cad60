"""`pricewatch watch list` and `show`."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.batch_live import progress_text
from pricewatch_pipeline.cli.output import JsonFlag, cell, console, print_json, print_rows, shown, with_money
from pricewatch_pipeline.cli.sec_shown import TRADE_COLUMNS, TRADE_TEXTS, insider_facts, trade_row
from pricewatch_pipeline.domain.alert_rules import UNTIL_UNMUTED
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_watches import WatchView, list_watches, show_watch
from pricewatch_pipeline.settings import load_settings

_COLUMNS = ("watch_id", "state", "price", "availability", "last_checked_at", "next_due_at")
_WIDE_ENOUGH = 100
"""In a narrower terminal, the last column would break all the others."""
_CHECKS = ("finished_at", "outcome", "price", "availability", "kind", "error")
_DOUBTED = ("observed_at", "price", "state", "doubt")
_STATE_FIELDS = (
    *("state", "url", "host", "store_id", "price", "availability", "last_checked_at", "last_outcome"),
    *("last_error", "last_success_at", "consecutive_failures", "next_due_at"),
)


class State(StrEnum):
    """The state of a watch, as the view `analytics.watches` names it."""

    OK = "ok"
    NEW = "new"
    FAILING = "failing"
    QUARANTINED = "quarantined"
    PAUSED = "paused"
    FINISHED = "finished"
    SCHEDULE_ERROR = "schedule_error"
    ARCHIVED = "archived"


def list_(
    state: Annotated[State | None, typer.Option(help="Only watches in this state.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only watches with this tag.")] = None,
    provider: Annotated[str | None, typer.Option(metavar="NAME", help="Only this provider's watches.")] = None,
    with_archived: Annotated[bool, typer.Option("--all", help="Also those that were removed.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """List watches with their state and newest price."""
    with opened_pipeline(load_settings()) as pipeline:
        found = list_watches(pipeline, state=state, tag=tag, provider=provider, with_archived=with_archived)
    if found or as_json:
        columns = _COLUMNS[:-1] if console.is_terminal and console.width < _WIDE_ENOUGH else _COLUMNS
        print_rows(found if as_json else map(_row, found), columns, as_json=as_json)
    elif state or tag or provider:
        console.print("No watch is like that.")
    else:
        console.print("No watches yet: `pricewatch watch add URL`, or write a watch file and `pricewatch sync`.")


def show(
    watch: Annotated[str, typer.Argument(metavar="WATCH", help="The watch's id.")],
    as_json: JsonFlag = False,
) -> None:
    """All that is known of one watch: its definition, its state, why it waits, and its last checks."""
    with opened_pipeline(load_settings()) as pipeline:
        found = show_watch(pipeline, watch)
    if as_json:
        print_json(asdict(found))
    else:
        _print(found)


def _row(record: dict[str, Any]) -> dict[str, Any]:
    return with_money(record) | {"state": record["finished"] or record["state"]}


def _print(found: WatchView) -> None:
    state = found.state
    owner = f"{state['source_file']}, line {state['source_line']}" if state["source_file"] else "the command line"
    facts: dict[str, Any] = {**found.definition, "managed by": owner}
    facts |= {name: with_money(state)[name] for name in _STATE_FIELDS} | {"waits": found.waits}
    if found.looks_for:
        facts = _with_words(facts, found.looks_for)
    if found.batch:
        facts["batch"] = f"{found.batch.batch_id}, {found.batch.state}: {progress_text(found.batch)}"
    if found.insiders:
        facts |= insider_facts(found.insiders)
    if until := state["muted_until"]:
        facts["alerts"] = "muted until " + ("they are unmuted" if until == UNTIL_UNMUTED else cell(until))
    rows = [{"what": name.replace("_", " "), "value": value} for name, value in facts.items() if value is not None]
    print_rows(rows, ("what", "value"), as_json=False, title=shown(state["watch_id"]))
    if found.insiders and found.insiders["trades"]:
        print_rows(
            map(trade_row, found.insiders["trades"]),
            TRADE_COLUMNS,
            as_json=False,
            title="Newest trades",
            wrap=TRADE_TEXTS,
        )
    if found.doubted:
        print_rows(map(with_money, found.doubted), _DOUBTED, as_json=False, title="Prices not believed at first")
        if any(price["state"] == "waiting" for price in found.doubted):
            decide = " or ".join(f"`pricewatch watch {verb} {state['watch_id']}`" for verb in ("confirm", "dismiss"))
            console.print(
                f"What waits is decided by the next looks, or by you: {decide}.", highlight=False, soft_wrap=True
            )
    if found.checks:
        print_rows(map(with_money, found.checks), _CHECKS, as_json=False, title="Last checks")


def _with_words(facts: dict[str, Any], looks_for: str) -> dict[str, Any]:
    """What is looked for in words, in place of the query and an address that nobody reads."""
    return {
        "looks_for" if name == "query" else name: looks_for if name == "query" else value
        for name, value in facts.items()
        if name != "url"
    }
