"""Keeps the pages behind checks: redacted, compressed, named by content; in the database or in a location outside."""

import asyncio
import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import zstandard

from pricewatch_pipeline.domain.checks import StoredPage
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.domain.redaction import redact
from pricewatch_pipeline.errors import EvidenceUnavailable, MissingExtra
from pricewatch_pipeline.services.place_pages import PagePlace
from pricewatch_pipeline.storage import page_dictionaries
from pricewatch_pipeline.storage import pages as stored_pages
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.page_dictionaries import PageDictionary

log = logging.getLogger(__name__)

# Measured on the corpus (docs/decisions/0011): level 3 alone saves 8 % more and takes a third longer; with a dictionary
# it takes less time than level 1 without, and only it finds what is alike far apart.
LEVEL, DICTIONARY_LEVEL = 1, 3
MOST_DICTIONARY_BYTES = 48_000_000
"""What the dictionaries of one run may hold of memory."""
_TABLES_OF_DICTIONARY = 1_000_000
"""What zstd itself holds for one, in bytes."""
PLACE_AGAIN_AFTER_S = 300.0
"""A location that failed is left alone for this long, for it may take half a minute to fail: meanwhile pages go into the
database."""
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_LONGEST_MEDIA_TYPE, _LONGEST_CHARSET = 200, 40


class EvidenceKeeper:
    """Of one run. Threads may share it."""

    def __init__(self, database: Database, *, pages_url: str | None) -> None:
        self._database = database
        self._place = PagePlace(pages_url) if pages_url else None
        self._place_again_at = 0.0
        self._has_warned = False
        self._asked: set[str] = set()
        self._dictionaries: OrderedDict[str, tuple[int, zstandard.ZstdCompressionDict]] = OrderedDict()
        self._dictionary_bytes = 0
        self._local = threading.local()

    async def prepare_for(self, hosts: Iterable[str]) -> None:
        """Fetch the newest dictionaries of these hosts, where they are not here yet."""
        wanted = set(hosts) - self._asked
        if wanted:
            self._asked |= wanted
            await asyncio.to_thread(self._load, wanted)

    def compress(self, page: Page, *, host: str) -> StoredPage | None:
        """A page as it is kept; None when it has no body. Takes a millisecond: not for the event loop."""
        if not page.body:
            return None
        body = redact(page.body, page.cookie_values)
        dictionary_id, compressor = self._compressor(host)
        content = compressor.compress(body)
        return StoredPage(
            sha256=page.sha256 if body is page.body else hashlib.sha256(body).digest(),
            content=content,
            media_type=page.headers.get("content-type", "").partition(";")[0].strip()[:_LONGEST_MEDIA_TYPE] or None,
            body_bytes=len(body),
            charset=charset[:_LONGEST_CHARSET] if (charset := page.declared_charset) else None,
            dictionary_id=dictionary_id,
            stored_bytes=len(content),
        )

    def compress_screenshot(self, page: Page) -> StoredPage | None:
        """The picture of a page as it is kept: PNG is compressed already."""
        picture = page.screenshot
        if not picture:
            return None
        return StoredPage(
            sha256=hashlib.sha256(picture).digest(),
            content=picture,
            media_type="image/png",
            body_bytes=len(picture),
            stored_bytes=len(picture),
        )

    def place(self, pages: Sequence[StoredPage]) -> list[StoredPage]:
        """Put contents where the settings say. What cannot be put there stays in hand, for the database: no check is lost for
        its evidence. To be called off the event loop."""
        if self._place is None or not pages or time.monotonic() < self._place_again_at:
            return list(pages)
        try:
            locations = self._place.put(pages)
        except (EvidenceUnavailable, MissingExtra) as error:
            self._place_again_at = time.monotonic() + PLACE_AGAIN_AFTER_S
            if not self._has_warned:
                self._has_warned = True
                log.warning("pages are kept in the database for now: %s", error)
            return list(pages)
        return [replace(page, location=location, content=b"") for page, location in zip(pages, locations, strict=True)]

    def _load(self, hosts: set[str]) -> None:
        found = self._database.run(lambda connection: page_dictionaries.newest(connection, hosts))
        for dictionary in found:
            made = dictionary_of(dictionary)
            made.precompute_compress(level=DICTIONARY_LEVEL)
            self._dictionaries[dictionary.host] = (dictionary.dictionary_id, made)
            self._dictionary_bytes += len(made) + _TABLES_OF_DICTIONARY
        while self._dictionary_bytes > MOST_DICTIONARY_BYTES:
            _, (_, oldest) = self._dictionaries.popitem(last=False)
            self._dictionary_bytes -= len(oldest) + _TABLES_OF_DICTIONARY

    def _compressor(self, host: str) -> tuple[int | None, zstandard.ZstdCompressor]:
        if found := self._dictionaries.get(host):
            dictionary_id, dictionary = found
            # Made anew each time: that takes 0.05 ms, and one for each host and thread would hold gigabytes.
            return dictionary_id, zstandard.ZstdCompressor(level=DICTIONARY_LEVEL, dict_data=dictionary)
        plain: zstandard.ZstdCompressor | None = getattr(self._local, "plain", None)
        if plain is None:
            plain = self._local.plain = zstandard.ZstdCompressor(level=LEVEL)
        return None, plain


def dictionary_of(dictionary: PageDictionary) -> zstandard.ZstdCompressionDict:
    """A stored dictionary as zstd takes it."""
    content = zstandard.ZstdDecompressor().decompress(dictionary.content)
    return zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def body_of(page: StoredPage, content: bytes, dictionary: zstandard.ZstdCompressionDict | None = None) -> bytes:
    """What was compressed into this content.

    Raises:
        EvidenceUnavailable: it is damaged.
    """
    if not content.startswith(_ZSTD_MAGIC):
        return content  # a picture
    try:
        return zstandard.ZstdDecompressor(dict_data=dictionary).decompress(content, max_output_size=page.body_bytes)
    except zstandard.ZstdError as error:
        raise EvidenceUnavailable(f"the page {page.sha256.hex()} is not what was kept any more: {error}") from error


def read_page(database: Database, place: PagePlace | None, sha256: bytes) -> bytes | None:
    """The body of a page that is kept, or a picture; None when it is not, or no more.

    Raises:
        EvidenceUnavailable, MissingExtra: it lies in a location that cannot be read.
    """
    page = database.run(lambda connection: stored_pages.load(connection, sha256))
    return body_of_stored(database, place, page) if page else None


def body_of_stored(database: Database, place: PagePlace | None, page: StoredPage) -> bytes | None:
    """The body of a page that is kept; None when its content was deleted outside.

    Raises:
        EvidenceUnavailable, MissingExtra: it lies in a location that cannot be read.
    """
    content: bytes | None = page.content
    if page.location:
        if place is None:
            raise EvidenceUnavailable("this page lies outside the database: set PRICEWATCH_PAGES_URL as it was then")
        content = place.get(page.location)
    if content is None or page.dictionary_id is None:
        return content and body_of(page, content)
    dictionary_id = page.dictionary_id
    dictionary = database.run(lambda connection: page_dictionaries.by_id(connection, dictionary_id))
    return body_of(page, content, dictionary_of(dictionary))
