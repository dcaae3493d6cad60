"""`pricewatch tag list`, `add`, `remove` and `rename`."""

from dataclasses import asdict
from typing import Annotated

import typer

from pricewatch_pipeline.cli.output import JsonFlag, console, print_rows, shown
from pricewatch_pipeline.cli.removals import counted
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.steer_tags import add_tag, list_tags, remove_tag, rename_tag
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.storage.tags import Tagged

_COLUMNS = ("tag", "watches", "products", "rules")

TagName = Annotated[str, typer.Argument(metavar="TAG", help="The tag.")]
Watches = Annotated[list[str] | None, typer.Argument(metavar="[WATCH]...", help="Ids of watches.")]
Products = Annotated[
    list[str] | None,
    typer.Option(
        "--product", metavar="PRODUCT", help="A product, and with it its watches; may be given several times."
    ),
]


def list_(as_json: JsonFlag = False) -> None:
    """List tags: how many watches and products have each, and how many alert rules are about it."""
    with opened_pipeline(load_settings()) as pipeline:
        found = list_tags(pipeline.database)
    if found or as_json:
        print_rows(map(asdict, found), _COLUMNS, as_json=as_json)
    else:
        console.print("No tags yet: `pricewatch tag add TAG WATCH...`.", highlight=False)


def add(tag: TagName, watches: Watches = None, products: Products = None) -> None:
    """Tag watches and products that no file manages."""
    _require_some(watches, products)
    with opened_pipeline(load_settings()) as pipeline:
        changed = add_tag(pipeline.database, tag, watches=watches or [], products=products or [])
    _print("Tagged", changed, otherwise="Unchanged: they have the tag already.")


def remove(tag: TagName, watches: Watches = None, products: Products = None) -> None:
    """Untag watches and products that no file manages."""
    _require_some(watches, products)
    with opened_pipeline(load_settings()) as pipeline:
        changed = remove_tag(pipeline.database, tag, watches=watches or [], products=products or [])
    _print("Untagged", changed, otherwise="Unchanged: none of them has the tag.")


def rename(
    tag: TagName,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its new name.")],
) -> None:
    """Give a tag another name on all watches, products and alert rules; where a file has it, nothing changes."""
    with opened_pipeline(load_settings()) as pipeline:
        changed = rename_tag(pipeline.database, tag, name)
    _print(f"{shown(tag)} is {shown(name)} now, on", changed, otherwise="")


def _require_some(watches: list[str] | None, products: list[str] | None) -> None:
    if not watches and not products:
        raise typer.BadParameter("name watches, or products with --product")


def _print(verb: str, changed: Tagged, *, otherwise: str) -> None:
    found = [
        counted(len(changed.watches), "watch", plural="watches") if changed.watches else "",
        counted(len(changed.products), "product") if changed.products else "",
        counted(len(changed.rules), "alert rule") if changed.rules else "",
    ]
    said = ", ".join(filter(None, found))
    console.print(f"{verb} {said}." if said else otherwise, soft_wrap=True, highlight=False)
