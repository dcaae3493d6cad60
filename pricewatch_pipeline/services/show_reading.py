"""What was read from a page, as one HTML page for a person: the page's text with every price seen marked in its place, and
beside it the result. It loads nothing, runs no script and shows nothing but text.

How it looks is in `show_reading.css`; the lines of text are in `show_lines.py`.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from pricewatch_pipeline.domain.offers import Candidate, Offer, PriceRole
from pricewatch_pipeline.services.show_lines import Marks, escaped, lines_html
from pricewatch_pipeline.services.try_page import StrategyTried, Trial

_CSS = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
_LINE = re.compile(r"line (\d{1,9}): ?")
_IN_HEAD = frozenset({"price", "price_high", "currency", "availability", "title", "confidence", "reason", "candidates"})
_SOURCES = {
    "strategy": "the store's strategy",
    "json_ld": "JSON-LD",
    "microdata": "microdata",
    "rdfa": "RDFa",
    "meta": "meta tag",
    "state": "a script's data",
    "data": "data attribute",
    "text": "text",
}
_LEGEND = {
    "chosen": "the price that was chosen",
    "agrees": "the same amount in another place",
    PriceRole.PRICE: "a price that was not chosen",
    PriceRole.LIST_PRICE: "list price",
    PriceRole.RANGE_LOW: "lower end of a range",
    PriceRole.RANGE_HIGH: "upper end of a range",
    PriceRole.UNIT_PRICE: "unit price",
    PriceRole.INSTALMENT: "instalment",
    PriceRole.SHIPPING: "delivery",
    PriceRole.SAVING: "saving",
    PriceRole.CONDITIONAL: "for some buyers only",
    PriceRole.WITHOUT_TAX: "without tax",
    PriceRole.USED: "used",
    PriceRole.EXTRA: "an extra",
    PriceRole.OTHER_PRODUCT: "another product's",
    PriceRole.OTHER: "something else",
}


def reading_html(trial: Trial) -> str:
    """One self-contained page."""
    offer = trial.reading.offer or Offer()
    marks = marks_of(offer)
    body = "".join(
        [
            '<main id="text">',
            _header(trial, marks),
            *_text(trial, marks),
            "</main><aside>",
            _result(trial, offer, marks),
            _table(trial, marks),
            _strategies(trial.strategies),
            _details(trial, offer),
            "</aside>",
        ]
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width">'
        f'<meta name="color-scheme" content="light dark"><title>{escaped(_title(trial, offer))}</title>'
        f"<style>{_CSS}</style></head><body>{body}</body></html>\n"
    )


def marks_of(offer: Offer) -> Marks:
    """Every candidate with its number, its kind, and the line of the page's text in which it stands."""
    marks = Marks()
    for number, candidate in enumerate(offer.candidates, 1):
        at = _LINE.match(candidate.place) if candidate.source == "text" else None
        marks.add(number, candidate, kind_of(candidate, offer), int(at[1]) if at else None)
    return marks


def kind_of(candidate: Candidate, offer: Offer) -> str:
    """How it is marked: `chosen`, `agrees`, or by its role."""
    if candidate.is_chosen:
        return "chosen"
    is_price = candidate.role in (PriceRole.PRICE, PriceRole.RANGE_LOW)
    if is_price and offer.price is not None and candidate.amount == offer.price:
        return "agrees"
    return candidate.role.value


def _title(trial: Trial, offer: Offer) -> str:
    return f"{_money(offer.price, offer.currency) or trial.reading.outcome} · {offer.title or _address(trial)}"


def _address(trial: Trial) -> str:
    if trial.file:
        return trial.url or trial.file.name
    return trial.page.final_url if trial.page else trial.url or ""


def _header(trial: Trial, marks: Marks) -> str:
    kinds = {mark.kind for mark in marks.all}
    legend = "".join(
        f'<li><mark class="{kind}">{escaped(meaning)}</mark></li>' for kind, meaning in _LEGEND.items() if kind in kinds
    )
    return f'<header><p class="address">{escaped(_address(trial))}</p><ul class="legend">{legend}</ul></header>'


def _text(trial: Trial, marks: Marks) -> Iterator[str]:
    document = trial.document
    if document is None:
        yield f'<p class="empty">No page came: {escaped(trial.error or "nothing was sent")}.</p>'
    elif document.refusal:
        yield f'<p class="empty">The page is not shown: {escaped(document.refusal)}.</p>'
    elif not document.layout.lines:
        yield '<p class="empty">The page has no text that a reader would see.</p>'
    else:
        yield from lines_html(document.layout.lines, marks)


