"""Reading a body under caps: size on the wire, size decompressed, and how far it may unfold."""

import zlib
from typing import Protocol

import zstandard

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.fetching.outcomes import FetchFailed

ACCEPT_ENCODING = "gzip, deflate, zstd"
MAX_UNFOLDING = 200
"""Decompressed bytes per byte received, once past `_UNFOLDING_FLOOR`; real pages stay below 50."""
_UNFOLDING_FLOOR = 2_000_000
_MAX_MEMBERS = 64
_MOST_DIGITS = 18
_GZIP_MAGIC = b"\x1f"  # its first byte: the second may come with the next chunk
_ZSTD_WINDOW = 8 * 1024 * 1024  # RFC 9659: the largest a zstd content coding may ask for
_ZSTD_SLICE = 256  # zstandard has no output limit; no slice of this size can unfold beyond 8 MB
_UNSUPPORTED = {"br", "compress", "x-compress", "dcb", "dcz"}


class _Decoder(Protocol):
    @property
    def is_complete(self) -> bool:
        """Whether the compressed data may end here."""

    def feed(self, data: bytes, limit: int) -> bytes:
        """Decompress; may stop as soon as more than `limit` bytes came out."""


class _Identity:
    is_complete = True

    def feed(self, data: bytes, limit: int) -> bytes:
        return data


class _Gzip:
    def __init__(self) -> None:
        self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._members = 1

    @property
    def is_complete(self) -> bool:
        return self._member.eof

    def feed(self, data: bytes, limit: int) -> bytes:
        plain = b""
        while data and len(plain) <= limit:
            if self._member.eof:
                if not data.startswith(_GZIP_MAGIC):
                    break  # padding after the last member, which browsers ignore too
                self._members += 1
                if self._members > _MAX_MEMBERS:
                    raise zlib.error("too many gzip members")
                self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
            plain += self._member.decompress(data, limit + 1 - len(plain))
            data = self._member.unused_data
        return plain


class _Deflate:
    """`deflate` is zlib's format by the standard and a bare stream from some servers."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj()
        self._is_first = True

    @property
    def is_complete(self) -> bool:
        return self._stream.eof

    def feed(self, data: bytes, limit: int) -> bytes:
        try:
            return self._stream.decompress(data, limit + 1)
        except zlib.error:
            if not self._is_first:
                raise
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
            return self._stream.decompress(data, limit + 1)
        finally:
            self._is_first = False


class _Zstd:
    def __init__(self) -> None:
        self._stream = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()

    @property
    def is_complete(self) -> bool:
        return self._stream.eof

    def feed(self, data: bytes, limit: int) -> bytes:
        parts, size = [], 0
        for start in range(0, len(data), _ZSTD_SLICE):
            if self._stream.eof or size > limit:
                break
            parts.append(self._stream.decompress(data[start : start + _ZSTD_SLICE]))
            size += len(parts[-1])
        return b"".join(parts)


class _Brotli:
    """For clients that say they can, as browsers do; comes with the extra `impersonate`."""

    def __init__(self) -> None:
        from brotli import Decompressor  # type: ignore[import-untyped]  # noqa: PLC0415 - an optional extra

        self._stream = Decompressor()

    @property
    def is_complete(self) -> bool:
        return bool(self._stream.is_finished())

    def feed(self, data: bytes, limit: int) -> bytes:
        from brotli import error  # noqa: PLC0415 - an optional extra

        if self.is_complete:
            return b""
        try:
            return bytes(self._stream.process(data, output_buffer_limit=limit + 1))
        except error as mistake:
            raise zlib.error(str(mistake)) from mistake


def _decoder(coding: str) -> _Decoder:
    match coding:
        case "br":
            return _Brotli()
        case "gzip" | "x-gzip":
            return _Gzip()
        case "deflate":
            return _Deflate()
        case "zstd":
            return _Zstd()
        case _:
            return _Identity()  # nothing, `identity`, or no coding at all (`utf-8`): as browsers do


def bytes_announced(content_length: str | None) -> int:
    """What a `Content-Length` says; nothing where it is no number."""
    said = (content_length or "").strip()
    # No more digits than any size has: Python refuses to read thousands of them.
    return int(said[:_MOST_DIGITS]) if said.isascii() and said.isdigit() else 0


class BodyReader:
    """Takes the chunks of one body as they come from the wire.

    Raises:
        FetchFailed: too large, cut off, or not what its headers say.
    """

    def __init__(
        self, *, url: str, coding: str, max_bytes: int, is_cut: bool = False, accepted: str = ACCEPT_ENCODING
    ) -> None:
        self._url = url
        self._coding = coding.strip().lower()
        if self._coding in _UNSUPPORTED - {*accepted.split(", ")} or "," in self._coding:
            raise self._corrupt(f"it is compressed as {self._coding!r}, which we did not ask for")
        self._max_bytes = max_bytes
        self._is_cut = is_cut
        self._decoder = _decoder(self._coding)
        self._chunks: list[bytes] = []
        self._size = 0
        self.wire_bytes = 0
        self.is_full = False
        """Cut at the cap: what follows need not be read."""

    def announce(self, content_length: str | None) -> None:
        """Refuse early what says of itself that it is too large."""
        announced = bytes_announced(content_length)
        if announced > self._max_bytes and not self._is_cut:
            raise self._too_large(f"announces {announced:,} bytes, more")

    def feed(self, chunk: bytes) -> None:
        self.wire_bytes += len(chunk)
        try:
            plain = self._decoder.feed(chunk, self._max_bytes - self._size)
        except (zlib.error, zstandard.ZstdError) as error:
            raise self._corrupt(f"it is not {self._coding} as its headers say: {error}") from error
        self._chunks.append(plain)
        self._size += len(plain)
        if self._size > self._max_bytes or self.wire_bytes > self._max_bytes:
            self.is_full = self._is_cut
            if not self.is_full:
                raise self._too_large("is larger")
            return
        if self._size > _UNFOLDING_FLOOR and self._size > MAX_UNFOLDING * self.wire_bytes:
            raise self._too_large(
                f"unfolds more than {MAX_UNFOLDING} times when decompressed, as no real page does, and"
            )

    def finish(self) -> bytes:
        if self.wire_bytes and not self.is_full and not self._decoder.is_complete:
            raise self._corrupt("its compressed data ends in the middle")
        whole = b"".join(self._chunks)
        return whole[: self._max_bytes] if self.is_full else whole

    def _too_large(self, what: str) -> FetchFailed:
        return FetchFailed(
            Outcome.TOO_LARGE, f"{self._url} {what} than the {self._max_bytes:,} bytes we accept of a page"
        )

    def _corrupt(self, why: str) -> FetchFailed:
        return FetchFailed(Outcome.TRANSPORT, f"the body of {self._url} cannot be read: {why}")
