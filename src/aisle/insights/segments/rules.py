"""The rules of segments: what makes a shopper a member. As JSON, `{"rule": "did", "events": ["purchase"], "days": 30}`.

Days count back from the newest event of the shop, which for a shop that lives is now. A category is a path, `A > B`,
and stands for all paths below it, too.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from aisle.insights.insight import listed
from aisle.shop.errors import InputError
from aisle.shop.events import EventKind

Words = Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=100)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]
Number = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Amount = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]

RfmGroup = Literal["champions", "loyal", "new", "cooling", "at risk", "lost"]
CustomerKind = Literal["new", "returning", "once", "lost", "none"]

NEW_DAYS: Final = 30
"""Whoever ordered first in so many last days is new."""

LOST_DAYS: Final = 90
"""Whoever ordered last before so many days is lost."""

MOST_RULES: Final = 100
"""How many rules may be put together."""

_KINDS_IN_WORDS: Final[dict[str, str]] = {
    "new": f"ordered first in the last {NEW_DAYS} days",
    "returning": f"ordered again, in the last {LOST_DAYS} days",
    "once": f"ordered once, {NEW_DAYS} to {LOST_DAYS} days ago",
    "lost": f"ordered, and not in the last {LOST_DAYS} days",
    "none": "never ordered",
}


_DEEDS_IN_WORDS: Final[dict[EventKind, str]] = {
    EventKind.VIEW_ITEM_LIST: "saw in a list",
    EventKind.SELECT_ITEM: "clicked",
    EventKind.VIEW_ITEM: "viewed",
    EventKind.ADD_TO_CART: "put into the cart",
    EventKind.REMOVE_FROM_CART: "took out of the cart",
    EventKind.ADD_TO_WISHLIST: "put on the wishlist",
    EventKind.PURCHASE: "bought",
    EventKind.REFUND: "sent back",
    EventKind.RATE: "rated",
    EventKind.SEARCH: "searched",
    EventKind.HIDE: "hid",
    EventKind.UNHIDE: "showed again",
    EventKind.REMOVE_FROM_WISHLIST: "took off the wishlist",
}


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="rule"):
    """A rule."""


class _Range(_Rule, frozen=True, kw_only=True):
    """A rule with a lowest and a highest value, both of which belong."""

    def check(self, low: float | None, high: float | None) -> None:
        """Refuse bounds that nothing keeps."""
        if low is not None and high is not None and low > high:
            raise InputError(f"at_least {low:g} is above at_most {high:g}, so nobody is meant; swap them")


class Rfm(_Rule, frozen=True, tag="rfm"):
    """Buyers of some groups by recency, frequency and money, as the insight of that name has them."""

    groups: Annotated[tuple[RfmGroup, ...], msgspec.Meta(min_length=1)]

    def words(self) -> str:
        """Say whom it means."""
        return f"RFM {listed(self.groups)}"


class Customers(_Rule, frozen=True, tag="customers"):
    """New, returning, one-time or lost customers, or visitors who are none."""

    groups: Annotated[tuple[CustomerKind, ...], msgspec.Meta(min_length=1)]

    def words(self) -> str:
        """Say whom it means."""
        return " or ".join(_KINDS_IN_WORDS[group] for group in self.groups)


class Spent(_Range, frozen=True, kw_only=True, tag="spent"):
    """Who ordered for an amount of money, in units of one currency; refunds are not taken off."""

    at_least: Amount | None = None
    at_most: Amount | None = None
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] | None = None
    """By default the one in which most lines are sold."""
    days: Days | None = None

    def __post_init__(self) -> None:
        self.check(self.at_least, self.at_most)
        if self.at_least is None and self.at_most is None:
            raise InputError("spent needs at_least, at_most or both")

    def words(self) -> str:
        """Say whom it means."""
        return f"spent {_range(self.at_least, self.at_most)}{_after(self.currency)}{_lately(self.days)}"


class Did(_Range, frozen=True, kw_only=True, tag="did"):
    """Who did something so often, by default once or more; with items of a category or brand, if one is named."""

    events: tuple[EventKind, ...] = (EventKind.VIEW_ITEM, EventKind.ADD_TO_CART, EventKind.PURCHASE)
    category: str | None = None
    brand: str | None = None
    days: Days | None = None
    at_least: Number = 1
    at_most: Number | None = None
    share: Share | None = None
    """At least so much of what they did of this kind was with items of the category or brand: their liking for it."""

    def __post_init__(self) -> None:
        self.check(self.at_least, self.at_most)
        if not self.events:
            raise InputError(f"events is empty; name some of {', '.join(EventKind)}")
        if self.share is not None and self.category is None and self.brand is None:
            raise InputError("share says how much was with a category or brand; name one")

    def words(self) -> str:
        """Say whom it means."""
        what = " or ".join(_DEEDS_IN_WORDS[event] for event in self.events)
        often = "" if (self.at_least, self.at_most) == (1, None) else f" {_range(self.at_least, self.at_most)} times"
        mostly = f", at least {self.share:.0%} of all" if self.share is not None else ""
        return f"{what}{_of(self.brand, self.category, ' items of')}{often}{mostly}{_lately(self.days)}"


class Attribute(_Rule, frozen=True, tag="attribute"):
    """Who has one of some values in an attribute of theirs, such as the country; compared as text."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    values: Words

    def words(self) -> str:
        """Say whom it means."""
        return f"{self.name} is {' or '.join(self.values)}"


