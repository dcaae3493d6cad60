"""The fields of an alert rule as flags, said once for `alerts add` and `alerts edit`. They are validated as in a watch file."""

from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.entry_flags import Entry, with_flags
from pricewatch_pipeline.domain.alert_rules import Digest, RuleKind

_TYPES: dict[str, Any] = {
    "when": Annotated[RuleKind | None, typer.Option(help="What to be told of.")],
    "below": Annotated[str | None, typer.Option(metavar="AMOUNT", help="A price at or below this: 80, '80 EUR'.")],
    "lowest": Annotated[str | None, typer.Option(metavar="ever|DAYS", help="A price lower than ever, or than in 90d.")],
    "failing": Annotated[int | None, typer.Option(metavar="N", help="So many checks in a row failed.")],
    "by": Annotated[
        list[str] | None,
        typer.Option(metavar="MOVE", help="For drop and rise: 10%, '5 EUR'; given twice, both must be met."),
    ],
    "measured_from": Annotated[
        str | None,
        typer.Option(
            "--from", metavar="BASE", help="For drop and rise: previous, first, '30d median', '30d low', 'last alert'."
        ),
    ],
    "indicator": Annotated[str | None, typer.Option(metavar="WORD", help="For price_indicator: low, typical, high.")],
    "above": Annotated[str | None, typer.Option(metavar="AMOUNT", help="For insider_trade: worth so much or more.")],
    "watch": Annotated[str | None, typer.Option(metavar="ID", help="About this watch.")],
    "product": Annotated[str | None, typer.Option(metavar="ID", help="About the watches of this product.")],
    "tag": Annotated[str | None, typer.Option(metavar="TAG", help="About what has this tag.")],
    "cooldown": Annotated[
        str | None, typer.Option(metavar="SPAN", help="No second alert of a watch within this time: 6h, 0s.")
    ],
    "rearm": Annotated[
        str | None, typer.Option(metavar="PERCENT", help="How far the price must leave before it can fire anew; 1%.")
    ],
    "rearm_after": Annotated[
        str | None, typer.Option(metavar="SPAN", help="For stock: how long it must have been otherwise; 1h.")
    ],
    "again_after": Annotated[
        str | None, typer.Option(metavar="PERCENT|never", help="A further move worth another alert; 5%.")
    ],
    "confirm": Annotated[
        str | None, typer.Option(metavar="PERCENT", help="A move this big must be seen by a second check first.")
    ],
    "max_per_day": Annotated[int | None, typer.Option(metavar="N", help="Alerts of a watch within 24 hours.")],
    "quiet": Annotated[
        list[str] | None,
        typer.Option(metavar="'[DAYS] FROM-TO'", help="When nothing is sent: 22:00-07:00, 'sat,sun 00:00-24:00'."),
    ],
    "timezone": Annotated[str | None, typer.Option(metavar="NAME", help="IANA time zone for --quiet and --digest.")],
    "to": Annotated[
        list[str] | None, typer.Option(metavar="CHANNEL", help="Where to; the default channels otherwise.")
    ],
    "digest": Annotated[Digest | None, typer.Option(help="Whether alerts come together.")],
    "title": Annotated[str | None, typer.Option(metavar="TEMPLATE", help="The message's first line.")],
    "message": Annotated[str | None, typer.Option(metavar="TEMPLATE", help="The message's text.")],
}
_WHOM = ("watch", "product", "tag")


def _entry(**fields: Any) -> Entry:
    """The flags that were given, as an entry of `alerts:` in a watch file. An empty text takes the field away."""
    whom = {name: fields.pop(name) for name in _WHOM}
    by, measured_from, quiet = fields.pop("by"), fields.pop("measured_from"), fields.pop("quiet")
    entry = {name: _value(value) for name, value in fields.items() if value is not None}
    if any(name is not None for name in whom.values()):
        entry["for"] = {kind: name for kind, name in whom.items() if name} or None
    if measured_from is not None:
        entry["from"] = measured_from or None
    if by is not None:
        entry["by"] = _by([move for move in by if move])
    if quiet is not None:
        entry["quiet"] = [_window(text) for text in quiet if text] or None
    return entry


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [each for each in value if each] or None
    return None if value == "" else str(value)


def _by(moves: list[str]) -> Any:
    if len(moves) < 2:
        return moves[0] if moves else None
    return {"share" if "%" in move else "amount": move for move in moves}


def _window(text: str) -> dict[str, str]:
    """`sat,sun 22:00-07:00` as a file says it; what cannot be read is left for the file's reader to name."""
    days, _, times = text.strip().rpartition(" ")
    begins, _, ends = times.partition("-")
    return {"from": begins, "to": ends} | ({"days": days} if days else {})


with_rule_flags = with_flags(_TYPES, _entry)
"""Gives a command a flag for each field of a rule; it is told those that were used as `flags`, an entry."""
