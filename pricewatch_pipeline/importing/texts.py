"""Bytes to lines of text, with bounded memory: which encoding, and what to do with lines that never end."""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from pricewatch_pipeline.importing.rows import LONGEST_ROW

_HEAD = 64 * 1024
_BLOCK = 256 * 1024
_LONGEST_TEXT = 4 * 1024 * 1024


class Stream(Protocol):
    """Bytes from anywhere; it need not be possible to go back."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a text, without its end."""

    number: int
    text: str
    is_too_long: bool = False
    """Only its beginning is here."""
    is_latin: bool = False
    """It is not UTF-8 and was read as Latin-1."""


class Rewound(io.RawIOBase):
    """A stream whose first bytes have been looked at and are read once more."""

    def __init__(self, head: bytes, rest: Stream) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        if self._head:
            chunk, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            chunk = self._rest.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def looked_at(stream: Stream) -> tuple[bytes, BinaryIO]:
    """The first bytes, and the whole stream."""
    head = b""
    while len(head) < _HEAD and (block := stream.read(_HEAD - len(head))):
        head += block
    return head, io.BufferedReader(Rewound(head, stream), buffer_size=_BLOCK)


def encoding_of(head: bytes) -> str:
    """`utf-16-le`, `utf-16-be`, or `utf-8` for all else, which is decided line by line."""
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    # Without a mark: what is mostly Latin letters has a zero in every other byte.
    even, odd = head[0:1000:2].count(0), head[1:1000:2].count(0)
    half = len(head[:1000]) // 2
    if half and odd > half * 0.6 and not even:
        return "utf-16-le"
    if half and even > half * 0.6 and not odd:
        return "utf-16-be"
    return "utf-8"


def lines_of(stream: BinaryIO, encoding: str) -> Iterator[Line]:
    """The lines; of one that is too long only the beginning."""
    raw = _wide_lines(stream, encoding) if encoding.startswith("utf-16") else _byte_lines(stream)
    for number, (text, is_too_long, is_latin) in enumerate(raw, start=1):
        start = text.removeprefix("\ufeff") if number == 1 else text
        yield Line(number=number, text=start.rstrip("\r\n"), is_too_long=is_too_long, is_latin=is_latin)


def _byte_lines(stream: BinaryIO) -> Iterator[tuple[str, bool, bool]]:
    while line := stream.readline(LONGEST_ROW):
        is_too_long = len(line) >= LONGEST_ROW and not line.endswith(b"\n")
        rest = line
        while is_too_long and rest and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_ROW)
        text, is_latin = _decoded(line[:1000] if is_too_long else line)
        yield text, is_too_long, is_latin


def _wide_lines(stream: BinaryIO, encoding: str) -> Iterator[tuple[str, bool, bool]]:
    texts = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=None)
    while line := texts.readline(LONGEST_ROW):
        is_too_long = len(line) >= LONGEST_ROW and not line.endswith("\n")
        rest = line
        while is_too_long and rest and not rest.endswith("\n"):
            rest = texts.readline(LONGEST_ROW)
        yield line[:1000] if is_too_long else line, is_too_long, False


def _decoded(line: bytes) -> tuple[str, bool]:
    try:
        return line.decode("utf-8"), False
    except UnicodeDecodeError:
        # Windows-1252 where it can be: what programs call Latin-1.
        return line.decode("cp1252", errors="replace"), True


def as_utf8(stream: BinaryIO, encoding: str) -> Stream:
    """The same text in UTF-8 without a byte order mark, as readers of JSON want it."""
    return _Recoded(stream, encoding)


class _Recoded:
    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._is_first = True
        self._without_quote = 0

    def read(self, size: int, /) -> bytes:
        # ijson reads nothing at first, to learn whether it is given bytes.
        while block := self._stream.read(size) if size else b"":
            text = self._decoder.decode(block)
            if self._is_first and text:
                self._is_first = False
                text = text.removeprefix("\ufeff")
            if text:
                self._without_quote = 0 if '"' in text else self._without_quote + len(text)
                if self._without_quote > _LONGEST_TEXT:  # a parser would hold all of it
                    raise ValueError(f"a text of more than {_LONGEST_TEXT // 1024**2} MB")
                return text.encode("utf-8", errors="replace")
        return b""
