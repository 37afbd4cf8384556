import polars as pl

from aisle.simulator.simulation import Part
from aisle.simulator.vocabulary import ASPECT_WORDS, DEPARTMENTS, REVIEW_OPENERS


def test_every_review_belongs_to_a_rating_and_an_order(part: Part) -> None:
    rated = part.events.filter(pl.col("event") == "rate").select("user_id", "item_id", "timestamp", stars="rating")
    reviews = part.reviews.join(rated, on=["user_id", "item_id", "timestamp"], how="left")
    starred = reviews.filter(pl.col("rating").is_not_null())
    assert reviews["stars"].null_count() == 0
    assert starred["rating"].equals(starred["stars"], check_names=False)
    assert set(part.reviews["transaction_id"]) <= set(part.truth["transaction_id"])


def test_a_few_reviews_have_no_stars(part: Part) -> None:
    assert 0.03 < part.reviews["rating"].null_count() / len(part.reviews) < 0.15


def test_texts_open_as_the_stars_say(part: Part) -> None:
    low = part.reviews.filter(pl.col("rating") <= 2)["text"]
    high = part.reviews.filter(pl.col("rating") >= 4)["text"]
    assert all(text.startswith(REVIEW_OPENERS[0]) for text in low)
    assert all(text.startswith(REVIEW_OPENERS[2]) for text in high)


def test_the_tone_of_aspects_follows_the_satisfaction(part: Part) -> None:
    reviews = part.reviews.join(part.truth, on=["transaction_id", "item_id"])
    praise = sorted({f" {word}." for words in ASPECT_WORDS.values() for word in words[2]})
    reviews = reviews.with_columns(praised=pl.col("text").str.contains_any(praise))
    happy = reviews.filter(pl.col("satisfaction") > 0.8)["praised"].mean()
    unhappy = reviews.filter(pl.col("satisfaction") < 0.4)["praised"].mean()
    assert happy > 0.8  # type: ignore[operator]
    assert unhappy < 0.3  # type: ignore[operator]


def test_reviewers_speak_of_the_aspects_of_the_department(part: Part, happenings: pl.DataFrame) -> None:
    books = next(department for department in DEPARTMENTS if department.name == "Books")
    about_books = part.reviews.join(
        happenings.filter(pl.col("leaf").is_between(41, 44)).select("item_id").unique(), on="item_id"
    )
    assert len(about_books)
    assert about_books["text"].str.contains_any(list(books.aspects)).all()