def _result(trial: Trial, offer: Offer, marks: Marks) -> str:
    price = _money(offer.price, offer.currency)
    if price and offer.price_high is not None:
        price = f"{price} – {_money(offer.price_high, offer.currency)}"
    state = "good" if trial.reading.outcome.is_success else "bad"
    parts = [f'<section class="result"><p class="outcome {state}">{escaped(trial.reading.outcome)}</p>']
    parts.append(f'<p class="price">{_to_the_price(escaped(price or "no price"), marks)}</p>')
    if offer.availability:
        parts.append(f'<p class="availability {escaped(offer.availability)}">{escaped(offer.availability)}</p>')
    if offer.title:
        parts.append(f'<p class="title" dir="auto">{escaped(offer.title)}</p>')
    if trial.error:
        parts.append(f'<p class="error">{escaped(trial.error)}</p>')
    if offer.reason and offer.reason not in (trial.error or ""):
        parts.append(f'<p class="reason"><b>Why:</b> {escaped(offer.reason)}</p>')
    if offer.price is not None and offer.confidence is not None:
        share = f"{offer.confidence:.2f}"
        parts.append(f'<p class="confidence"><meter value="{share}">{share}</meter> {share} sure</p>')
    parts += [f'<p class="note">{escaped(note)}</p>' for note in trial.notes]
    return "".join([*parts, "</section>"])


def _to_the_price(text: str, marks: Marks) -> str:
    """A link to where the price stands in the text."""
    shown = (m.number for m in marks.all if m.kind in ("chosen", "agrees") and marks.is_in_text(m))
    number = next(shown, None)
    return text if number is None else f'<a href="#m{number}" title="where it stands on the page">{text}</a>'


def _table(trial: Trial, marks: Marks) -> str:
    if not marks.all:
        why = "None." if trial.reading.offer else f"They were not looked for: the outcome is {trial.reading.outcome}."
        return f"<section><h2>Prices seen</h2><p>{escaped(why)}</p></section>"
    rows: list[str] = []
    above = None
    for mark in marks.all:
        it, link = mark.candidate, f"#m{mark.number}" if marks.is_in_text(mark) else None
        amount = escaped(_money(it.amount, it.currency) or "not read")
        name = f'<a href="{link}">{amount}</a>' if link else amount
        # What is in the page's text is marked there; the rest is marked here.
        anchor = "" if link else f' id="m{mark.number}"'
        why = "" if above == (it.amount, it.why) or not it.why else f"<p>{escaped(it.why)}</p>"
        above = (it.amount, it.why)
        rows.append(
            f'<tbody class="candidate"><tr><td{anchor}><mark class="{mark.kind}">{name}</mark></td>'
            f"<td>{escaped('chosen' if it.is_chosen else it.role.replace('_', ' '))}</td>"
            f"<td>{escaped(_SOURCES.get(it.source, it.source))}</td>"
            f'<td class="number">{"" if it.score is None else f"{it.score:.2f}"}</td></tr>'
            f'<tr><td colspan="4" class="why"><q dir="auto">{escaped(it.raw)}</q> <code>{escaped(it.place)}</code>'
            f"{why}</td></tr></tbody>"
        )
    head = "<thead><tr><th>Amount</th><th>What it is</th><th>Source</th><th>Score</th></tr></thead>"
    return f"<section><h2>Prices seen ({len(rows)})</h2><table>{head}{''.join(rows)}</table></section>"


def _strategies(tried: Iterable[StrategyTried]) -> str:
    rows = [
        f"<tr><td>{escaped(one.field)}</td><td><code>{escaped(one.text)}</code></td>"
        f'<td dir="auto">{escaped(one.error or one.read or "nothing")}</td></tr>'
        for one in tried
    ]
    if not rows:
        return ""
    head = "<thead><tr><th>Field</th><th>Strategy</th><th>Reads</th></tr></thead>"
    return f"<section><h2>The store's strategies</h2><table>{head}<tbody>{''.join(rows)}</tbody></table></section>"


def _details(trial: Trial, offer: Offer) -> str:
    page = trial.page
    known: dict[str, Any] = {f.name: getattr(offer, f.name) for f in fields(offer) if f.name not in _IN_HEAD}
    known |= {
        "store": trial.store.store_id if trial.store else None,
        "HTTP status": page.status if page and not trial.file else None,
        "fetched by": page.request.fetcher if page and not trial.file else None,
        "fetched at": f"{page.fetched_at:%Y-%m-%d %H:%M} UTC" if page and page.fetched_at and not trial.file else None,
    }
    rows = "".join(
        f'<dt>{escaped(name.replace("_", " "))}</dt><dd dir="auto">{escaped(_shown(value))}</dd>'
        for name, value in known.items()
        if value is not None and value != {}
    )
    return f"<section><h2>Details</h2><dl>{rows}</dl></section>" if rows else ""


def _shown(value: Any) -> str:
    match value:
        case Decimal():
            return f"{value:f}"
        case dict():
            return ", ".join(f"{name}: {each}" for name, each in value.items())
        case _:
            return str(value)


def _money(amount: Decimal | None, currency: str | None) -> str | None:
    return None if amount is None else f"{amount:f} {currency or ''}".strip()
