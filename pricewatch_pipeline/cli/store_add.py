"""`pricewatch store add`: proposes a store from a few of its pages, asks, and adds it."""

import sys
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.files import require_writable, write_file
from pricewatch_pipeline.cli.output import JsonFlag, console, errors, fail, money, print_json, print_rows, shown
from pricewatch_pipeline.cli.store_flags import with_store_flags
from pricewatch_pipeline.cli.store_list import shown_text
from pricewatch_pipeline.cli.store_try import on_look, price_of, what_is_wrong
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.propose_store import Proposal, Way, first_draft, id_of, propose
from pricewatch_pipeline.services.sample_store import sample_pages
from pricewatch_pipeline.services.steer_stores import add_store, store_from
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.watch_files.write import Entry, store_entry, stores_yaml

_LONGEST_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class _Target:
    """Where the store goes to."""

    file: Path | None
    is_printed: bool
    is_sure: bool
    is_forced: bool
    is_json: bool


@with_store_flags
def add(
    urls: Annotated[
        list[str] | None, typer.Argument(metavar="[URL]...", help="Product pages of the shop; one is enough.")
    ] = None,
    pages: Annotated[
        int, typer.Option(min=1, max=10, help="How many pages to look at, with those that the first ones lead to.")
    ] = 3,
    expect: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="The price that the first page shows, such as 19.90.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write it to this watch file, not to the database.")
    ] = None,
    is_printed: Annotated[
        bool, typer.Option("--print", help="Only print it as a watch file; needs no database.")
    ] = False,
    is_sure: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    is_forced: Annotated[
        bool, typer.Option("--force", help="Also when its pages are not read right; writes over a file of --to.")
    ] = False,
    as_json: JsonFlag = False,
    *,
    flags: Entry,
) -> None:
    """Propose a store from a few of its pages, and add it. What is given by flags stands, and is not asked for.

    Given a domain and no page to look at, the store is what the flags say. Nothing is stored without --yes where nobody
    can be asked. Exit code 1 when nothing was added.
    """
    target = _Target(file=file, is_printed=is_printed, is_sure=is_sure, is_forced=is_forced, is_json=as_json)
    if file:
        require_writable(file, is_forced=is_forced)
    expected = _amount(expect)
    named = list(dict.fromkeys([*(urls or ()), *flags.get("test_urls", ())]))
    if urls:
        flags = {**flags, "test_urls": named}
    if not named:
        _without_pages(flags, target)
        return
    draft = first_draft(named, {name: value for name, value in flags.items() if name != "strategies"})
    samples = sample_pages(load_settings(), named, draft, at_least=pages if urls else 0, on_look=on_look)
    proposal = propose(samples, flags, expected=expected)
    if _may_ask(target) and urls and expected is None and not flags.get("strategies"):
        proposal = propose(samples, flags, expected=_confirmed_price(proposal))
    _print(proposal, target)
    _keep(proposal.store, proposal, target, has_to_ask=bool(urls))


def _without_pages(flags: Entry, target: _Target) -> None:
    if "domains" not in flags:
        raise ConfigurationError("give the URL of a product page, or --domain and what else is known of the store")
    _keep(store_from({"id": id_of(flags["domains"]), **flags}), None, target, has_to_ask=False)


