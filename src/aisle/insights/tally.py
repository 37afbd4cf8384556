"""What is counted while a log streams by, part after part.

Memory grows with visitors, items, prices and days, not with events: of 20 million events only sums stay. Each part must
have all events of its visitors, as pauses, doubled lines and refunds are searched within a part.
"""

from typing import Final, NamedTuple, Self

import polars as pl

from aisle.prepare.outliers import VISITOR, activity, anonymous, same_visitor
from aisle.prepare.sessions import IDLE
from aisle.shop.columns import (
    CURRENCY,
    EVENT,
    ITEM_ID,
    PRICE,
    QUANTITY,
    RATING,
    SESSION_ID,
    TIMESTAMP,
    TRANSACTION_ID,
    USER_ID,
)
from aisle.shop.events import EventKind
from aisle.shop.moments import DAY, HOUR, SECOND

COLUMNS: Final = (
    EVENT,
    USER_ID,
    SESSION_ID,
    ITEM_ID,
    QUANTITY,
    PRICE,
    CURRENCY,
    RATING,
    TIMESTAMP,
    TRANSACTION_ID,
)
"""The columns of events that are read."""

COUNT: Final = "count"
"""The column with the number of occurrences."""

SIZE: Final = "size"
"""The column with the number of events of a session."""

RATINGS: Final = "ratings"
"""The column with the number of ratings of a shopper."""

_NAMELESS: Final = "nameless"
_BOUGHT: Final = EventKind.PURCHASE.value
_REFUNDED: Final = EventKind.REFUND.value
_ORDERED: Final = (_BOUGHT, _REFUNDED)


class Cases(NamedTuple):
    """The number of cases of something, and the most striking one."""

    number: int = 0
    weight: float = 0.0
    """How striking the example is."""
    example: str = ""

    def __add__(self, other: tuple[object, ...]) -> "Cases":
        if not isinstance(other, Cases):
            return NotImplemented
        chosen = max((self, other), key=lambda cases: (cases.weight, cases.example))
        return Cases(self.number + other.number, chosen.weight, chosen.example)


class Tally:
    """The sums over the parts of a log that were added so far.

    Attributes
    ----------
    visitors
        The rows of `prepare.outliers.activity`, one per visitor.
    days
        `day` (days since 1970), `event`, `count`, and of these `nameless` (neither user nor session) and `on_the_hour`.
    items
        `item_id` and `count`.
    prices
        The prices that items were sold at: `item_id`, `currency`, `price`, `count`.
    sessions
        The number of sessions of each size: `size`, `count`.
    stars
        `rating`, `count`.
    raters
        Of each shopper who rated: `user_id`, `ratings`, and the sums `stars` and `squares`.
    cases
        What is searched in each part, by name.
    """

    def __init__(self, now: int) -> None:
        self._now = now
        self.visitors = pl.DataFrame()
        self.days = pl.DataFrame()
        self.items = pl.DataFrame()
        self.prices = pl.DataFrame()
        self.sessions = pl.DataFrame()
        self.stars = pl.DataFrame()
        self.raters = pl.DataFrame()
        self.longest = Cases()
        self.cases: dict[str, Cases] = {}

    def add(self, part: pl.DataFrame) -> Self:
        """Add the events of some visitors, all that they have, with the columns `COLUMNS`."""
        sessions = _sessions(part)
        rated = part.filter(pl.col(EVENT) == EventKind.RATE.value, pl.col(RATING).is_not_null())
        self.visitors = pl.concat([self.visitors, activity(part)])
        self.days = _summed(self.days, _days(part), "day", EVENT)
        self.items = _summed(self.items, _counted(part, ITEM_ID), ITEM_ID)
        self.prices = _summed(self.prices, _counted(_sold(part), ITEM_ID, CURRENCY, PRICE), ITEM_ID, CURRENCY, PRICE)
        self.sessions = _summed(self.sessions, _counted(sessions, SIZE), SIZE)
        self.stars = _summed(self.stars, _counted(rated, RATING), RATING)
        self.raters = _summed(self.raters, _raters(rated), USER_ID)
        self.longest += _cases(sessions, SIZE, pl.format("{} with {} events", "who", SIZE))
        for name, cases in self._search(part).items():
            self.cases[name] = self.cases.get(name, Cases()) + cases
        return self

    @property
    def events(self) -> int:
        """The number of events that were added."""
        return int(self.days[COUNT].sum()) if len(self.days) else 0

    def span(self) -> tuple[int, int]:
        """Return the first and the last day of the log, in days since 1970; there is at least one event."""
        first, last = self.days.select(first=pl.col("day").min(), last=pl.col("day").max()).row(0)
        return first, last

    def _search(self, part: pl.DataFrame) -> dict[str, Cases]:
        bought = part.filter(pl.col(EVENT) == _BOUGHT)
        return {
            "doubled_lines": _doubled(part.filter(pl.col(EVENT).is_in(_ORDERED))),
            "doubled_clicks": _doubled(part.filter(~pl.col(EVENT).is_in(_ORDERED))),
            "fired_twice": _fired_twice(part),
            "clock_ahead": _cases(
                part.filter(pl.col(TIMESTAMP) > self._now), TIMESTAMP, pl.format("{} of {}", EVENT, _who())
            ),
            "scattered_orders": _scattered(bought),
            "free_lines": _cases(bought.filter(pl.col(PRICE) == 0), QUANTITY, _line()),
            "unpriced_lines": _cases(bought.filter(pl.col(PRICE).is_null()), QUANTITY, _line()),
            "bought": Cases(bought.height),
            "refunded": Cases(int((part[EVENT] == _REFUNDED).sum())),
            "refunds_without_purchase": _never_bought(part),
        }


