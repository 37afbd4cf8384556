"""What templates of the page call: how items and values are written."""

import re
from typing import Final
from urllib.parse import urlencode
from zlib import crc32

TINTS: Final = 8
"""How many colours placeholders have."""


def address(user_id: str) -> str:
    """Return the address of a shopper's page."""
    return "/?" + urlencode({"user_id": user_id})


def initials(name: str) -> str:
    """Return the first letters of a name's first two words, for an item without a picture."""
    return "".join(word[0] for word in re.findall(r"\w+", name)[:2]).upper() or "?"


def picture(url: str | None) -> str | None:
    """Return an image's address if the page may load it: on the web, or a path of this server."""
    return url if url and re.match(r"https?://|/(?!/)", url) else None


def tint(text: str) -> str:
    """Return the CSS class that colours a placeholder; equal texts have equal colours."""
    return f"tint-{crc32(text.encode()) % TINTS}"
