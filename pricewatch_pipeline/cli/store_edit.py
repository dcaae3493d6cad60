"""`pricewatch store edit` and `remove`."""

from typing import Annotated

import typer

from pricewatch_pipeline.cli.entry_flags import Entry
from pricewatch_pipeline.cli.output import console, shown
from pricewatch_pipeline.cli.removals import counted
from pricewatch_pipeline.cli.store_flags import with_store_changes
from pricewatch_pipeline.cli.store_list import StoreId
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.steer_stores import edit_store, remove_stores, require_removable
from pricewatch_pipeline.settings import load_settings


@with_store_changes
def edit(store: StoreId, *, flags: Entry) -> None:
    """Change a store that no file manages. An empty value (`--locale ""`) takes a field away.

    --domain and --test-url replace all there were; --selector replaces those of its field, and FIELD= takes them away.
    """
    if not flags:
        raise typer.BadParameter("say what to change, such as --currency EUR; `pricewatch store edit --help` lists it")
    with opened_pipeline(load_settings()) as pipeline:
        edit_store(pipeline.database, store, flags)
    said = f"Changed {store}. `pricewatch store test {store}` reads its pages."
    console.print(shown(said), soft_wrap=True, highlight=False)


def remove(
    stores: Annotated[list[str], typer.Argument(metavar="STORE", help="Ids of stores.")],
    is_sure: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take stores out of use. Their watches go on without one, and keep their history."""
    wanted = list(dict.fromkeys(stores))
    with opened_pipeline(load_settings()) as pipeline:
        held = sum(require_removable(pipeline.database, wanted).values())
        if not is_sure:
            watches = counted(held, "watch has", plural="watches have")
            typer.confirm(f"Remove {', '.join(wanted)}? ({watches} no store then, and go on.)", abort=True)
        remove_stores(pipeline.database, wanted)
    console.print(shown(f"Removed {', '.join(wanted)}."), soft_wrap=True, highlight=False)
