"""`Shop.segments`: named groups of shoppers by a rule, and who belongs to them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from aisle.app.data.columnar import copy_of
from aisle.app.progress import Progress, silent
from aisle.app.segments.likings import Likings
from aisle.app.segments.mailing import Mailing, write_mailing
from aisle.app.settings import Settings
from aisle.engine.model import TrainedModel
from aisle.insights.segments import rules
from aisle.insights.segments.rules import Rule
from aisle.insights.segments.shoppers import ATTRIBUTES_SCHEMA, Shoppers
from aisle.insights.shop_log import COLUMNS, ITEM_COLUMNS, ITEM_SCHEMA, REVIEW_SCHEMA, ShopLog
from aisle.shop.columns import OVER_CAP, USER_ID
from aisle.shop.errors import AisleError, InputError
from aisle.shop.moments import now
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.shoppers import segments, users
from aisle.storage.shoppers.segments import Moved, SegmentRow

MOST_NAME: Final = 64
"""The longest name, in characters."""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A named group of shoppers."""

    name: str
    rule: Rule
    words: str
    """The rule, in words."""
    created: int
    updated: int | None
    """When its members were last found; None if they were not yet."""
    size: int | None
    """How many members were found."""


class Updated(msgspec.Struct, frozen=True):
    """What an update found."""

    moved: dict[str, Moved]
    """Who came and who left, by segment."""
    failed: dict[str, str]
    """Why the members of a segment could not be found; those it had stay."""


class Segments:
    """The segments of a shop.

    Parameters
    ----------
    model
        Returns the live model, for rules that ask it.
    """

    def __init__(self, db: Database, settings: Settings, model: Callable[[], TrainedModel]) -> None:
        self._db = db
        self._settings = settings
        self._model = model

    def all(self) -> list[Segment]:
        """Return all segments in the order in which they were made."""
        return [_segment(row) for row in segments.list_(self._db)]

    def get(self, name: str) -> Segment:
        """Return a segment.

        Raises
        ------
        NotFound
            If there is none of this name.
        """
        return _segment(segments.get(self._db, name))

    def create(self, name: str, rule: Rule | str, progress: Progress = silent) -> Segment:
        """Make a segment and find its members.

        Parameters
        ----------
        rule
            A rule, or one as JSON.

        Raises
        ------
        InputError
            If the rule is none, the name cannot be one, or there is a segment of this name.
        NoModel
            If the rule asks a model, and none is trained.
        """
        parsed = rules.parse(rule) if isinstance(rule, str) else rule
        rules.check(parsed)
        row = segments.add(self._db, _checked(name), rules.to_json(parsed))
        try:
            with self._shoppers(progress) as shoppers:
                self._find(row, shoppers)
        except BaseException:
            segments.remove(self._db, name)
            raise
        return self.get(name)

    def delete(self, name: str) -> None:
        """Delete a segment.

        Raises
        ------
        NotFound
            If there is none of this name.
        """
        segments.remove(self._db, name)

    def update(self, names: Sequence[str] = (), progress: Progress = silent) -> Updated:
        """Find the members of some segments anew, by default of all.

        Raises
        ------
        NotFound
            If there is no segment of some name.
        """
        rows = [segments.get(self._db, name) for name in names] or segments.list_(self._db)
        moved, failed = {}, {}
        with self._shoppers(progress) as shoppers:
            for number, row in enumerate(rows, 1):
                try:
                    moved[row.name] = self._find(row, shoppers)
                except AisleError as error:
                    failed[row.name] = str(error)
                progress("update segments", number, len(rows), number)
        return Updated(moved, failed)

    def count(self, rule: Rule, progress: Progress = silent) -> int:
        """Return how many shoppers a rule means, and store nothing."""
        with self._shoppers(progress) as shoppers:
            return len(shoppers.members(rule))

    def members(self, name: str) -> pl.DataFrame:
        """Return who belongs to a segment, as of its last update: `user_id` in order, and `since` when.

        Raises
        ------
        NotFound
            If there is no segment of this name.
        """
        found = segments.members(self._db, self._updated(name).number)
        known = pl.DataFrame(found, schema={USER_ID: pl.String, "since": pl.Int64}, orient="row")
        return known.with_columns(pl.col("since").cast(pl.Datetime("us", "UTC")))

    def sizes(self, name: str) -> pl.DataFrame:
        """Return the number of `members` at the end of each `day` on which it changed, oldest first."""
        found = segments.sizes(self._db, self._updated(name).number)
        days = pl.DataFrame(found, schema={"day": pl.Int64, "members": pl.Int64}, orient="row")
        return days.with_columns(pl.from_epoch(pl.col("day"), "us").cast(pl.Date))

    def mailing(self, name: str, attributes: Sequence[str] = (), *, everyone: bool = False) -> pl.DataFrame:
        """Return the members of a segment who agreed to be written to, or everyone: with the flag `consented`.

        Parameters
        ----------
        attributes
            What else to tell of each of them, such as `email`.
        """
        return Mailing(self._db, self._settings.mail.consent).of(self.members(name), attributes, everyone=everyone)

    def export(self, name: str, out: Path, attributes: Sequence[str] = (), *, everyone: bool = False) -> int:
        """Write what `mailing` returns into a `.csv` or `.json` file, and return how many people are in it.

        Raises
        ------
        FileError
            If the file has another ending or cannot be written.
        """
        return write_mailing(lambda: self.mailing(name, attributes, everyone=everyone), out)

    def _updated(self, name: str) -> SegmentRow:
        """Return a segment whose members were found: those that come with a new shop are, when somebody asks."""
        row = segments.get(self._db, name)
        if row.updated is None:
            self.update([name])
        return row

    def _find(self, row: SegmentRow, shoppers: Shoppers) -> Moved:
        members = shoppers.members(rules.parse(row.rule))
        return segments.set_members(self._db, row.number, members.to_list(), now())

    @contextmanager
    def _shoppers(self, progress: Progress) -> Iterator[Shoppers]:
        with copy_of(self._settings).current(self._db, progress) as events:
            catalogue = pl.concat([ITEM_SCHEMA.to_frame(), *items.stream(self._db, ITEM_COLUMNS)])
            reviews, currency = REVIEW_SCHEMA.to_frame(), self._settings.shop.currency
            log = ShopLog(events.select(COLUMNS), catalogue, reviews, now(), currency)
            attributes = pl.concat([ATTRIBUTES_SCHEMA.to_frame(), *users.stream(self._db, tuple(ATTRIBUTES_SCHEMA))])
            learnt = events.filter(pl.col(OVER_CAP).is_null())
            yield Shoppers(log, attributes, Likings(learnt, self._model))


def _segment(row: SegmentRow) -> Segment:
    rule = rules.parse(row.rule)
    return Segment(
        name=row.name, rule=rule, words=rule.words(), created=row.created, updated=row.updated, size=row.size
    )


def _checked(name: str) -> str:
    if not name.strip() or name != name.strip() or len(name) > MOST_NAME or not name.isprintable():
        raise InputError(
            f"{name!r} cannot name a segment; take 1 to {MOST_NAME} letters, digits and spaces between them"
        )
    return name
