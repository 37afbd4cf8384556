"""The page of insights: each drawn by its name, and empty ones in words."""

import polars as pl
import pytest

from aisle.app.data.insights import Insights
from aisle.app.settings import ShopSection
from aisle.insights.every import INSIGHTS, compute
from aisle.insights.insight import Insight
from aisle.insights.shop_log import ShopLog
from aisle.report.insights import DRAWINGS, figure, insights_page
from tests.insights.shops import buy, event, item, shop
from tests.insights.test_opinions import review, reviews
from tests.prepare.test_aspects import EVERYBODY


@pytest.fixture(scope="module")
def busy() -> ShopLog:
    """A shop in which every insight has something to show."""
    days = [f"2026-0{month}-{day:02d}" for month in range(1, 7) for day in (3, 9, 20)]
    bought = [
        buy(day, f"u{user}", f"i{(user + n) % 12}", 2.0 + (user + n) % 12, quantity=1 + user % 3)
        for n, day in enumerate(days)
        for user in range(n % 3, 14)
    ]
    others = [
        event(kind, day, f"u{user}", f"i{user % 2 * 6 + n % 5}", rating=4.0 if kind == "rate" else None)
        for kind in ("view_item", "add_to_cart", "refund", "rate", "view_item_list")
        for n, day in enumerate(days)
        for user in range(14)
    ]
    items = tuple(item(f"i{n}", category=f"c{n % 3}", brand=f"b{n % 2}") for n in range(12))
    said = [*EVERYBODY, *[("item-1", 5.0, "it runs small")] * 20]
    texts = [review(number, stars or 0.0, text, of or "") for number, (of, stars, text) in enumerate(said)]
    return shop(*bought, *others, items=items, reviews=reviews(*texts))


def page(*insights: Insight, left_out: int = 0) -> str:
    found = Insights(events=1_234, first=0, end=86_400_000_000, left_out=left_out, insights=list(insights))
    return insights_page(found, ShopSection(name="Leaf & Hammer"))


def test_every_insight_has_a_drawing() -> None:
    assert list(DRAWINGS) == list(INSIGHTS)


@pytest.mark.parametrize("name", INSIGHTS)
def test_each_is_drawn(busy: ShopLog, name: str) -> None:
    [insight] = compute(busy, [name])

    drawn = figure(insight)

    assert drawn is not None, insight.sentence
    assert insight.name == name
    assert drawn.spec
    assert len(insight.frame) <= 2_000


@pytest.mark.parametrize("name", INSIGHTS)
@pytest.mark.parametrize(
    "log",
    [
        shop(),
        shop(buy("2026-01-05")),
        shop(buy("2026-01-05", None, price=None)),
        shop(event("view_item", "2026-01-05", None, None)),
        shop(event("view_item", "2026-01-05", "a"), event("refund", "2026-01-06", "b", quantity=2)),
        shop(buy("2026-01-05", currency="EUR"), buy("2026-01-05", currency="JPY", quantity=3)),
        shop(buy("2026-01-05", price=0.0, currency=None)),
    ],
    ids=["nothing", "one line", "nobody, no price", "no item", "only a refund", "two currencies", "free"],
)
def test_odd_data_gives_a_sentence_and_no_error(log: ShopLog, name: str) -> None:
    [insight] = compute(log, [name])
    drawn = figure(insight)

    assert insight.sentence.endswith((".", "…"))
    assert "nan" not in insight.sentence.lower().split()
    assert (drawn is None) == insight.is_empty
    if drawn is not None:
        assert drawn.spec


def test_what_is_empty_is_said_in_words() -> None:
    html = page(Insight(name="stars", title="Stars", sentence="No stars yet.", frame=pl.DataFrame({"stars": []})))

    assert "No stars yet." in html
    assert '<div class="drawing">' not in html
    assert "1,234 events from 1970-01-01 to 1970-01-01" in html


def test_names_are_text(busy: ShopLog) -> None:
    odd = Insight(
        name="brands",
        title="<b>",
        sentence="<i>",
        frame=pl.DataFrame({"brand": ["</script>"], "units": [1], "share": [1.0]}),
    )

    html = page(odd, left_out=3)

    assert "&lt;b&gt;" in html
    assert "&lt;i&gt;" in html
    assert "\\u003c/script>" in html
    assert "3 events from the future" in html