def _summed(old: pl.DataFrame, new: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """Add up two tables of counts."""
    return pl.concat([old, new]).group_by(*keys).agg(pl.all().sum()) if len(old) else new


def _counted(part: pl.DataFrame, *keys: str) -> pl.DataFrame:
    counts = part.group_by(*keys).agg(pl.len().cast(pl.Int64).alias(COUNT))
    return counts.filter(pl.col(keys[0]).is_not_null())


def _days(part: pl.DataFrame) -> pl.DataFrame:
    nameless = pl.all_horizontal(pl.col(USER_ID, SESSION_ID).is_null())
    return part.group_by((pl.col(TIMESTAMP) // DAY).alias("day"), EVENT).agg(
        pl.len().cast(pl.Int64).alias(COUNT),
        nameless.sum().cast(pl.Int64).alias(_NAMELESS),
        (pl.col(TIMESTAMP) % HOUR == 0).sum().cast(pl.Int64).alias("on_the_hour"),
    )


def _sold(part: pl.DataFrame) -> pl.DataFrame:
    return part.filter(pl.col(EVENT) == _BOUGHT, pl.col(PRICE) > 0)


def _raters(rated: pl.DataFrame) -> pl.DataFrame:
    stars = pl.col(RATING)
    return (
        rated.filter(pl.col(USER_ID).is_not_null())
        .group_by(USER_ID)
        .agg(
            pl.len().cast(pl.Int64).alias(RATINGS),
            stars.sum().alias("stars"),
            (stars * stars).sum().alias("squares"),
        )
    )


def _sessions(part: pl.DataFrame) -> pl.DataFrame:
    """Return the size of each visitor's sessions: the shop's own, otherwise by half an hour of silence."""
    events = part.with_columns(anonymous()).filter(pl.any_horizontal(pl.col(VISITOR).is_not_null()))
    named = pl.col(SESSION_ID).is_not_null()
    apart = events.filter(~named).sort(*VISITOR, TIMESTAMP)
    begins = ~same_visitor() | (pl.col(TIMESTAMP).diff() > IDLE)
    size = pl.len().cast(pl.Int64).alias(SIZE)
    return pl.concat(
        [
            events.filter(named).group_by(*VISITOR, SESSION_ID).agg(size).select(_whose(), SIZE),
            apart.group_by(*VISITOR, begins.fill_null(True).cum_sum().alias("run")).agg(size).select(_whose(), SIZE),
        ]
    )


# --- What is searched -------------------------------------------------------------------------------------------------


def _doubled(part: pl.DataFrame) -> Cases:
    """Search events that agree in everything but their id; all but one of them count."""
    same = part.group_by(part.columns).agg((pl.len() - 1).cast(pl.Int64).alias(COUNT)).filter(pl.col(COUNT) > 0)
    example = pl.format("{} of {} by {}, {} times", EVENT, _or_none(ITEM_ID), _who(), pl.col(COUNT) + 1)
    return _cases(same, COUNT, example)._replace(number=int(same[COUNT].sum()))


def _fired_twice(part: pl.DataFrame) -> Cases:
    """Search clicks that came twice within a second, at different moments: one click, sent by two trackers."""
    clicks = part.filter(~pl.col(EVENT).is_in(_ORDERED), pl.col(ITEM_ID).is_not_null())
    ordered = clicks.with_columns(anonymous()).sort(*VISITOR, EVENT, ITEM_ID, TIMESTAMP)
    pause = pl.col(TIMESTAMP).diff()
    same = same_visitor() & (pl.col(EVENT) == pl.col(EVENT).shift()) & (pl.col(ITEM_ID) == pl.col(ITEM_ID).shift())
    somebody = pl.any_horizontal(pl.col(VISITOR).is_not_null())
    again = ordered.filter(same & somebody & (pause > 0) & (pause < SECOND))
    return _cases(again, TIMESTAMP, pl.format("{} of {} by {}", EVENT, ITEM_ID, _who()))


def _scattered(bought: pl.DataFrame) -> Cases:
    """Search orders whose lines are more than an hour apart."""
    orders = bought.filter(pl.col(TRANSACTION_ID).is_not_null()).group_by(TRANSACTION_ID)
    span = orders.agg((pl.col(TIMESTAMP).max() - pl.col(TIMESTAMP).min()).alias("span"))
    hours = (pl.col("span") / HOUR).round(1)
    return _cases(span.filter(pl.col("span") > HOUR), "span", pl.format("{}: {} hours", TRANSACTION_ID, hours))


def _never_bought(part: pl.DataFrame) -> Cases:
    """Search refunds of items that their shopper has not bought before."""
    pairs = part.filter(pl.col(USER_ID).is_not_null(), pl.col(ITEM_ID).is_not_null())
    first = (
        pairs.filter(pl.col(EVENT) == _BOUGHT).group_by(USER_ID, ITEM_ID).agg(pl.col(TIMESTAMP).min().alias("first"))
    )
    refunds = pairs.filter(pl.col(EVENT) == _REFUNDED).join(first, on=[USER_ID, ITEM_ID], how="left")
    alone = refunds.filter((pl.col("first") > pl.col(TIMESTAMP)).fill_null(True))
    return _cases(alone, QUANTITY, _line())


def _cases(rows: pl.DataFrame, weight: str, example: pl.Expr) -> Cases:
    """Count rows, and describe the one with the greatest weight."""
    if rows.is_empty():
        return Cases()
    weighed = rows.select(pl.col(weight).fill_null(0).cast(pl.Float64).alias("weight"), example.alias("example"))
    greatest, description = weighed.sort("weight", "example", descending=True, nulls_last=True).row(0)
    return Cases(rows.height, greatest, description or "")


def _who() -> pl.Expr:
    return pl.coalesce(USER_ID, SESSION_ID, pl.lit("nobody known")).alias("who")


def _whose() -> pl.Expr:
    return pl.coalesce(*VISITOR).alias("who")


def _or_none(column: str) -> pl.Expr:
    return pl.col(column).fill_null("no item")


def _line() -> pl.Expr:
    day = pl.col(TIMESTAMP).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d")
    return pl.format("{} × {} by {} on {}", pl.col(QUANTITY).fill_null(1), ITEM_ID, _who(), day)
