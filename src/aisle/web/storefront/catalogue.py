"""The catalogue as the storefront walks it: departments, and lists of items with filters, an order and pages."""

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from starlette.requests import Request

from aisle.app.serve import Live
from aisle.app.serving.shelf import name_of
from aisle.shop.errors import InputError, NoModel, StorageError
from aisle.shop.money import to_micros
from aisle.storage.catalogue import browse, items
from aisle.storage.catalogue.browse import SEPARATOR, ItemFilter, Order
from aisle.web.pictures.picture import Subject

PAGE: Final = 24
"""How many items a page of a list shows."""

SORTS: Final[dict[str, str]] = {
    "popular": "Most popular",
    "stars": "Best rated",
    "price": "Price, low to high",
    "-price": "Price, high to low",
    "newest": "Newest",
    "title": "Name",
}
"""The orders of a list, and what people read."""

STARS: Final = (4, 3)
"""The fewest stars that a list can be filtered by."""

_SECONDS: Final = 30.0
"""How long the departments are remembered."""


class Listing(NamedTuple):
    """A list of items as it was asked for, and what was found."""

    wanted: ItemFilter
    stars: int | None
    sort: str
    page: int
    item_ids: list[str]
    """Those of the page."""
    found: int
    brands: dict[str, int]
    below: dict[str, int]
    """The categories right below, by path, with the number of items there and further below."""

    @property
    def category(self) -> str | None:
        """The path of the list's category, if it is of one."""
        return next(iter(self.wanted.categories), None)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.found // PAGE))

    @property
    def path(self) -> list[tuple[str, str]]:
        """The steps of the category, each with its whole path."""
        steps = self.category.split(SEPARATOR) if self.category else []
        return [(step, SEPARATOR.join(steps[: number + 1])) for number, step in enumerate(steps)]


class Catalogue:
    """The catalogue of one shop."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._categories: tuple[float, dict[str, int]] = (-_SECONDS, {})

    def categories(self) -> dict[str, int]:
        """Return every category path with its number of items, as of the last half minute."""
        read, categories = self._categories
        if time.monotonic() - read >= _SECONDS:
            try:
                categories = browse.categories(self._live.db)
            except StorageError:
                return categories
            self._categories = time.monotonic(), categories
        return categories

    def departments(self) -> list[str]:
        """Return the first steps of all paths, in alphabetical order."""
        return list(dict.fromkeys(path.split(SEPARATOR)[0] for path in self.categories()))

    def subject(self, item_id: str) -> Subject:
        """Return what the picture of an item is drawn from; without a database, its id alone."""
        try:
            row = items.facts(self._live.db, [item_id]).get(item_id)
        except StorageError:
            row = None
        category, departments = (row and row.category) or "", self.departments()
        first = category.split(SEPARATOR)[0]
        number = departments.index(first) if first in departments else len(first)
        return Subject(item_id, name_of(item_id, row), category, (row and row.brand) or "", number)

    def below(self, category: str | None) -> dict[str, int]:
        """Return the categories right below one, with the number of items there and further below."""
        start = "" if category is None else category + SEPARATOR
        counts: dict[str, int] = {}
        for path, number in self.categories().items():
            if path.startswith(start):
                step = start + path[len(start) :].split(SEPARATOR)[0]
                counts[step] = counts.get(step, 0) + number
        return counts

    def listing(self, request: Request) -> Listing:
        """Return the list that a request asks for.

        Raises
        ------
        InputError
            If a value of the query cannot be used.
        """
        wanted, stars = _filter(request), _choice(request, "stars", {str(number) for number in STARS})
        sort = _choice(request, "sort", set(SORTS)) or "popular"
        by: Order = sort if sort in ("price", "-price", "newest") else "title"  # type: ignore[assignment]
        item_ids = browse.find(self._live.db, wanted, by)
        if stars or sort in ("popular", "stars"):
            item_ids = self._ranked(item_ids, sort, int(stars) if stars else 0)
        page = _page(request, len(item_ids))
        return Listing(
            wanted,
            int(stars) if stars else None,
            sort,
            page,
            item_ids[(page - 1) * PAGE : page * PAGE],
            len(item_ids),
            browse.brands(self._live.db, wanted),
            self.below(next(iter(wanted.categories), None)),
        )

    def _ranked(self, item_ids: Sequence[str], sort: str, least_stars: int) -> list[str]:
        """Return items by what the live model knows of them, the others last; those with too few stars are left out."""
        try:
            model = self._live.model_watch.current()
        except (NoModel, StorageError):
            return list(item_ids)
        if model.state is None:
            return list(item_ids)
        by = model.state.stars_ if sort == "stars" else model.state.target_counts_[:, -1]
        numbers = model.items.numbers(item_ids).tolist()
        pairs = [
            (item_id, float(by[number]) if number >= 0 else -1.0)
            for item_id, number in zip(item_ids, numbers, strict=True)
            if not least_stars or (number >= 0 and model.state.stars_[number] >= least_stars)
        ]
        if sort in ("popular", "stars"):
            pairs.sort(key=lambda pair: -pair[1] if pair[1] == pair[1] else 0.0)
        return [item_id for item_id, _ in pairs]


def _filter(request: Request) -> ItemFilter:
    query = request.query_params
    category = query.get("category")
    return ItemFilter(
        categories=(category,) if category else (),
        brands=tuple(query.getlist("brand")[:50]),
        price_min=_price(query.get("price_min")),
        price_max=_price(query.get("price_max")),
        in_stock=query.get("in_stock") == "1",
        text=query.get("q", "").strip() or None,
    )


def _price(text: str | None) -> int | None:
    return to_micros(text) if text else None


def _choice(request: Request, name: str, allowed: set[str]) -> str | None:
    value = request.query_params.get(name) or None
    if value is not None and value not in allowed:
        raise InputError(f"{name} {value[:40]!r} is not one of: {', '.join(sorted(allowed))}")
    return value


def _page(request: Request, found: int) -> int:
    value = request.query_params.get("page", "1")
    page = int(value) if value.isascii() and value.isdigit() and len(value) <= 6 else 0
    if page < 1:
        raise InputError(f"page {value[:40]!r} is not a whole number from 1 on")
    return min(page, max(1, -(-found // PAGE)))
