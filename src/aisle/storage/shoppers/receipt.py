"""What became of a person's rows."""

from typing import NamedTuple


class Receipt(NamedTuple):
    """What was removed of a person, or moved from one id to another: how many rows of each table."""

    user_id: str
    ids: tuple[str, ...]
    """The ids that it is about: this one, and those that were merged into it."""
    rows: dict[str, int]
    moment: int
