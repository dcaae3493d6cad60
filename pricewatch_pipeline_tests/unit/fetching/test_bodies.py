import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.fetching.bodies import BodyReader, bytes_announced
from pricewatch_pipeline.fetching.outcomes import FetchFailed


def bare_deflate(data):
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


CODINGS = {
    "": lambda data: data,
    "identity": lambda data: data,
    "utf-8": lambda data: data,
    "gzip": gzip.compress,
    "GZIP": gzip.compress,
    "x-gzip": lambda data: gzip.compress(data[:7]) + gzip.compress(data[7:]),
    "deflate": zlib.compress,
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
    "br": lambda data: brotli.compress(data, quality=1),
}
AS_A_BROWSER = "gzip, deflate, br, zstd"


def read(data, coding, *, max_bytes=1_000_000, step=16384):
    reader = BodyReader(url="https://shop.example/", coding=coding, max_bytes=max_bytes, accepted=AS_A_BROWSER)
    for start in range(0, len(data), step):
        reader.feed(data[start : start + step])
    return reader.finish()


@pytest.mark.parametrize("coding", CODINGS)
@given(data=st.binary(max_size=5000), step=st.integers(1, 2000))
def test_every_coding_gives_back_what_was_sent_in_pieces_of_any_size(coding, data, step):
    assert read(CODINGS[coding](data), coding, step=step) == data


@given(st.binary(min_size=1, max_size=5000))
def test_deflate_without_its_header_is_read_too(data):
    assert read(bare_deflate(data), "deflate") == data


@pytest.mark.parametrize("coding", CODINGS)
def test_a_body_of_exactly_the_cap_passes_and_one_byte_more_does_not(coding):
    data = bytes(range(256)) * 4
    assert read(CODINGS[coding](data), coding, max_bytes=2000) == data
    with pytest.raises(FetchFailed, match="larger") as failure:
        read(CODINGS[coding](data * 3), coding, max_bytes=2000)
    assert failure.value.outcome is Outcome.TOO_LARGE


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd", "br"])
def test_a_bomb_stops_at_the_cap_however_far_it_would_unfold(coding):
    bomb = CODINGS[coding](bytes(300_000_000))
    reader = BodyReader(url="u", coding=coding, max_bytes=3_000_000, accepted=AS_A_BROWSER)
    with pytest.raises(FetchFailed, match="3,000,000 bytes"):
        reader.feed(bomb)
    assert sum(map(len, reader._chunks)) < 12_000_000


def test_what_unfolds_as_no_page_does_is_refused_below_the_cap():
    with pytest.raises(FetchFailed, match="unfolds more than 200 times"):
        read(gzip.compress(bytes(5_000_000)), "gzip", max_bytes=10_000_000)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd", "br"])
def test_compressed_data_that_ends_in_the_middle_is_not_half_a_page(coding):
    whole = CODINGS[coding](bytes(range(256)) * 40)
    with pytest.raises(FetchFailed, match="ends in the middle") as failure:
        read(whole[:-6], coding)
    assert failure.value.outcome is Outcome.TRANSPORT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd", "br"])
def test_a_body_that_is_not_what_its_headers_say_is_named_so(coding):
    with pytest.raises(FetchFailed, match=f"it is not {coding} as its headers say"):
        read(b"<html>plain text</html>", coding)


@pytest.mark.parametrize("coding", ["br", "compress", "gzip, gzip"])
def test_a_coding_we_did_not_ask_for_is_refused(coding):
    with pytest.raises(FetchFailed, match="did not ask for"):
        BodyReader(url="u", coding=coding, max_bytes=10)


def test_thousands_of_gzip_members_are_refused():
    with pytest.raises(FetchFailed, match="too many gzip members"):
        read(gzip.compress(b"") * 5000, "gzip")


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_padding_after_a_gzip_body_is_ignored(step):
    assert read(gzip.compress(b"page") + bytes(100), "gzip", step=step) == b"page"


@pytest.mark.parametrize("coding", CODINGS)
def test_no_body_at_all_is_empty_whatever_its_coding(coding):
    assert read(b"", coding) == b""


@pytest.mark.parametrize("coding", CODINGS)
def test_a_body_that_may_be_cut_ends_at_the_cap(coding):
    data = bytes(range(256)) * 400
    reader = BodyReader(url="u", coding=coding, max_bytes=2000, is_cut=True, accepted=AS_A_BROWSER)
    reader.announce("100000")
    reader.feed(CODINGS[coding](data)[:5000])
    assert reader.is_full
    assert reader.finish() == data[:2000]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd", "br"])
def test_a_bomb_that_may_be_cut_is_cut(coding):
    reader = BodyReader(url="u", coding=coding, max_bytes=3_000_000, is_cut=True, accepted=AS_A_BROWSER)
    reader.feed(CODINGS[coding](bytes(300_000_000)))
    assert reader.finish() == bytes(3_000_000)
    assert sum(map(len, reader._chunks)) < 12_000_000


@pytest.mark.parametrize(
    ("said", "announced"),
    [("1024", 1024), (" 7 ", 7), (None, 0), ("", 0), ("-1", 0), ("1, 1", 0), ("\u00b2", 0), ("9" * 5000, 10**18 - 1)],
)
def test_what_a_body_announces_is_a_number_or_nothing(said, announced):
    assert bytes_announced(said) == announced
