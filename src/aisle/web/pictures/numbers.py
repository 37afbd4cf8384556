"""Numbers that look random and follow from a text."""

import hashlib


class Numbers:
    """Up to 64 numbers that follow from a text: equal texts give equal numbers."""

    def __init__(self, text: str) -> None:
        self._bytes = iter(hashlib.sha512(text.encode("utf-8", "surrogatepass")).digest())

    def below(self, limit: int) -> int:
        """Return a number from 0 to `limit` - 1; `limit` is at most 256."""
        return next(self._bytes) * limit // 256

    def between(self, low: float, high: float) -> float:
        """Return a number between two, to a tenth."""
        return round(low + (high - low) * next(self._bytes) / 255, 1)
