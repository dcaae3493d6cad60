"""Makes the dictionaries that a host's pages are compressed with: one of its pages, kept where that saves enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import zstandard

from pricewatch_pipeline.services.keep_evidence import DICTIONARY_LEVEL, LEVEL, dictionary_of, read_page
from pricewatch_pipeline.services.place_pages import PagePlace
from pricewatch_pipeline.storage import page_dictionaries
from pricewatch_pipeline.storage.database import Database

LEAST_SAVED = 0.15
"""Of what pages would take without it, or with the one before it."""
LONGEST = 1_000_000
"""Bytes of a dictionary; what saves is the whole page, far apart as its repetitions are."""
_WINDOW = timedelta(days=2)
_RENEW_AFTER = timedelta(days=7)
_MOST_PER_HOST = 6
_PAGES, _HOSTS = 8, 100
_STRONGEST = 19


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The page that makes the best dictionary, and what it saves on others."""

    content: bytes
    saved_ratio: float
    """Compared with no dictionary."""
    gain_ratio: float
    """Compared with the dictionary that there is, or none."""


def make_dictionaries(database: Database, place: PagePlace | None) -> int:
    """Look at some hosts whose pages came lately; how many dictionaries were made.

    Raises:
        EvidenceUnavailable, MissingExtra: the pages lie in a location that cannot be read.
    """
    found = database.run(
        lambda connection: page_dictionaries.samples(
            connection,
            window=_WINDOW,
            renew_after=_RENEW_AFTER,
            most_per_host=_MOST_PER_HOST,
            pages=_PAGES,
            hosts=_HOSTS,
        )
    )
    return sum(_make(database, place, host, hashes) for host, hashes in found.items())


def _make(database: Database, place: PagePlace | None, host: str, hashes: Sequence[bytes]) -> bool:
    bodies = [body for sha256 in hashes if (body := read_page(database, place, sha256))]
    if len(bodies) < 2:  # one to make it of, one to measure it on
        return False
    present = database.run(lambda connection: page_dictionaries.newest(connection, [host]))
    choice = choose(bodies, present=dictionary_of(present[0]) if present else None)
    if choice.gain_ratio < LEAST_SAVED:
        return False
    content = zstandard.ZstdCompressor(level=_STRONGEST).compress(choice.content)
    database.run(lambda connection: page_dictionaries.add(connection, host, content, saved_ratio=choice.saved_ratio))
    return True


def choose(bodies: Sequence[bytes], *, present: zstandard.ZstdCompressionDict | None = None) -> Choice:
    """Of two pages or more: every other one may become the dictionary; what it saves is measured on the rest."""
    candidates, held_out = bodies[0::2], bodies[1::2]
    chosen = min(candidates, key=lambda body: _size(candidates, _dictionary(body)))
    with_it, without = _size(held_out, _dictionary(chosen)), _size(held_out, None)
    now = _size(held_out, present) if present else without
    return Choice(content=chosen[:LONGEST], saved_ratio=1 - with_it / without, gain_ratio=1 - with_it / now)


def _dictionary(body: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(body[:LONGEST], dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _size(bodies: Sequence[bytes], dictionary: zstandard.ZstdCompressionDict | None) -> int:
    if dictionary:
        dictionary.precompute_compress(level=DICTIONARY_LEVEL)
        compressor = zstandard.ZstdCompressor(level=DICTIONARY_LEVEL, dict_data=dictionary)
    else:
        compressor = zstandard.ZstdCompressor(level=LEVEL)
    return sum(len(compressor.compress(body)) for body in bodies)