class WillLike(_Rule, frozen=True, kw_only=True, tag="will_like"):
    """Whom the live model would show a brand or category: those on whose own lists its items stand highest."""

    category: str | None = None
    brand: str | None = None
    most: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] = 1_000
    """How many shoppers at most."""

    def __post_init__(self) -> None:
        if self.category is None and self.brand is None:
            raise InputError("will_like needs a brand or a category")

    def words(self) -> str:
        """Say whom it means."""
        return f"the {self.most:,} who will like{_of(self.brand, self.category)} most"


class All(_Rule, frozen=True, tag="all"):
    """Whom every one of some rules means."""

    rules: Annotated[tuple["Rule", ...], msgspec.Meta(min_length=1, max_length=MOST_RULES)]

    def words(self) -> str:
        """Say whom it means."""
        return _joined(self.rules, " and ")


class Any(_Rule, frozen=True, tag="any"):
    """Whom one of some rules means, or more."""

    rules: Annotated[tuple["Rule", ...], msgspec.Meta(min_length=1, max_length=MOST_RULES)]

    def words(self) -> str:
        """Say whom it means."""
        return _joined(self.rules, " or ")


class Not(_Rule, frozen=True, tag="not"):
    """Whom a rule does not mean."""

    of: "Rule"

    def words(self) -> str:
        """Say whom it means."""
        return f"not: {self.of.words()}" if leaves(self.of) == [self.of] else f"not ({self.of.words()})"


Rule: TypeAlias = Rfm | Customers | Spent | Did | Attribute | WillLike | All | Any | Not

_MOST_TEXT: Final = 20_000
_MOST_DEPTH: Final = 10


def parse(text: str | bytes) -> Rule:
    """Read a rule from JSON.

    Raises
    ------
    InputError
        If it is none.
    """
    if len(text) > _MOST_TEXT:
        raise InputError(f"a rule has at most {_MOST_TEXT:,} characters, and this one {len(text):,}; make it shorter")
    try:
        rule: Rule = msgspec.json.decode(text, type=Rule)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"this is no rule of a segment: {error}; docs/segments.md has examples") from None
    check(rule)
    return rule


def check(rule: Rule) -> None:
    """Refuse what holds too many rules.

    Raises
    ------
    InputError
        If it does.
    """
    level: Sequence[Rule] = [rule]
    for _ in range(_MOST_DEPTH):  # level by level, as what is nested too deeply cannot be walked down
        level = [inner for one in level for inner in _within(one)]
        if len(level) > MOST_RULES:
            break
    if level or len(leaves(rule)) > MOST_RULES:
        raise InputError(f"a segment has at most {MOST_RULES} rules, {_MOST_DEPTH} within each other; make it smaller")


def to_json(rule: Rule) -> str:
    """Write a rule as JSON, without what it has by default."""
    return msgspec.json.encode(_plain(rule)).decode()


def leaves(rule: Rule) -> list[Rule]:
    """Return the rules that hold no others."""
    return [leaf for one in _within(rule) for leaf in leaves(one)] if _within(rule) else [rule]


def _within(rule: Rule) -> tuple[Rule, ...]:
    if isinstance(rule, Not):
        return (rule.of,)
    return rule.rules if isinstance(rule, All | Any) else ()


def _plain(rule: Rule) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(rule)
    usual = {field.name: field.default for field in msgspec.structs.fields(rule)}
    kept = {name: value for name, value in plain.items() if name == "rule" or getattr(rule, name) != usual.get(name)}
    if isinstance(rule, Not):
        return kept | {"of": _plain(rule.of)}
    return kept | ({"rules": [_plain(one) for one in rule.rules]} if isinstance(rule, All | Any) else {})


# --- In words ---------------------------------------------------------------------------------------------------------


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"{low:,g} to {high:,g}"
    return f"at most {high:,g}" if high is not None else f"at least {low or 0:,g}"


def _after(word: str | None) -> str:
    return f" {word}" if word else ""


def _lately(days: int | None) -> str:
    return f" in the last {days} days" if days else ""


def _of(brand: str | None, category: str | None, of: str = "") -> str:
    named = " ".join(filter(None, [brand, f"in {category}" if brand and category else category]))
    return f"{of} {named}" if named else ""


def _joined(rules: tuple[Rule, ...], word: str) -> str:
    return word.join(f"({rule.words()})" if isinstance(rule, All | Any) else rule.words() for rule in rules)
