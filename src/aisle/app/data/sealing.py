"""Secrets that the shop must read again are sealed before they are stored, with a key from the environment alone."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final

from aisle.shop.errors import SettingsError

VARIABLE: Final = "AISLE_SERVE__SEALING_KEY"

MIN_LETTERS: Final = 32
"""The shortest key: 128 bits as hexadecimal digits."""


def seal(text: str, key: str | None) -> bytes:
    """Return a text encrypted and authenticated (Fernet: AES-128-CBC and HMAC-SHA256).

    Raises
    ------
    SettingsError
        If there is no key, or it is too short.
    """
    from cryptography.fernet import Fernet

    return Fernet(_fernet_key(key)).encrypt(text.encode())


def unseal(sealed: bytes, key: str | None) -> str:
    """Return the text that was sealed.

    Raises
    ------
    SettingsError
        If there is no key, or it is not the one that sealed it.
    """
    from cryptography.fernet import Fernet, InvalidToken

    try:
        return Fernet(_fernet_key(key)).decrypt(sealed).decode()
    except InvalidToken:
        raise SettingsError(f"{VARIABLE} did not seal this shop's secrets; set the one that did") from None


def _fernet_key(key: str | None) -> bytes:
    if key is None or len(key) < MIN_LETTERS:
        raise SettingsError(f"{VARIABLE} is missing or short; set it to what openssl rand -hex 32 prints, and keep it")
    return urlsafe_b64encode(sha256(key.encode()).digest())
