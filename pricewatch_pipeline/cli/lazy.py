"""Groups of commands whose modules are imported when a command is used: `pricewatch --help` must not wait for Dagster."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from pricewatch_pipeline.cli.output import fail
from pricewatch_pipeline.errors import PricewatchError

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended."""


@dataclass(frozen=True, kw_only=True)
class Later:
    """A command by name: where its function or Typer app is, and what the list of commands says of it."""

    target: str
    """`package.module:attribute`."""
    help: str
    panel: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Click's `context_settings`."""


def load(name: str, later: Later) -> TyperCommand | TyperGroup:
    """Import the command."""
    module, _, attribute = later.target.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        group = get_group(found)
        group.name = name
        return group
    app = typer.Typer(add_completion=False)
    app.command(name, context_settings=dict(later.settings))(found)
    command: Any = get_command(app)
    return command  # type: ignore[no-any-return]


class _Stub(TyperCommand):
    """Stands in a group for a command that is not imported yet."""

    def __init__(self, name: str, later: Later) -> None:
        super().__init__(name, help=later.help, rich_help_panel=later.panel)
        self._later = later

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Where a command begins to be used."""
        try:
            return load(self.name or "", self._later).make_context(info_name, args, parent, **extra)
        except typer.BadParameter as error:
            # Typer has pydantic check the values, which says so.
            error.message = error.message.removeprefix("Value error, ")
            raise


class LazyGroup(TyperGroup):
    """A group of commands that are imported on demand, and the one place where our errors become messages."""

    table: ClassVar[Mapping[str, Later]] = {}

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, later in self.table.items():
            self.add_command(_Stub(name, later), name)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PricewatchError as error:
            raise fail(str(error)) from error
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None


def group_of(commands: Mapping[str, Later]) -> type[LazyGroup]:
    """The class for `typer.Typer(cls=...)` that has these commands."""
    return type("CommandGroup", (LazyGroup,), {"table": dict(commands)})
