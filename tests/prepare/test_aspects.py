import polars as pl
import pytest

from aisle.prepare.aspects import FEWEST, FEWEST_TO_QUOTE, MOST, SCHEMA, aspects, highlights

Review = tuple[str | None, float | None, str]

ITEMS = [f"item-{number}" for number in range(20)]
EVERYBODY: list[Review] = [
    (item, stars, text)
    for item in ITEMS
    for stars, text, count in ((4.0, "it arrived today", 6), (5.0, "I love it", 6), (1.0, "what a disappointment", 3))
    for _ in range(count)
]


def found(*reviews: Review) -> list[tuple[str, str, float, int]]:
    """Return the aspects that reviews have, beside those of everybody."""
    return table([*EVERYBODY, *reviews]).rows()


def table(reviews: list[Review]) -> pl.DataFrame:
    columns = {"item_id": pl.String, "rating": pl.Float64, "text": pl.String}
    frame = pl.DataFrame(reviews, columns, orient="row")
    return aspects(frame.with_columns(pl.lit(None, pl.String).alias("title")))


def test_what_is_praised_and_what_is_blamed() -> None:
    rows = found(*[("item-1", 5.0, "it runs small")] * 20, *[("item-2", 1.0, "the zipper broke")] * 20)
    assert [(item, phrase) for item, phrase, *_ in rows if polarity_of(rows, phrase) > 0] == [("item-1", "runs small")]
    assert {item for item, _, polarity, _ in rows if polarity < 0} == {"item-2"}
    assert all(mentions == 20 for *_, mentions in rows)


def polarity_of(rows: list[tuple[str, str, float, int]], phrase: str) -> float:
    return next(polarity for _, one, polarity, _ in rows if one == phrase)


def test_how_everybody_feels_is_no_aspect() -> None:
    assert found() == []


def test_nor_is_it_one_of_an_item_that_many_dislike() -> None:
    assert found(*[("item-3", 1.0, "what a disappointment")] * 20) == []


def test_polarity_is_within_its_bounds_and_follows_the_stars() -> None:
    rows = found(*[("item-1", 5.0, "velvety")] * 39, ("item-1", 1.0, "velvety"), *[("item-2", 5.0, "woolly")] * 40)
    assert -1 < 0 < polarity_of(rows, "velvety") < polarity_of(rows, "woolly") < 1


def test_one_opinion_describes_nothing() -> None:
    assert found(*[("item-1", 1.0, "crooked seams")] * (FEWEST - 1)) == []


def test_a_review_mentions_a_phrase_once() -> None:
    assert {mentions for *_, mentions in found(*[("item-1", 1.0, "crooked crooked crooked")] * 5)} == {5}


def test_no_phrase_goes_across_punctuation() -> None:
    phrases = [phrase for _, phrase, *_ in found(*[("item-1", 1.0, "crooked. seams, thin")] * 9)]
    assert sorted(phrases) == ["crooked", "seams", "thin"]


def test_only_the_most_telling_are_kept() -> None:
    text = " . ".join(f"flaw{letter}" for letter in "abcdefghijklmnop")
    assert len(found(*[("item-1", 1.0, text)] * 9)) == MOST


@pytest.mark.parametrize(
    ("text", "phrase"),
    [("tecido péssimo", "tecido pessimo"), ("起球严重", "起球严重"), ("viel zu eng", "viel zu eng")],
)
def test_any_language(text: str, phrase: str) -> None:
    assert [one for _, one, *_ in found(*[("item-1", 1.0, text)] * 9)] == [phrase]


@pytest.mark.parametrize("useless", [(None, 1.0, "thin"), ("item-1", None, "thin"), ("item-1", float("nan"), "thin")])
def test_reviews_of_nothing_or_without_stars_tell_nothing(useless: Review) -> None:
    assert found(*[useless] * 9) == []


@pytest.mark.parametrize(
    "reviews",
    [
        [],
        [("item-1", 5.0, "thin")],
        [("item-1", 5.0, "thin")] * 50,
        [("a", 5.0, ""), ("b", 1.0, "")] * 9,
        [("a", 1.0, "!"), ("b", 2.0, "!")] * 9,
    ],
    ids=["none", "one", "same stars", "no words", "only signs"],
)
def test_where_nothing_is_told_the_table_is_empty(reviews: list[Review]) -> None:
    empty = table(reviews)
    assert empty.height == 0
    assert empty.schema == SCHEMA


def test_the_order_of_reviews_does_not_matter() -> None:
    reviews = [*EVERYBODY, *[("item-1", 1.0, "crooked seams and a thin cloth")] * 8]
    assert table(reviews).equals(table(reviews[::-1]))
    assert table(reviews).height > 0


def test_what_enough_reviewers_praise_is_quoted() -> None:
    rows = [("a", "soft", 0.5, FEWEST_TO_QUOTE), ("a", "warm", 0.9, 50), ("b", "torn", -0.5, 9), ("c", "new", 0.9, 4)]
    assert highlights(pl.DataFrame(rows, SCHEMA, orient="row")).rows() == [("a", "soft")]
