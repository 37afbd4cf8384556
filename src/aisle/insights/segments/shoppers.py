"""Who belongs to a segment: its rule, asked of all shoppers at once."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any as Anything
from typing import Final

import msgspec
import polars as pl

from aisle.insights.customers import rfm_scores
from aisle.insights.segments.rules import (
    LOST_DAYS,
    NEW_DAYS,
    All,
    Any,
    Attribute,
    Customers,
    Did,
    Not,
    Rfm,
    Rule,
    Spent,
    WillLike,
)
from aisle.insights.shop_log import BOUGHT, NO_CURRENCY, SHOPPER, ShopLog
from aisle.shop.columns import (
    ATTRIBUTES,
    BRAND,
    CATEGORY,
    CURRENCY,
    EVENT,
    ITEM_ID,
    PRICE,
    QUANTITY,
    TIMESTAMP,
    USER_ID,
)
from aisle.shop.moments import DAY
from aisle.shop.money import to_micros

ATTRIBUTES_SCHEMA: Final = pl.Schema({USER_ID: pl.String, ATTRIBUTES: pl.String})

Asked = Callable[[pl.Series, int], pl.Series]
"""Gets the ids of items and the number of shoppers to find: returns the ids of those who will like them most."""


class Shoppers:
    """All shoppers of a shop: those whom events name, and those whom the shop keeps attributes of.

    Parameters
    ----------
    log
        The shop's data.
    attributes
        `user_id`, and `attributes` as JSON.
    will_like
        Asks the live model who will like some items.
    """

    def __init__(self, log: ShopLog, attributes: pl.DataFrame, will_like: Asked) -> None:
        self._log = log
        self._attributes = attributes
        self._will_like = will_like

    def members(self, rule: Rule) -> pl.Series:
        """Return the ids of the shoppers whom a rule means, in order."""
        return self._ids.filter(self._holds(rule))[USER_ID]

    @cached_property
    def _ids(self) -> pl.DataFrame:
        """The id and the digest of each shopper."""
        seen = self._log.events.select(USER_ID).drop_nulls().unique().collect(engine="streaming")
        ids = pl.concat([seen, self._attributes.select(USER_ID)]).unique().sort(USER_ID)
        return ids.with_columns(pl.col(USER_ID).hash().alias(SHOPPER))

    def _holds(self, rule: Rule) -> pl.Series:
        """Return for each shopper whether a rule means them."""
        match rule:
            case All(rules):
                return self._asked([pl.all_horizontal(*(self._holds(one) for one in rules))])
            case Any(rules):
                return self._asked([pl.any_horizontal(*(self._holds(one) for one in rules))])
            case Not(of):
                return ~self._holds(of)
            case Rfm(groups):
                return self._is_in(self._rfm.filter(pl.col("segment").is_in(groups))[SHOPPER])
            case Customers(groups):
                return self._ids.join(self._customers, on=SHOPPER, how="left", maintain_order="left").select(
                    pl.col("kind").fill_null("none").is_in(groups)
                )["kind"]
            case Spent():
                return self._spent(rule)
            case Did():
                return self._did(rule)
            case Attribute(name, values):
                return self._asked([pl.col(USER_ID).is_in(self._with_attribute(name, values).implode())])
            case WillLike():
                liked = self._will_like(self._items(rule.category, rule.brand), rule.most)
                return self._asked([pl.col(USER_ID).is_in(liked.implode())])

    def _asked(self, expressions: list[pl.Expr]) -> pl.Series:
        return self._ids.select(expressions).to_series()

    def _is_in(self, shoppers: pl.Series) -> pl.Series:
        return self._asked([pl.col(SHOPPER).is_in(shoppers.implode())])

    # --- What they ordered --------------------------------------------------------------------------------------------

    @cached_property
    def _rfm(self) -> pl.DataFrame:
        return rfm_scores(self._log)

    @cached_property
    def _customers(self) -> pl.DataFrame:
        """The kind of customer that each buyer is."""
        today = (self._log.span.end - 1) // DAY
        buyers = self._log.orders.drop_nulls(SHOPPER).group_by(SHOPPER).agg(
            (today - pl.col("day").min()).alias("first"), (today - pl.col("day").max()).alias("last"),
            pl.len().alias("orders"),
        )  # fmt: skip
        kind = (
            pl.when(pl.col("last") > LOST_DAYS).then(pl.lit("lost"))
            .when(pl.col("first") <= NEW_DAYS).then(pl.lit("new"))
            .when(pl.col("orders") > 1).then(pl.lit("returning"))
            .otherwise(pl.lit("once"))
        )  # fmt: skip
        return buyers.select(SHOPPER, kind.alias("kind"))

    def _spent(self, rule: Spent) -> pl.Series:
        currency = rule.currency or self._log.currency or NO_CURRENCY
        paid = (
            self._since(rule.days)
            .filter(
                pl.col(EVENT) == BOUGHT,
                pl.col(CURRENCY).fill_null(self._log.default_currency or NO_CURRENCY) == currency,
            )
            .group_by(pl.col(USER_ID).hash().alias(SHOPPER))
            .agg((pl.col(PRICE).fill_null(0) * pl.col(QUANTITY).fill_null(1)).sum().alias("spent"))
        )
        low = None if rule.at_least is None else to_micros(rule.at_least)
        high = None if rule.at_most is None else to_micros(rule.at_most)
        return self._counted(paid).select(_within("spent", low, high)).to_series()

    # --- What they did ------------------------------------------------------------------------------------------------

    def _did(self, rule: Did) -> pl.Series:
        named = rule.category is not None or rule.brand is not None
        theirs = pl.col(ITEM_ID).is_in(self._items(rule.category, rule.brand).implode()) if named else pl.lit(True)
        counts = (
            self._since(rule.days)
            .filter(pl.col(EVENT).is_in(rule.events))
            .group_by(pl.col(USER_ID).hash().alias(SHOPPER))
            .agg(
                theirs.fill_null(False).sum().alias("times") if named else pl.len().alias("times"),
                pl.len().alias("all"),
            )
        )
        holds = _within("times", rule.at_least, rule.at_most)
        if rule.share is not None:
            holds &= (pl.col("all") > 0) & (pl.col("times") >= rule.share * pl.col("all"))
        return self._counted(counts).select(holds).to_series()

    def _since(self, days: int | None) -> pl.LazyFrame:
        """Return the events of known shoppers in the last days."""
        events = self._log.events.filter(pl.col(USER_ID).is_not_null())
        return events if days is None else events.filter(pl.col(TIMESTAMP) >= self._log.span.end - days * DAY)

    def _counted(self, counts: pl.LazyFrame) -> pl.DataFrame:
        """Return counts of all shoppers, 0 for those who have none."""
        found = counts.collect(engine="streaming")
        numbers = [name for name in found.columns if name != SHOPPER]
        joined = self._ids.join(found, on=SHOPPER, how="left", maintain_order="left")
        return joined.with_columns(pl.col(numbers).cast(pl.Int64).fill_null(0))

    # --- What is known of items and people ----------------------------------------------------------------------------

    def _items(self, category: str | None, brand: str | None) -> pl.Series:
        """Return the ids of the items of a brand, and of a category and all below it."""
        found = self._log.catalogue
        if brand is not None:
            found = found.filter(pl.col(BRAND) == brand)
        if category is not None:
            wanted = _path(category)
            paths = found[CATEGORY].drop_nulls().unique()
            below = [path for path in paths.to_list() if f"{_path(path)}>".startswith(f"{wanted}>")]
            found = found.filter(pl.col(CATEGORY).is_in(below))
        return found[ITEM_ID]

    def _with_attribute(self, name: str, values: tuple[str, ...]) -> pl.Series:
        wanted = set(values)
        rows = self._attributes.drop_nulls(ATTRIBUTES)
        holds = [not wanted.isdisjoint(texts(attributes_of(text), name)) for text in rows[ATTRIBUTES]]
        return rows[USER_ID].filter(pl.Series(holds, dtype=pl.Boolean))


def attributes_of(text: str) -> Mapping[str, Anything]:
    """Return what a JSON object holds, and nothing of what is none."""
    try:
        return msgspec.json.decode(text, type=dict[str, Anything])
    except msgspec.DecodeError:
        return {}


def texts(attributes: Mapping[str, Anything], name: str) -> list[str]:
    """Return the value of an attribute as text, or all in its list; none if there is no such attribute."""
    value = attributes.get(name)
    values = value if isinstance(value, list) else [value]
    return [one if isinstance(one, str) else msgspec.json.encode(one).decode() for one in values if one is not None]


def _within(column: str, low: int | None, high: int | None) -> pl.Expr:
    value = pl.col(column)
    holds = value >= (low or 0)
    return holds if high is None else holds & (value <= high)


def _path(category: str) -> str:
    """Return a category path without spaces around its steps."""
    return ">".join(step for step in (name.strip() for name in category.split(">")) if step)
