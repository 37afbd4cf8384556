"""Stable ids for rows without one, so that a log can be imported twice and exports may overlap."""

from collections import defaultdict
from hashlib import blake2b

import polars as pl


class Identities:
    """Hashes of a format's name, a row's content and how often that content came before in the file.

    The same file gives the same ids again, rows that two exports share get the same ids in both, and equal lines of one
    file get different ids. Eight bytes of hash and a count are kept for each row of the file that is being read.

    Parameters
    ----------
    format
        The format's name: the same text means different things in different logs.
    """

    def __init__(self, format: str) -> None:  # noqa: A002 - the word of the command line
        self._start = format.encode() + b"\x00"
        self._source: str | None = None
        self._seen: defaultdict[int, int] = defaultdict(int)

    def of(self, content: pl.Series, source: str) -> pl.Series:
        """Return an id of 32 hexadecimal digits for each content, in the order of the file `source`."""
        if source != self._source:
            self._source, self._seen = source, defaultdict(int)
        start = self._start
        digests = [blake2b(start + text.encode(), digest_size=16).digest() for text in content.to_list()]
        return pl.Series("id", [self._id(digest) for digest in digests], pl.String)

    def _id(self, digest: bytes) -> str:
        key = int.from_bytes(digest[:8])
        occurrence = self._seen[key]
        self._seen[key] = occurrence + 1
        return blake2b(digest + occurrence.to_bytes(8), digest_size=16).hexdigest() if occurrence else digest.hex()
