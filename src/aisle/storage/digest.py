"""Sixteen bytes for a text of any length: what is kept unique by them, and what is recognised without being kept."""

from hashlib import blake2b


def digest(text: str) -> bytes:
    """Return the 16 bytes (BLAKE2b) by which a text of any length is kept unique."""
    return blake2b(text.encode(), digest_size=16).digest()
