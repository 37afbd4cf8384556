"""Answers that are kept: for how long, and what they say of themselves."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aisle.app.data import kept_answers
from aisle.app.data.kept_answers import KEPT_SECONDS, KeptAnswers
from aisle.app.settings import Settings
from aisle.app.shop import Shop


@pytest.fixture
def shop(untrained_folder: Path, tmp_path: Path) -> Iterator[Shop]:
    with Shop(Settings.read(shutil.copytree(untrained_folder, tmp_path / "shop"))) as shop:
        yield shop


_moments = itertools.count(1_700_000_000_000_000, 1_000_000)


def buy(shop: Shop) -> None:
    event = {"event": "purchase", "user_id": "user-1", "item_id": "tea-1", "timestamp": next(_moments)}
    shop.import_events([event])


def test_an_answer_is_kept_until_it_is_old_and_the_events_have_changed(shop: Shop) -> None:
    clock, asked = [0.0], iter(range(10))
    answers: KeptAnswers[int] = KeptAnswers(shop.db, lambda: clock[0])

    def of(fresh: bool = False) -> tuple[int, bool]:
        kept = answers.of("sales", lambda: next(asked), fresh=fresh)
        return kept.answer, kept.is_current

    assert [of(), of(fresh=True)] == [(0, True), (0, True)]
    clock[0] += 2 * KEPT_SECONDS
    assert of() == (0, True)  # nothing has changed

    buy(shop)
    assert of() == (1, True)  # it was old already
    buy(shop)
    assert of() == (1, False)
    assert of(fresh=True) == (2, True)
    buy(shop)
    clock[0] += KEPT_SECONDS + 1
    assert of() == (3, True)


def test_what_was_wanted_least_lately_goes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "MOST", 2)
    answers: KeptAnswers[str] = KeptAnswers(shop.db)
    for asked in ("a", "b", "a", "c"):
        answers.of(asked, lambda: "first")
    assert [answers.of(asked, lambda: "second").answer for asked in ("a", "c", "b")] == ["first", "first", "second"]


def test_a_computation_that_fails_is_not_kept(shop: Shop) -> None:
    answers: KeptAnswers[int] = KeptAnswers(shop.db)
    with pytest.raises(ZeroDivisionError):
        answers.of("a", lambda: 1 // 0)
    assert answers.of("a", lambda: 1).answer == 1
