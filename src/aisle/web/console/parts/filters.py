"""The filters of a page: small classes with one interface. Their state is in the address alone, so that Back works."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlencode

from starlette.requests import Request

from aisle.app.serve import Live
from aisle.shop.errors import InputError
from aisle.shop.moments import DAY, format_day, to_moment
from aisle.storage.catalogue import browse
from aisle.storage.catalogue.browse import SEPARATOR, ItemFilter
from aisle.storage.shoppers import segments

MOST_OPTIONS: Final = 500
"""A filter offers so many values; others can be typed."""

COMPARE: Final = "compare"

MOMENTARY: Final = ("page", "fresh")
"""Parameters that no other view keeps: the page of a list, and that something is computed again."""

WEEK: Final = 7 * DAY


class Option(NamedTuple):
    """A value that a filter offers."""

    value: str
    text: str


class Chip(NamedTuple):
    """What a filter that is set says of itself."""

    text: str
    address: str
    """The page without it."""


class Filter(Protocol):
    """One thing that a page can be filtered by."""

    @property
    def name(self) -> str:
        """Its parameter in the address."""

    @property
    def label(self) -> str:
        """What a page calls it."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """All of its parameters."""

    def options(self, live: Live) -> Sequence[Option]:
        """Return the values that it offers."""

    def check(self, live: Live, given: Mapping[str, str]) -> None:
        """Raise an `InputError` if the parameters cannot be used."""

    def says(self, given: Mapping[str, str]) -> str:
        """Return what a page with these parameters is filtered by; empty, if by nothing."""


class Choice(NamedTuple):
    """A filter by one value of something."""

    name: str
    label: str
    offered: Callable[[Live], Sequence[Option]]
    closed: bool = False
    """Whether only the values that it offers exist."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """All of its parameters."""
        return (self.name,)

    def options(self, live: Live) -> Sequence[Option]:
        """Return the values that it offers."""
        return self.offered(live)[:MOST_OPTIONS]

    def check(self, live: Live, given: Mapping[str, str]) -> None:
        """Raise an `InputError` if a closed filter does not know the value."""
        value = given.get(self.name)
        if value and self.closed and value not in [option.value for option in self.offered(live)]:
            raise InputError(f"there is no {self.name} {value[:40]!r}; take the filter away, or choose another")

    def says(self, given: Mapping[str, str]) -> str:
        """Return the value with its name."""
        value = given.get(self.name)
        return f"{self.label}: {value}" if value else ""


class Span(NamedTuple):
    """Some days."""

    since: int
    """The first moment."""
    until: int
    """The first moment after."""

    @property
    def days(self) -> int:
        """How many."""
        return (self.until - self.since) // DAY

    @property
    def before(self) -> "Span":
        """As many days before, moved by whole weeks, so that each day is compared with the same weekday."""
        moved = -(-(self.until - self.since) // WEEK) * WEEK
        return Span(self.since - moved, self.until - moved)

    def __str__(self) -> str:
        return f"{format_day(self.since)} to {format_day(self.until - 1)}"


class Period(NamedTuple):
    """A filter by time: the last so many days of the data, all days, or those from one to another."""

    name: str
    label: str
    usual: str
    """The choice where the address holds none."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """All of its parameters."""
        return (self.name, "from", "to")

    def options(self, live: Live) -> Sequence[Option]:  # noqa: ARG002  the same for every shop
        """Return the periods that it offers."""
        return (Option("7", "7 days"), Option("28", "28 days"), Option("90", "90 days"), Option("all", "All"))

    def check(self, live: Live, given: Mapping[str, str]) -> None:
        """Raise an `InputError` if it is no period."""
        values = [option.value for option in self.options(live)]
        if given.get(self.name, self.usual) not in values:
            raise InputError(f"{self.name} {given[self.name][:40]!r} is not one of {', '.join(values)}")
        since, until = (_day(given, name) for name in ("from", "to"))
        if since and until and since > until:
            raise InputError(f"the period begins on {since} and ends on {until}, before it; exchange the two")

    def says(self, given: Mapping[str, str]) -> str:
        """Return the days, if they are not the usual ones."""
        if given.get("from") or given.get("to"):
            return " ".join(f"{name} {given[name]}" for name in ("from", "to") if given.get(name)).capitalize()
        chosen = given.get(self.name, self.usual)
        return "" if chosen == self.usual else "All days" if chosen == "all" else f"Last {chosen} days"

    def span(self, given: Mapping[str, str], first: int, end: int) -> Span:
        """Return the days that are meant, of data that begins and ends at two moments."""
        since, until = self.ends(given)
        last, lately = end - 1 - (end - 1) % DAY + DAY, self.last_days(given)
        if since is None:
            since = first - first % DAY if lately is None else last - lately * DAY
        return Span(since, max(last if until is None else until, since + DAY))

    def ends(self, given: Mapping[str, str]) -> tuple[int | None, int | None]:
        """Return the first moment of the days that are named, and the first one after them."""
        since, until = (_day(given, name) for name in ("from", "to"))
        return _midnight(since) if since else None, _midnight(until) + DAY if until else None

    def last_days(self, given: Mapping[str, str]) -> int | None:
        """Return how many of the last days are meant; None if it is all of them, or days are named."""
        chosen = given.get(self.name, self.usual)
        return None if chosen == "all" or given.get("from") or given.get("to") else int(chosen)


class View:
    """What a request wants to see of a page: the values of its filters, and the addresses of other views of it.

    Raises
    ------
    InputError
        If a filter has a value that it does not know.
    """

    def __init__(self, live: Live, request: Request, filters: Sequence[Filter]) -> None:
        self._live = live
        self._path = request.url.path
        self.given = {name: value for name, value in request.query_params.items() if value}
        self.filters = filters
        for one in filters:
            one.check(live, self.given)

    def __getitem__(self, one: Filter) -> str | None:
        """Return the value of a filter; None if it is not set."""
        return self.given.get(one.name)

    @property
    def is_compared(self) -> bool:
        """Whether the period is compared with the one before."""
        return self.given.get(COMPARE) == "1"

    def span(self, period: Period, first: int, end: int) -> Span:
        """Return the days of the period, of data that begins and ends at two moments."""
        return period.span(self.given, first, end)

    def options(self, one: Filter) -> Sequence[Option]:
        """Return the values that a filter offers."""
        return one.options(self._live)

    def address(self, to: str | None = None, **changes: str | int | None) -> str:
        """Return the address of this page, or of another one, with some values changed; None removes one."""
        kept = {name: value for name, value in self.given.items() if name not in MOMENTARY}
        kept |= {_parameter(name): "" if value is None else str(value) for name, value in changes.items()}
        query = urlencode({name: value for name, value in kept.items() if value})
        return (to or self._path) + (f"?{query}" if query else "")

    @property
    def chips(self) -> list[Chip]:
        """What the page is filtered by."""
        said = [(one.says(self.given), one.parameters) for one in self.filters]
        if self.is_compared:
            said.append(("Compared with the period before", (COMPARE,)))
        return [Chip(text, self.address(**dict.fromkeys(names))) for text, names in said if text]


def _parameter(name: str) -> str:
    return name.rstrip("_")  # from_, as `from` is a word of Python


def _day(given: Mapping[str, str], name: str) -> date | None:
    text = given.get(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f"{name} {str(text)[:40]!r} is no day; write it as 2026-11-30") from None


def _midnight(day: date) -> int:
    return to_moment(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _departments(live: Live) -> Sequence[Option]:
    paths = browse.categories(live.db)
    return [Option(name, name) for name in dict.fromkeys(path.split(SEPARATOR)[0] for path in paths)]


def _brands(live: Live) -> Sequence[Option]:
    counts = browse.brands(live.db, ItemFilter())
    return [Option(name, name) for name in sorted(counts, key=lambda name: (-counts[name], name))]


def _placements(live: Live) -> Sequence[Option]:
    return [Option(name, name) for name in live.placements]


def _segments(live: Live) -> Sequence[Option]:
    return [Option(segment.name, segment.name) for segment in segments.list_(live.db)]


PERIOD: Final = Period("period", "Period", "28")
ALL_TIME: Final = PERIOD._replace(usual="all")
CATEGORY: Final = Choice("category", "Category", _departments)
BRAND: Final = Choice("brand", "Brand", _brands)
PLACEMENT: Final = Choice("placement", "Placement", _placements, closed=True)
SEGMENT: Final = Choice("segment", "Segment", _segments, closed=True)
