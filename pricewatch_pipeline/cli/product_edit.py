"""`pricewatch product add`, `edit` and `delete`: they change the dynamic partitions too."""

from typing import Annotated

import typer

from pricewatch_pipeline.cli.entry_flags import Entry
from pricewatch_pipeline.cli.output import console
from pricewatch_pipeline.cli.product_flags import with_product_flags
from pricewatch_pipeline.cli.removals import confirm_removal, counted
from pricewatch_pipeline.cli.watch_add import mirror_partitions
from pricewatch_pipeline.cli.watch_edit import warn_of, warn_of_twins
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.steer_products import (
    ProductChange,
    add_product,
    delete_products,
    edit_product,
    what_goes,
)
from pricewatch_pipeline.settings import load_settings

ProductId = Annotated[str, typer.Argument(metavar="PRODUCT", help="The product's id.")]


@with_product_flags
def add(
    product: Annotated[str, typer.Argument(metavar="ID", help="The product's name for good.")],
    *,
    flags: Entry,
) -> None:
    """Add a product, and watch the pages where it is sold. The fields are those of a watch file."""
    settings = load_settings()
    entry = {"id": product, **{name: value for name, value in flags.items() if value is not None}}
    with opened_pipeline(settings) as pipeline:
        change = add_product(pipeline.database, entry, providers=providers())
        mirror_partitions(pipeline)
        warn_of_twins(pipeline, change.added)
    for url in entry.get("urls", ()):
        warn_of(url, settings)
    _print("Added", change)


@with_product_flags
def edit(product: ProductId, *, flags: Entry) -> None:
    """Change a product that no file manages. An empty value (`--notes ""`) takes a field away; `--url` adds a page."""
    if not flags:
        raise typer.BadParameter(
            "say what to change, such as --favourite; `pricewatch product edit --help` lists it all"
        )
    settings = load_settings()
    with opened_pipeline(settings) as pipeline:
        change = edit_product(pipeline.database, product, flags, providers=providers())
        if change.added:
            mirror_partitions(pipeline)
            warn_of_twins(pipeline, change.added)
    for url in flags.get("urls") or ():
        warn_of(url, settings)
    _print("Changed", change)


def delete(
    products: Annotated[list[str], typer.Argument(metavar="PRODUCT", help="Ids of products.")],
    is_sure: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    purges: Annotated[
        bool, typer.Option("--purge", help="Delete their watches with all history too, for good.")
    ] = False,
) -> None:
    """Delete products. Their watches are removed and keep their history, unless --purge deletes it too."""
    wanted = list(dict.fromkeys(products))
    with opened_pipeline(load_settings()) as pipeline:
        going = what_goes(pipeline.database, wanted, purges=purges)
        if not is_sure:
            confirm_removal(going, purges=purges)
        gone = delete_products(pipeline.database, wanted, purges=purges)
        mirror_partitions(pipeline)
    watches = counted(len(gone.watches), "watch", plural="watches")
    after = f"{watches} went with all history." if purges else f"{watches} removed; the history stays."
    console.print(f"Deleted {', '.join(gone.products)}. {after}", soft_wrap=True, highlight=False)


def _print(verb: str, change: ProductChange) -> None:
    watching = f" Watching {', '.join(change.added)}." if change.added else ""
    console.print(f"{verb} {change.product_id}.{watching}", soft_wrap=True, highlight=False)
