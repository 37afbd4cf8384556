"""The members of a segment for a mailing: those who agreed to be written to."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from aisle.app.data.atomic_write import atomic_write
from aisle.insights.segments.shoppers import ATTRIBUTES_SCHEMA, attributes_of, texts
from aisle.shop.columns import ATTRIBUTES, USER_ID
from aisle.shop.errors import FileError
from aisle.shop.spreadsheet import to_csv
from aisle.storage.connection import Database
from aisle.storage.shoppers import users

CONSENTED: Final = "consented"
"""The column that says who agreed."""

_YES: Final = frozenset({"true", "yes", "1"})
_ENDINGS: Final = (".csv", ".json")


class Mailing:
    """Tells who may be written to.

    Parameters
    ----------
    consent
        The attribute of users that says so; who has none did not agree.
    """

    def __init__(self, db: Database, consent: str) -> None:
        self._db = db
        self._consent = consent

    def of(self, members: pl.DataFrame, attributes: Sequence[str] = (), *, everyone: bool = False) -> pl.DataFrame:
        """Return members with the flag `consented`, and attributes as text; only those who consented, or everyone."""
        kept = pl.concat([ATTRIBUTES_SCHEMA.to_frame(), *users.stream(self._db, tuple(ATTRIBUTES_SCHEMA))])
        known = members.join(kept, on=USER_ID, how="left", maintain_order="left")
        read = [attributes_of(text) if text else {} for text in known[ATTRIBUTES]]
        agreed = [any(value.lower() in _YES for value in texts(one, self._consent)) for one in read]
        columns = {name: [", ".join(texts(one, name)) for one in read] for name in dict.fromkeys(attributes)}
        told = known.drop(ATTRIBUTES).with_columns(
            pl.Series(CONSENTED, agreed, dtype=pl.Boolean),
            *(pl.Series(name, values, dtype=pl.String) for name, values in columns.items()),
        )
        return told if everyone else told.filter(CONSENTED)


def write_mailing(mailing: Callable[[], pl.DataFrame], out: Path) -> int:
    """Write the members for a mailing into a file that appears when it is complete, and return how many there are.

    Raises
    ------
    FileError
        If the file has another ending than `.csv` or `.json`, or cannot be written.
    """
    if out.suffix not in _ENDINGS:
        raise FileError(f"{out} is neither .csv nor .json; choose one of the two endings")
    frame = mailing()
    with atomic_write(out) as partial:
        partial.touch(mode=0o600)  # who is in a segment is for those to know who send the mail
        partial.write_text(_text(frame, out.suffix), encoding="utf-8", newline="")
    return frame.height


def _text(frame: pl.DataFrame, ending: str) -> str:
    written = frame.with_columns(pl.col("since").dt.to_string("iso:strict"))
    return to_csv(written) if ending == ".csv" else msgspec.json.encode(written.to_dicts()).decode()
