"""The lines of a text file, plain or gzipped, decoded one by one."""

import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from aisle.shop.errors import FileError

MAX_LINE: Final = 64 * 1024 * 1024
"""A line of more bytes than this is no text; cells beyond `MAX_TEXT_BYTES` but below it are read and set aside."""

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_BOM: Final = "\ufeff"


class Lines:
    """The lines of a file, numbered from 1, which can be put back.

    Parameters
    ----------
    path
        An existing file; one that ends in `.gz` is unpacked on the way.
    encoding
        A line that is not of this encoding comes with surrogates in place of the wrong bytes, and `damaged` says so.
    """

    def __init__(self, path: Path, encoding: str = "utf-8") -> None:
        self._path = path
        self._encoding = encoding
        self._file = path.open("rb")
        self._stream = self._unpacked()
        self._returned: deque[str] = deque()
        self._undecodable: set[int] = set()
        self.number = 0
        """The number of the line that came last."""
        self.taken: list[str] = []
        """The lines since `start_record`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def position(self) -> int:
        """How many bytes of the file have been read."""
        return self._file.tell()

    def start_record(self) -> int:
        """Forget the lines taken so far, and return the number of the next one."""
        self.taken.clear()
        return self.number + 1

    def damaged(self, first: int, last: int) -> bool:
        """Tell whether one of these lines was not of the encoding."""
        return bool(self._undecodable) and not self._undecodable.isdisjoint(range(first, last + 1))

    def put_back(self, count: int) -> None:
        """Put the last `count` of the taken lines back."""
        if count:
            self._returned.extendleft(reversed(self.taken[-count:]))
            del self.taken[-count:]
            self.number -= count

    def __iter__(self) -> Iterator[str]:
        while line := self._returned.popleft() if self._returned else self._next():
            self.number += 1
            self.taken.append(line)
            yield line

    def _next(self) -> str:
        try:
            raw = self._stream.readline(MAX_LINE)
        except (OSError, EOFError, zlib.error) as error:
            raise FileError(f"{self._path} is damaged after line {self.number}: {error}; make it again") from None
        if len(raw) == MAX_LINE:
            raise FileError(f"{self._path} line {self.number + 1} is longer than 64 MB; is it a text file?")
        if self.number == 0 and raw.startswith(_UTF16):
            raise FileError(
                f"{self._path} is UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8, or Excel's CSV UTF-8)"
            )
        try:
            line = raw.decode(self._encoding)
        except UnicodeDecodeError:
            self._undecodable.add(self.number + 1)
            line = raw.decode(self._encoding, errors="surrogateescape")
        return line.removeprefix(_BOM) if self.number == 0 else line

    def _unpacked(self) -> BinaryIO:
        if self._path.suffix.lower() != ".gz":
            return self._file
        unpacked = gzip.GzipFile(fileobj=self._file, mode="rb")
        return io.BufferedReader(unpacked, 1 << 16)
