"""One way to read the mapped rows of a log: their dates, their checks and their ids."""

from dataclasses import dataclass

import polars as pl

from aisle.ingest.batch import REJECTED, ROW, Mapped
from aisle.ingest.dates import DateRule, detect
from aisle.ingest.formats import Format
from aisle.ingest.identity import ID_OF, Identities, fields
from aisle.ingest.plan import Plan
from aisle.ingest.rules import MOMENTS
from aisle.ingest.validate import validate
from aisle.ingest.written import ISO
from aisle.shop.columns import TABLES
from aisle.shop.events import EARLIEST


@dataclass(frozen=True, eq=False)
class Rows:
    """Checked rows.

    Attributes
    ----------
    accepted
        Exactly the columns and types of the table; rows of events and reviews have an id.
    given
        The id that each accepted row came with, or null; all null in tables without made ids.
    places, origins
        The place of each accepted row in the mapped frame, and its `ROW` there.
    rejected
        `ROW` and `reason` of each rejected row.
    """

    accepted: pl.DataFrame
    given: pl.Series
    places: pl.Series
    origins: pl.Series
    rejected: pl.DataFrame


class Reading:
    """Checks mapped rows, and remembers from one batch to the next the date format of each column and the ids made."""

    def __init__(self, plan: Plan, log: Format | None, now: int) -> None:
        self._date_format = plan.date_format
        self._now = now
        self._timezone = plan.timezone or (log.timezone if log else "UTC")
        self._earliest = log.earliest if log else EARLIEST
        self._identities = {table: Identities(table) for table in ID_OF}
        self._dates: dict[tuple[str, str, str], DateRule] = {}

    def check(self, mapped: Mapped) -> Rows:
        """Check the rows of a batch."""
        origins = mapped.frame[ROW]
        # A format may make several rows of one: from here on, `ROW` is the row's own place.
        frame = mapped.frame.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW))
        reasons = pl.DataFrame(schema={ROW: pl.Int64, "reason": pl.String})
        if REJECTED in frame.columns:
            reasons = frame.filter(pl.col(REJECTED).is_not_null()).select(ROW, pl.col(REJECTED).alias("reason"))
            frame = frame.filter(pl.col(REJECTED).is_null()).drop(REJECTED)
        checked = validate(mapped.table, frame, self._date_rules(mapped, frame), self._now, self._earliest)
        rejected = pl.concat([reasons, checked.reasons]).sort(ROW)
        rejected = rejected.with_columns(origins.gather(rejected[ROW]).alias(ROW))
        accepted, given = self._identified(mapped, checked.accepted)
        return Rows(accepted, given, checked.rows, origins.gather(checked.rows), rejected)

    def _identified(self, mapped: Mapped, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
        name = ID_OF.get(mapped.table)
        if name is None or rows.is_empty():
            return rows, pl.Series("given", [None] * rows.height, pl.String)
        given = rows[name].alias("given")
        ids = self._identities[mapped.table].of(fields(mapped.table, rows), mapped.raw.source)
        made = ids if given.null_count() == rows.height else pl.select(pl.coalesce(given, ids)).to_series()
        return rows.with_columns(made.alias(name)), given

    def _date_rules(self, mapped: Mapped, rows: pl.DataFrame) -> dict[str, DateRule]:
        return {name: self._date_rule(mapped, rows, name) for name in MOMENTS if name in TABLES[mapped.table]}

    def _date_rule(self, mapped: Mapped, rows: pl.DataFrame, name: str) -> DateRule:
        if self._date_format is not None:
            return DateRule(self._date_format, self._timezone)
        if name not in rows.columns or rows[name].null_count() == rows.height:
            return DateRule(ISO, self._timezone)
        column = (mapped.raw.source, mapped.table, name)
        if column not in self._dates:
            self._dates[column] = detect(rows[name], self._timezone, self._now, self._earliest)
        return self._dates[column]
