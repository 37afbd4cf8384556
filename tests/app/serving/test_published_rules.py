"""Rules in the database override those of `aisle.toml` field by field, for whoever fills shelves."""

import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.app.serve import Live
from aisle.app.serving import rules_watch
from aisle.app.serving.placements import placements_of
from aisle.app.serving.published_rules import in_force, next_change, placements_at, stored_form, values_of
from aisle.app.settings import PlacementSection, Settings
from aisle.app.shop import Shop
from aisle.engine.request import MAIN_PLACEMENT
from aisle.engine.shelf.rules import Rules
from aisle.shop import moments
from aisle.storage.connection import Database
from aisle.storage.shelves import placement_rules
from aisle.storage.shelves.placement_rules import RulesRow

NOBODY = "nobody"

VALUES = st.fixed_dictionaries(
    {},
    optional={
        "price_max": st.none() | st.floats(5, 100),
        "brands": st.lists(st.sampled_from("abc"), unique=True),
        "not_bought_within_days": st.sampled_from([None, 3.0, float("inf")]),
        "boosts": st.dictionaries(st.sampled_from(["brand:a", "price:..3", "item:x"]), st.floats(0.5, 9)),
        "pins": st.lists(st.sampled_from(["x", "y", "category:Tea"]), unique=True),
        "locks": st.dictionaries(st.sampled_from(["z", "brand:b"]), st.integers(3, 9), max_size=1),
        "diversity": st.floats(0, 1),
    },
)


def row(version: int, starts: int | None = None, ends: int | None = None, **rules: Any) -> RulesRow:
    return RulesRow("home", version, stored_form(rules), starts, ends, "ann", 0, None, False)


def publish(live: Live, rules: dict[str, Any], placement: str = "bestsellers", **schedule: int) -> None:
    after = placement_rules.newest(live.db, placement)
    times = {"starts": None, "ends": None} | schedule
    placement_rules.publish(live.db, placement, stored_form(rules), "ann", after, **times)


def shown(live: Live, placement: str = "bestsellers", user_id: str | None = None) -> list[str]:
    return [item.item_id for item in live.recommend(user_id, 8, placement=placement).items]


@pytest.fixture
def _always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules_watch, "CHECK_SECONDS", 0.0)


@settings(max_examples=50)
@given(VALUES, VALUES)
def test_a_field_is_what_is_published_else_what_the_settings_say(
    file: dict[str, Any], published: dict[str, Any]
) -> None:
    section = PlacementSection(strategy="bestsellers", **file)
    of_shop = Settings(folder=Path("/nowhere"), placements={"home": section, "other": section})
    placements = placements_at(of_shop, [row(1, **published)], 0)
    assert placements["home"].rules.plain() == Rules.parse({**file, **published}).plain()
    assert placements["other"].rules == placements_of(of_shop)["other"].rules
    assert values_of(stored_form(published)) == published


def test_the_clock_says_which_version_counts() -> None:
    rows = [row(1), row(2, starts=100, ends=200), row(3), row(4, starts=150)]
    by_time = {moment: in_force(rows, moment)["home"].version for moment in (0, 99, 100, 149, 150, 200)}
    assert by_time == {0: 3, 99: 3, 100: 2, 149: 2, 150: 4, 200: 4}
    assert [next_change(rows, moment) for moment in (0, 100, 150, 200)] == [100, 150, 200, float("inf")]
    assert in_force([row(1, ends=5)], 5) == {}


@pytest.mark.usefixtures("_always_look")
def test_live_shelves_follow_what_is_published(live: Live) -> None:
    before = shown(live)
    publish(live, {"pins": [before[5]], "locks": {before[0]: 4}, "exclude": [before[1]]})
    after = shown(live)
    assert (after[0], after[3], before[1] in after) == (before[5], before[0], False)
    placement_rules.undo(live.db, "bestsellers", "bob", 1)
    assert shown(live) == before


def test_a_process_looks_once_in_a_while(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shown(live)
    publish(live, {"pins": [before[5]]})
    placements = live.placements
    assert live.placements is placements
    monkeypatch.setattr(rules_watch, "CHECK_SECONDS", 0.0)
    assert shown(live)[0] == before[5]


def test_a_schedule_begins_and_ends_by_the_clock(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    start = moments.now() + moments.HOUR
    before = shown(live)
    publish(live, {"pins": [before[6]]}, starts=start, ends=start + moments.HOUR)
    live.rules_watch._checked = float("-inf")
    assert shown(live) == before
    monkeypatch.setattr(moments, "now", lambda: start)  # no look at the database is due for a second
    assert shown(live)[0] == before[6]
    monkeypatch.setattr(moments, "now", lambda: start + moments.HOUR)
    assert shown(live) == before


@pytest.mark.usefixtures("_always_look")
def test_rules_that_fit_the_settings_no_more_do_not_count(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    before = shown(live)
    publish(live, {"price_min": 20, "price_max": 10})
    publish(live, {"pins": ["tea-1"]}, placement="gone")
    with caplog.at_level(logging.WARNING):
        assert shown(live) == before
    assert "the published rules of placement bestsellers do not count: price_min = 20" in caplog.text


@pytest.mark.usefixtures("_always_look")
def test_a_database_that_is_away_changes_nothing(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(live, {"pins": ["tool-3"]})
    known = live.placements["bestsellers"]
    away: Database = live.db.as_if_away()
    monkeypatch.setattr(live.rules_watch, "_db", away)
    assert live.placements["bestsellers"] == known


def test_a_batch_and_why_use_the_rules_of_the_database(folder: Path, tmp_path: Path) -> None:
    import polars as pl

    with Shop.open(folder) as shop:
        live = shown(shop, MAIN_PLACEMENT, "user-0")
        rules = {"pins": [live[4]], "locks": {"category:Tools": 3}, "exclude": [live[0]], "boosts": {"price:..20": 2.0}}
        publish(shop, rules, MAIN_PLACEMENT)
    with Shop.open(folder) as shop:
        shop.recommend_all(8, tmp_path / "all.parquet")
        table = pl.read_parquet(tmp_path / "all.parquet")
        for user_id in ("user-0", "user-1"):
            of_user = table.filter(pl.col("user_id") == user_id)["item_id"].to_list()
            assert of_user == shown(shop, MAIN_PLACEMENT, user_id)
            assert of_user[0] == live[4]
            assert of_user[2].startswith("tool") or of_user[2] == "a/b?c=<b>\"'&😀"
        assert shop.why("user-0", live[0]).dropped_by == "exclude"
