"""Recommendation ids that only this shop can make, so that a made-up one is told apart from one that was served."""

import hashlib
import hmac
import secrets
from typing import Final

_OWN: Final = 20
_TAG: Final = 16
"""How many hexadecimal digits are random, and how many prove them: 80 and 64 bits."""


def new_recommendation_id(key: bytes) -> str:
    """Return a new id, signed with a key."""
    own = secrets.token_hex(_OWN // 2)
    return own + _tag(key, own)


def is_signed(key: bytes, recommendation_id: str) -> bool:
    """Return whether an id was made with this key."""
    own, tag = recommendation_id[:_OWN], recommendation_id[_OWN:]
    return hmac.compare_digest(tag.encode(), _tag(key, own).encode())


def _tag(key: bytes, own: str) -> str:
    return hmac.new(key, own.encode(), hashlib.sha256).hexdigest()[:_TAG]