def _amount(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0:
        raise typer.BadParameter(
            f"--expect {text!r} is not an amount; write it with a point and without a currency: 1299.90"
        )
    return amount


def _may_ask(target: _Target) -> bool:
    return not (target.is_sure or target.is_printed or target.is_json) and sys.stdin.isatty()


def _confirmed_price(proposal: Proposal) -> Decimal | None:
    """What the person sees on the first page; None where what was read is right."""
    first, read = proposal.samples[0], price_of(proposal.readings[0])
    if read and typer.confirm(f"Is {read} the price on {first.url}?", default=True, err=True):
        return None
    if not read and not first.document():
        return None
    return _amount(str(typer.prompt("Which price does the page show (such as 1299.90)", err=True)))


def _keep(store: Store, proposal: Proposal | None, target: _Target, *, has_to_ask: bool) -> None:
    problems = proposal.problems if proposal else ()
    if target.is_json:
        print_json(_report(store, proposal))
    is_unseen = proposal is not None and not any(sample.document() for sample in proposal.samples)
    if target.is_printed and is_unseen and not target.is_forced:
        raise fail("none of its pages could be read, so there is nothing to print; --force prints it all the same")
    if target.is_printed:
        if not target.is_json:
            sys.stdout.write(stores_yaml([store]).encode("utf-8", "replace").decode())
        return
    if problems and not target.is_forced:
        raise fail("its pages are not read right, so nothing was added; --force adds it all the same")
    if has_to_ask and not target.is_sure:
        if not _may_ask(target):
            errors.print(
                "Nothing was added: --yes adds this store, --to FILE writes it to a watch file.", soft_wrap=True
            )
            raise typer.Exit(1)
        typer.confirm("Add this store?", default=True, abort=True, err=True)
    if target.file:
        write_file(target.file, stores_yaml([store]), is_forced=target.is_forced)
        said = f"Wrote {target.file}. In the watch folder, `pricewatch sync` takes it."
    else:
        with opened_pipeline(load_settings()) as pipeline:
            adopted = add_store(pipeline.database, store)
        watches = f" {adopted} {'watch is' if adopted == 1 else 'watches are'} its own now." if adopted else ""
        said = f"Added the store {store.store_id}.{watches} `pricewatch store test {store.store_id} [URL]` reads its pages."
    errors.print(shown(said), soft_wrap=True, highlight=False)


def _print(proposal: Proposal, target: _Target) -> None:
    if not target.is_json:
        (errors if target.is_printed else console).print()
        _print_pages(proposal, target)
    for problem in proposal.problems:
        errors.print(f"[bold red]problem:[/] {shown(problem)}", soft_wrap=True, highlight=False)


def _print_pages(proposal: Proposal, target: _Target) -> None:
    if target.is_printed:  # what is printed there is a file
        return
    numbers = [f"page_{number}" for number in range(1, len(proposal.samples) + 1)]
    rows = [_page_row(number, proposal, index) for index, number in enumerate(numbers)]
    print_rows(rows, [c for c in rows[0] if any(row[c] is not None for row in rows)], as_json=False, title="Pages")
    ways = [_way_row(way, proposal, numbers) for way in proposal.ways]
    print_rows(ways, ("read by", *numbers, "right"), as_json=False, title="What each way reads for the price")
    console.print()
    console.print(shown_text(stores_yaml([proposal.store])), soft_wrap=True, highlight=False, markup=False, end="")
    for reason in proposal.reasons:
        console.print(f"# {shown(reason)}", soft_wrap=True, highlight=False)


def _page_row(number: str, proposal: Proposal, index: int) -> dict[str, Any]:
    sample, reading = proposal.samples[index], proposal.readings[index]
    offer = reading.offer
    return {
        "page": number.replace("_", " "),
        "url": sample.url,
        "found": "by a link" if sample.is_found else None,
        "outcome": reading.outcome,
        "price": price_of(reading),
        "availability": offer.availability if offer else None,
        "title": offer.title[:_LONGEST_SHOWN] if offer and offer.title else None,
        "what is wrong": what_is_wrong(reading),
    }


def _way_row(way: Way, proposal: Proposal, numbers: list[str]) -> dict[str, Any]:
    prices = [money(price.amount, price.currency) if price else None for price in way.prices]
    right = sum(
        price is not None and price.amount == due for price, due in zip(way.prices, proposal.due, strict=True) if due
    )
    known = sum(due is not None for due in proposal.due)
    return {
        "read by": way.name,
        **dict(zip(numbers, prices, strict=True)),
        "right": f"{right} of {known}" if known else None,
    }


def _report(store: Store, proposal: Proposal | None) -> dict[str, Any]:
    if proposal is None:
        return {"store": store_entry(store), "pages": [], "ways": [], "reasons": [], "problems": []}
    pages = [
        {
            "url": sample.url,
            "is_found": sample.is_found,
            "outcome": reading.outcome,
            "error": what_is_wrong(reading),
            "due": due,
            "price": reading.offer.price if reading.offer else None,
            "currency": reading.offer.currency if reading.offer else None,
            "availability": reading.offer.availability if reading.offer else None,
            "method": reading.offer.method if reading.offer else None,
        }
        for sample, reading, due in zip(proposal.samples, proposal.readings, proposal.due, strict=True)
    ]
    ways = [
        {"name": way.name, "is_strategy": way.strategy is not None, "prices": [p and vars(p) for p in way.prices]}
        for way in proposal.ways
    ]
    return {
        "store": store_entry(store),
        "pages": pages,
        "ways": ways,
        "reasons": list(proposal.reasons),
        "problems": list(proposal.problems),
    }
