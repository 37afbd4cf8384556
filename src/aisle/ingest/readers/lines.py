"""The lines of a text file, plain or gzipped, each decoded by itself."""

import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from aisle.shop.errors import FileError

MAX_LINE: Final = 64 * 1024 * 1024
"""A file with a line of more bytes is no text. Cells between `MAX_TEXT_BYTES` and this are read, and rejected."""

_READ: Final = 1 << 20
"""How many bytes are read at once, at most."""

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_BOM: Final = "\ufeff"
_GZIP: Final = b"\x1f\x8b"


class Lines:
    """The lines of a file, numbered from 1, which can be put back.

    Parameters
    ----------
    path
        An existing file; `.gz` is unpacked while reading.
    encoding
        A line that is not of this encoding has surrogates in place of the wrong bytes, and is `damaged`.
    """

    def __init__(self, path: Path, encoding: str = "utf-8") -> None:
        self._path = path
        self.encoding = encoding
        self._file = path.open("rb")
        self._stream = self._unpacked()
        self._ahead: deque[bytes] = deque()
        self._returned: deque[str] = deque()
        self._undecodable: set[int] = set()
        self.number = 0
        """The number of the last line that was taken."""
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
        """Forget the lines taken so far, and return the number of the next line."""
        self.taken.clear()
        return self.number + 1

    def damaged(self, first: int, last: int) -> bool:
        """Tell whether one of these lines is not of the encoding."""
        return bool(self._undecodable) and not self._undecodable.isdisjoint(range(first, last + 1))

    def put_back(self, count: int) -> None:
        """Put the last `count` of the taken lines back."""
        if count:
            self._returned.extendleft(reversed(self.taken[-count:]))
            del self.taken[-count:]
            self.number -= count

    def block(self, most: int) -> list[str]:
        """Take up to `most` whole lines at once; none at the beginning of the file, or where lines were put back."""
        if self.number == 0 or self._returned:
            return []
        self._read_ahead()
        count = min(most, len(self._ahead))
        if count and not self._ahead[count - 1].endswith(b"\n"):
            count -= 1
        lines = [
            self._decoded(self._ahead.popleft(), number) for number in range(self.number + 1, self.number + 1 + count)
        ]
        self.number += count
        self.taken += lines
        return lines

    def __iter__(self) -> Iterator[str]:
        while line := self._returned.popleft() if self._returned else self._next():
            self.number += 1
            self.taken.append(line)
            yield line

    def _next(self) -> str:
        raw = self._whole_line()
        if len(raw) >= MAX_LINE:
            raise FileError(f"{self._path} line {self.number + 1} is longer than 64 MB; is it a text file?")
        if self.number == 0 and raw.startswith(_UTF16):
            raise FileError(
                f"{self._path} is UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8, or Excel's CSV UTF-8)"
            )
        line = self._decoded(raw, self.number + 1)
        return line.removeprefix(_BOM) if self.number == 0 else line

    def _decoded(self, raw: bytes, number: int) -> str:
        try:
            return raw.decode(self.encoding)
        except UnicodeDecodeError:
            self._undecodable.add(number)
            return raw.decode(self.encoding, errors="surrogateescape")

    def _whole_line(self) -> bytes:
        """Return the next line, or nothing at the end of the file."""
        self._read_ahead()
        line = self._ahead.popleft() if self._ahead else b""
        if line and not line.endswith(b"\n"):
            with self._damage_explained():
                line += self._stream.readline(MAX_LINE)
        return line

    def _read_ahead(self) -> None:
        """Read the next lines, of which the last may be incomplete, unless some are left."""
        if not self._ahead:
            with self._damage_explained():
                self._ahead.extend(io.BytesIO(self._stream.read1(_READ)).readlines())

    @contextmanager
    def _damage_explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError, zlib.error) as error:
            raise FileError(f"{self._path} is damaged after line {self.number}: {error}; make it again") from None

    def _unpacked(self) -> io.BufferedReader | gzip.GzipFile:
        if self._path.suffix.lower() != ".gz":
            return self._file
        if not self._file.peek(2).startswith(_GZIP):
            self._file.close()
            raise FileError(f"{self._path} is not gzipped, in spite of its name; drop .gz from the name")
        return gzip.GzipFile(fileobj=self._file, mode="rb")
