"""`pricewatch page ...`: the pages behind checks, as they were fetched."""

import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.output import JsonFlag, console, errors, print_json, print_rows, shown
from pricewatch_pipeline.errors import ConfigurationError, NotFound
from pricewatch_pipeline.parsing.readable_text import readable_text
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_page import KeptPage, checks_with_pages, find_page, is_html, safe_copy
from pricewatch_pipeline.settings import load_settings

app = typer.Typer(help="List, show and open the pages behind checks.", no_args_is_help=True)

Check = Annotated[
    str,
    typer.Argument(
        metavar="CHECK",
        help="A watch (its newest page), WATCH@TIME as `page list` and `history` show it or how it begins, or a page's hash.",
    ),
]
_COLUMNS = ("check", "outcome", "http_status", "fetcher", "page", "kilobytes", "is_kept")
_FACTS = ("check", "outcome", "error", "url", "final_url", "http_status", "finished_at", "fetcher", "media_type")
_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "image/gif": ".gif"}
"""What a browser shows and does not run; anything else that is no page is opened as text."""


@app.command("list")
def list_(
    watch: Annotated[str, typer.Argument(metavar="WATCH", help="The watch's id.")],
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many to list, the newest.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """The checks of a watch that have a page."""
    with opened_pipeline(load_settings()) as pipeline:
        found = checks_with_pages(pipeline, watch, limit=limit)
    if as_json:
        print_json(found)
    elif found:
        print_rows(map(_row, found), _COLUMNS, as_json=False)
    else:
        console.print(f"No check of {shown(watch)} has a page yet.", highlight=False)


def _row(record: dict[str, Any]) -> dict[str, Any]:
    sha256, size = record["page_sha256"], record["body_bytes"]
    return {**record, "page": sha256 and sha256.hex()[:12], "kilobytes": size and round(size / 1000)}


@app.command()
def show(
    check: Check,
    is_raw: Annotated[bool, typer.Option("--raw", help="Write the page itself, byte for byte as it is kept.")] = False,
    is_text: Annotated[bool, typer.Option("--text", help="Write its readable text only.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Save the page to a file.")
    ] = None,
    screenshot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the picture of the page (PNG), where there is one.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """What is known of a page, and its readable text."""
    if is_raw + is_text + as_json > 1:
        raise ConfigurationError("--raw, --text and --json exclude each other")
    with opened_pipeline(load_settings()) as pipeline:
        found = find_page(pipeline, check)
    if output:
        _save(output, found.body, "page", found)
    if screenshot:
        _save(screenshot, found.screenshot, "picture", found)
    if is_raw:
        sys.stdout.buffer.write(found.body)
    elif is_text:
        sys.stdout.write(_text(found) + "\n")
    elif as_json:
        print_json({**found.check, "text": _text(found)})
    elif not output and not screenshot:
        _print(found)


@app.command("open")
def open_(
    check: Check,
    is_path_only: Annotated[bool, typer.Option("--print-path", help="Only make the file, and print where.")] = False,
) -> None:
    """Open a copy of the page in the browser: its scripts and forms do nothing, pictures and styles come from the shop."""
    with opened_pipeline(load_settings()) as pipeline:
        found = find_page(pipeline, check)
    path = _write_copy(found)
    if is_path_only or not _is_opened(path):
        sys.stdout.write(f"{path}\n")


def _text(found: KeptPage) -> str:
    text = readable_text(found.page.text) if is_html(found) else found.page.text
    return text.encode("utf-8", "replace").decode()


def _print(found: KeptPage) -> None:
    sizes = {
        "body": f"{len(found.body)} bytes" if found.body else None,
        "kept in": found.check["stored_bytes"] and f"{found.check['stored_bytes']} bytes",
        "kept at": found.check["location"] or "the database",
        "received": f"{found.check['wire_bytes']} bytes",
        "picture": f"{len(found.screenshot)} bytes: --screenshot FILE saves it" if found.screenshot else None,
        "hash": found.check["page_sha256"] and found.check["page_sha256"].hex(),
    }
    facts = {name.replace("_", " "): found.check[name] for name in _FACTS} | sizes
    rows = [{"what": name, "value": value} for name, value in facts.items() if value is not None]
    print_rows(rows, ("what", "value"), as_json=False)
    for line in _text(found).splitlines():
        console.print(shown(line), soft_wrap=True, highlight=False)


def _save(path: Path, content: bytes, what: str, found: KeptPage) -> None:
    if not content:
        raise NotFound(f"{found.check['check']} has no {what}")
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error
    errors.print(f"{len(content)} bytes in {shown(str(path))}", highlight=False)


def _write_copy(found: KeptPage) -> Path:
    """A file that only its owner may read, in a folder of its own: it outlives this command."""
    folder = Path(tempfile.mkdtemp(prefix="pricewatch-page-"))
    media_type = (found.check["media_type"] or "").lower()
    if not found.body:
        path, content = folder / "picture.png", found.screenshot
    elif is_html(found):
        path, content = folder / "page.html", safe_copy(found).encode("utf-8-sig", "replace")
    elif media_type in _SUFFIXES:
        path, content = folder / f"page{_SUFFIXES[media_type]}", found.body
    else:
        path, content = folder / "page.txt", found.page.text.encode("utf-8-sig", "replace")
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


def _is_opened(path: Path) -> bool:
    try:
        return webbrowser.open(path.as_uri())
    except webbrowser.Error:
        return False
