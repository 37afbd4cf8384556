"""The answers that belong to no kind of thing: the server's health, and failures."""

from typing import Literal

from msgspec import Struct


class Health(Struct, frozen=True):
    """The server's health and the version of the live model."""

    status: Literal["ok"]
    version: str
    model_version: int | None


class Problem(Struct, frozen=True):
    """Why a request failed, and what to do (RFC 9457)."""

    title: str
    status: int
    detail: str
