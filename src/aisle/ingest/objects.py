"""Items, users and reviews of a request, as JSON: the same checks as for files, and a reason for each that fails."""

from typing import Final

import polars as pl

from aisle.ingest.batch import ROW
from aisle.ingest.dates import DateRule
from aisle.ingest.identity import ID_OF, Identities, fields
from aisle.ingest.json import split
from aisle.ingest.readers.jsonl import raw_fields, to_frame
from aisle.ingest.rows.fields import field_of
from aisle.ingest.validate import validate
from aisle.ingest.written import ISO_OR_EPOCH
from aisle.shop import columns as c
from aisle.shop import moments
from aisle.shop.errors import InputError
from aisle.shop.events import MAX_EVENTS

_DATES: Final = {
    "items": {c.AVAILABLE_FROM: DateRule(ISO_OR_EPOCH)},
    "reviews": {c.TIMESTAMP: DateRule(ISO_OR_EPOCH)},
    "users": {},
}


def parse_objects(table: str, body: bytes) -> tuple[pl.DataFrame, list[str | None]]:
    """Check the rows of a request.

    Parameters
    ----------
    table
        `items`, `users` or `reviews`.
    body
        One JSON object, or a list of them.

    Returns
    -------
    accepted
        The rows that pass, with the columns and types of the table.
    reasons
        For each object why it does not pass, or None.

    Raises
    ------
    InputError
        If the body is not JSON of such a shape, or has more than 1,000 objects.
    """
    try:
        objects = split(body)
    except (ValueError, RecursionError):
        raise InputError("the body cannot be read; send a JSON object, or a list of them, as UTF-8") from None
    if len(objects) > MAX_EVENTS:
        raise InputError(f"the body has {len(objects):,} {table}; send at most {MAX_EVENTS:,} at a time")
    reasons: list[str | None] = [None] * len(objects)
    rows, places = [], []
    for place, text in enumerate(objects):
        try:
            rows.append(_row(table, text))
            places.append(place)
        except (InputError, ValueError) as error:
            reasons[place] = str(error)
    frame = to_frame(rows).with_columns(pl.Series(ROW, places, pl.Int64))
    checked = validate(table, frame, _DATES[table], moments.now())
    for place, reason in checked.reasons.rows():
        reasons[place] = reason
    return _with_ids(table, checked.accepted), reasons


def _with_ids(table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the ids that the same rows of a file get, so that a request can be sent again."""
    name = ID_OF.get(table)
    if name is None or not rows[name].null_count():
        return rows
    ids = Identities(table).of(fields(table, rows), "")
    return rows.with_columns(pl.coalesce(name, ids).alias(name))


def _row(table: str, text: bytes) -> dict[str, str | None]:
    """Return an object's fields under our column names, as text."""
    row: dict[str, str | None] = {}
    for theirs, raw in raw_fields(text).items():
        ours = c.ALIASES.get(theirs, theirs)
        if ours not in c.TABLES[table]:
            raise InputError(f"field {theirs[:60]!r} is unknown; those of {table} are: {', '.join(c.TABLES[table])}")
        if ours in row:
            raise InputError(f"{ours} is given twice, also as {theirs}; send one")
        row[ours] = field_of(table, ours, raw)
    if not row:
        raise InputError(f"the object is empty; {next(iter(c.TABLES[table]))} is missing")
    return row
