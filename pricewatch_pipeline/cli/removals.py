"""Says what a command would delete, and asks."""

import typer

from pricewatch_pipeline.cli.output import console, shown
from pricewatch_pipeline.storage.removal import Removal

_MOST_NAMED = 10


def confirm_removal(going: Removal, *, purges: bool) -> None:
    """Go on only when a person says yes.

    Raises:
        typer.Abort: the answer is no.
    """
    console.print(shown(removal_text(going, purges=purges)), soft_wrap=True, highlight=False)
    typer.confirm("Delete it all for good?" if purges else "Go on?", abort=True)


def removal_text(going: Removal, *, purges: bool) -> str:
    """What goes and what stays, with numbers."""
    held = going.holdings
    history = listed([(held.snapshots, "snapshot"), (held.checks, "check"), (held.alerts, "alert")], zero="no history")
    goes = [_named("product", going.products)] if going.products else []
    if going.watches:
        goes.append(_named("watch", going.watches, plural="watches"))
    if held.rules:
        goes.append(counted(held.rules, "alert rule"))
    if purges:
        return f"This deletes {', '.join(goes)}, with {history}. None of it can be had back."
    if not going.watches:
        return f"This deletes {', '.join(goes)}."
    return f"This takes away {', '.join(goes)}. The history stays: {history}; --purge deletes it too."


def counted(count: int, noun: str, *, plural: str | None = None) -> str:
    """`1 watch`, `1,200 watches`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def listed(counts: list[tuple[int, str]], *, zero: str) -> str:
    """`2 snapshots, 1 alert`: what there is of these."""
    return ", ".join(counted(count, noun) for count, noun in counts if count) or zero


def _named(noun: str, names: tuple[str, ...], *, plural: str | None = None) -> str:
    shown_names = ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
    return f"{counted(len(names), noun, plural=plural)} ({shown_names})"
