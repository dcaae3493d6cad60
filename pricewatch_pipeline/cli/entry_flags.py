"""Commands that take the fields of a watch file's entry as flags."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

Entry = dict[str, Any]
Command = Callable[..., None]


def with_flags(types: Mapping[str, Any], entry_of: Callable[..., Entry]) -> Callable[[Command], Command]:
    """Gives a command a flag for each of these types; it is told those that were used as `flags`, an entry.

    Args:
        types: what Typer is to know of each flag, by name.
        entry_of: makes the entry of all flags, given by name; None is one that was not used.
    """
    flags = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=type_)
        for name, type_ in types.items()
    ]

    def decorated(command: Command) -> Command:
        @wraps(command)
        def with_them(**arguments: Any) -> None:
            given = {name: arguments.pop(name) for name in types}
            command(**arguments, flags=entry_of(**given))

        own = [each for each in inspect.signature(command).parameters.values() if each.name != "flags"]
        # What Typer reads to know a command's arguments.
        with_them.__signature__ = inspect.Signature([*own, *flags])  # type: ignore[attr-defined]
        with_them.__annotations__ = {each.name: each.annotation for each in (*own, *flags)}
        return with_them

    return decorated
