"""Events deleted by time, kind, user or item, as a person or a program says which."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from aisle.shop.errors import InputError
from aisle.shop.events import ALIASES, EventKind, normal_name
from aisle.shop.moments import to_moment
from aisle.storage.connection import Database
from aisle.storage.log import deletion
from aisle.storage.log.deletion import Found


class Which(TypedDict, total=False):
    """Which events: those to which all that is given applies."""

    since: str | datetime | None
    """ISO 8601, such as `2024-01-31`; without an offset it is UTC."""
    until: str | datetime | None
    """Up to this moment, not including it."""
    event: str | Sequence[str]
    """A kind of event, or any of several."""
    user_id: str | None
    item_id: str | None


def delete_events(db: Database, which: Which, *, dry_run: bool = False) -> Found:
    """Delete events, or only count them, and return what they are.

    Raises
    ------
    InputError
        If nothing says which events, or a moment or a kind cannot be read.
    """
    kinds = which.get("event") or ()
    chosen = deletion.Which(
        _moment(which.get("since")),
        _moment(which.get("until")),
        [_kind(kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)],
        which.get("user_id"),
        which.get("item_id"),
    )
    return deletion.count(db, chosen) if dry_run else deletion.remove(db, chosen)


def _moment(when: str | datetime | None) -> int | None:
    if when is None:
        return None
    try:
        return to_moment(datetime.fromisoformat(when) if isinstance(when, str) else when)
    except ValueError:
        raise InputError(f"{when!r} is no moment; write it as 2024-01-31 or 2024-01-31T18:00:00Z") from None


def _kind(word: str) -> str:
    kind = ALIASES.get(normal_name(word))
    if kind is None:
        raise InputError(f"{word!r} is no kind of event; the kinds are {', '.join(EventKind)}")
    return kind.value
