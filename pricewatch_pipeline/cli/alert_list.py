"""`pricewatch alerts list`, `show` and `retry`."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.output import JsonFlag, console, money, print_json, print_rows, shown, with_money
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_alerts import AlertView, list_alerts, retry_alerts, retry_dead, show_alert
from pricewatch_pipeline.services.show_history import instant_of
from pricewatch_pipeline.settings import load_settings

_COLUMNS = ("fired_at", "key", "rule_id", "watch", "price", "reason", "state")
_KEY_DIGITS = 8
_DELIVERIES = ("channel", "state", "digest", "due_at", "attempts", "sent_at", "error")
_COUNTS = ("deliveries", "sent", "pending", "dead")


class State(StrEnum):
    """The state of an alert, as the view `analytics.alerts` names it."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"
    MUTED = "muted"
    UNADDRESSED = "unaddressed"
    CANCELLED = "cancelled"


def list_(
    watch: Annotated[str | None, typer.Option(metavar="WATCH", help="Only alerts of this watch.")] = None,
    state: Annotated[State | None, typer.Option(help="Only alerts in this state.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="SPAN|DAY", help="Fired since then: 7d, 12h, 2026-05-01, or a time.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """What fired, newest first, and whether people were told."""
    after = instant_of(since, now=datetime.now(UTC)) if since else None
    with opened_pipeline(load_settings()) as pipeline:
        found = list_alerts(pipeline, watch_id=watch, state=state, since=after, limit=limit)
    if found or as_json:
        print_rows(found if as_json else map(_for_people, found), _COLUMNS, as_json=as_json)
    else:
        console.print("No alert is like that." if watch or state or since else "No alert has fired yet.")


def show(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The alert's key, or how it begins; messages hold it.")],
    as_json: JsonFlag = False,
) -> None:
    """All that is known of one alert, and each attempt to tell of it."""
    with opened_pipeline(load_settings()) as pipeline:
        found = show_alert(pipeline, key)
    if as_json:
        print_json({**found.alert, "deliveries": found.deliveries})
    else:
        _print(found)


def retry(
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY]...", help="Alerts, by their keys or how those begin.")
    ] = None,
    is_all_dead: Annotated[bool, typer.Option("--dead", help="Every alert that was given up.")] = False,
) -> None:
    """Try alerts again that were given up or wait for another attempt; send those that there was no channel for."""
    if bool(keys) == is_all_dead:
        raise typer.BadParameter("name alerts, or say --dead for all that were given up", param_hint="KEY")
    with opened_pipeline(load_settings()) as pipeline:
        count = retry_alerts(pipeline, keys) if keys else retry_dead(pipeline)
    said = (
        f"{count:,} {'delivery is' if count == 1 else 'deliveries are'} due now."
        if count
        else "Nothing to try again: all of it was sent, or is due."
    )
    console.print(said, highlight=False, soft_wrap=True)


def _for_people(alert: dict[str, Any]) -> dict[str, Any]:
    # In a terminal the reason has more need of the room; a key is found by how it begins.
    key = alert["key"][:_KEY_DIGITS] if console.is_terminal else alert["key"]
    return with_money(alert) | {"key": key, "watch": alert["watch_id"] or alert["subject"]}


def _print(found: AlertView) -> None:
    alert = found.alert
    plain = {name: value for name, value in alert.items() if name not in ("facts", "currency", *_COUNTS)}
    for name in ("price", "was_price", "threshold"):
        plain[name] = money(alert[name], alert["currency"])
    facts = plain | {name: value for name, value in alert["facts"].items() if name not in plain}
    rows = [
        {"what": shown(what.replace("_", " ")), "value": value} for what, value in facts.items() if value is not None
    ]
    print_rows(rows, ("what", "value"), as_json=False, title=shown(alert["key"]))
    if found.deliveries:
        print_rows(found.deliveries, _DELIVERIES, as_json=False, title="To channels")
    elif alert["state"] == "unaddressed":
        console.print(f"Nobody was told: there was no channel. `pricewatch alerts retry {alert['key']}` sends it now.")
