"""Preparation gives the same tables on every engine: known answers on each, and all that chance thinks of."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

import narwhals as nw
import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from polars.testing import assert_frame_equal

from aisle.prepare.aggregate import aggregate
from aisle.prepare.build import build, cleaned_events, weighed_events
from aisle.prepare.clean import as_rated_last, clean
from aisle.prepare.interactions import EventLog, Interactions
from aisle.prepare.split import Window, split
from aisle.prepare.weigh import WEIGHT, Weights
from aisle.shop.columns import EVENTS
from aisle.shop.events import KINDS
from aisle.shop.ids import Vocabulary
from aisle.shop.moments import DAY, HOUR
from aisle.shop.schemas import schema_of
from tests.contract.prepare.conftest import Bring

NOW: Final = 19_000 * DAY
WEIGHTS: Final = Weights(half_life_days=30.0)
WINDOW: Final = Window(NOW - 9 * DAY, NOW - 2 * DAY)
SEEDS: Final = (1, 2)

_COLUMNS: Final = (
    "event_id", "event", "user_id", "item_id", "timestamp", "rating", "session_id", "transaction_id", "price",
    "quantity",
)  # fmt: skip
SCHEMA: Final = schema_of({name: EVENTS[name] for name in _COLUMNS})

Step = Callable[[nw.LazyFrame[Any]], nw.LazyFrame[Any]]


def table(*rows: dict[str, Any]) -> pl.DataFrame:
    """Make events, each a purchase of its own now unless it says otherwise."""
    usual = {"event": "purchase", "user_id": "u", "item_id": "i", "timestamp": NOW}
    return pl.DataFrame([{"event_id": f"e{number}"} | usual | row for number, row in enumerate(rows)], SCHEMA)


def messy_events(seed: int, count: int = 800) -> pl.DataFrame:
    """Make events as logs have them: repeated, nobody's, of unknown kinds, revised, equally old, and hardly ASCII."""
    draw = np.random.default_rng(seed)
    kinds = [*(kind.value for kind in KINDS), "rate", "rate", "purchase", "no such kind"]

    def some(values: list[str], none: float) -> pl.Series:
        return but_for(pl.Series(draw.choice(values, count).tolist()), none)

    def number(low: int, high: int, none: float) -> pl.Series:
        return but_for(pl.Series(draw.integers(low, high, count)), none)

    def but_for(series: pl.Series, none: float) -> pl.Series:
        return series.set(pl.Series(draw.random(count) < none), None)

    return pl.DataFrame(
        {
            "event_id": [f"e{one}" for one in draw.integers(0, count * 4 // 5, count)],
            "event": draw.choice(kinds, count),
            "user_id": some([f"u{one}" for one in range(30)] + ["é", "z", "Ü", "😀", "漢"], 0.05),
            "item_id": some([f"i{one}" for one in range(20)] + ["ä/b", "A", "😀", "\uffee"], 0.05),
            "timestamp": NOW - draw.integers(0, 40 * 24, count) * HOUR,
            "rating": number(1, 6, 0.3).cast(pl.Float64),
            "session_id": some([f"s{one}" for one in range(50)], 0.5),
            "transaction_id": some([f"t{one}" for one in range(50)], 0.5),
            "price": number(1, 10**9, 0.3),
            "quantity": number(1, 5, 0.3),
        },
        SCHEMA,
    )


def of_users(events: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    return aggregate(weighed_events(events, WEIGHTS, NOW).filter(~nw.col("user_id").is_null()))


STEPS: Final[dict[str, Step]] = {
    "clean": clean,
    "cleaned with all columns": cleaned_events,
    "rated last": lambda events: as_rated_last(clean(events)),
    "weigh": lambda events: weighed_events(events, WEIGHTS, NOW),
    "weigh without fading": lambda events: weighed_events(events, Weights(half_life_days=None), NOW),
    "aggregate": of_users,
    "before the window": lambda events: split(events, WINDOW)[0],
    "within the window": lambda events: split(events, WINDOW)[1],
}


def rows_of(frame: nw.LazyFrame[Any]) -> pl.DataFrame:
    """Bring a table here, its rows in an order that does not depend on the engine's."""
    result: pl.DataFrame = frame.collect("polars").to_native()
    return result.sort(result.columns, nulls_last=True)


def arrays_of(data: Interactions) -> dict[str, Any]:
    """Return all that training data holds."""
    matrix = data.matrix
    logs = {"log": data.log} | ({"revised": data.revised} if data.revised else {})
    of_logs = {f"{name}.{one.name}": getattr(log, one.name) for name, log in logs.items() for one in fields(EventLog)}
    ids = {"users": np.array(data.users.ids), "items": np.array(data.items.ids)}
    return of_logs | ids | {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}


# --- Known answers, on each engine ------------------------------------------------------------------------------------


def test_what_says_nothing_is_left_out(bring: Bring) -> None:
    events = table({"event": "search"}, {"item_id": None}, {"event": "rate"}, {"event": "nonsense"}, {})

    assert rows_of(clean(bring(events)))["event_id"].to_list() == ["e4"]


def test_of_events_with_one_id_the_first_is_kept(bring: Bring) -> None:
    rows = [{"event_id": "e", "timestamp": NOW - age, "user_id": f"u{age}"} for age in (1, 3, 2)]

    assert rows_of(clean(bring(table(*rows))))["user_id"].to_list() == ["u3"]


def test_a_revised_rating_counts_no_longer(bring: Bring) -> None:
    rated = [{"event": "rate", "rating": stars, "timestamp": NOW - age} for stars, age in ((1.0, 2), (5.0, 1))]

    assert rows_of(weighed_events(bring(table(*rated, {})), WEIGHTS, NOW))["rating"].to_list() == [None, 5.0]


def test_weights_fade_by_half_and_stay_above_the_floor(bring: Bring) -> None:
    rows = [{"timestamp": NOW - days * DAY} for days in (0, 30, 60, 3000)] + [{"event": "refund"}]

    weights = rows_of(weighed_events(bring(table(*rows)), WEIGHTS, NOW))[WEIGHT].sort(descending=True)
    np.testing.assert_allclose(weights, [1, 0.5, 0.25, 0.05, -1], rtol=1e-14)


def test_pairs_are_summed_in_whole_billionths(bring: Bring) -> None:
    pairs = rows_of(of_users(bring(table({}, {"event": "view_item"}, {"item_id": "j"}, {"user_id": None}))))

    assert pairs.rows() == [("u", "i", 1_200_000_000, NOW, 2), ("u", "j", 1_000_000_000, NOW, 1)]


def test_a_window_begins_at_its_cut_and_ends_before_its_end(bring: Bring) -> None:
    moments = (WINDOW.cut - 1, WINDOW.cut, WINDOW.end - 1, WINDOW.end)
    before, within = split(bring(table(*({"timestamp": moment} for moment in moments))), WINDOW)

    assert rows_of(before)["timestamp"].to_list() == [WINDOW.cut - 1]
    assert rows_of(within)["timestamp"].to_list() == [WINDOW.cut, WINDOW.end - 1]


def test_ids_are_numbered_in_the_order_of_their_bytes(bring: Bring) -> None:
    data = build(bring(table(*({"item_id": one} for one in ("b", "é", "B", "😀", "\uffee")))).to_native(), WEIGHTS, NOW)

    assert data.items.ids == ("B", "b", "é", "\uffee", "😀")


# --- Equal tables -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("step", STEPS)
def test_spark_gives_the_rows_that_polars_gives(spark_bring: Bring, step: str, seed: int) -> None:
    events = messy_events(seed)
    expected = rows_of(STEPS[step](nw.from_native(events.lazy())))

    assert expected.height > 50
    # Only exponentials may differ, in their last bit; sums are of whole billionths, and equal.
    assert_frame_equal(rows_of(STEPS[step](spark_bring(events))), expected, rel_tol=1e-15, abs_tol=0)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_whole_preparation_gives_equal_arrays(spark_bring: Bring, seed: int) -> None:
    events = messy_events(seed)
    expected = arrays_of(build(events, WEIGHTS, NOW, more_items=["untouched"]))
    result = arrays_of(build(spark_bring(events).to_native(), WEIGHTS, NOW, more_items=["untouched"]))

    assert "revised.item" in expected
    assert result.keys() == expected.keys()
    for name, array in expected.items():
        assert_array_equal(result[name], array, err_msg=name)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_stays_on_spark_is_the_matrix(spark_bring: Bring, seed: int) -> None:
    from aisle.prepare.spark.frames import to_polars
    from aisle.prepare.spark.log import SparkLog, cleaned_on_spark

    events = messy_events(seed)
    data = build(events, WEIGHTS, NOW, more_items=["untouched"])
    log = SparkLog.of(cleaned_on_spark(spark_bring(events).to_native()), WEIGHTS, NOW, more_items=["untouched"])
    pairs = to_polars(log.pairs())
    numbered = to_polars(log.numbered(log.pairs()))

    assert log.items.ids == data.items.ids
    assert log.users_count() == len(data.users)
    user, item = data.users.numbers(pairs["user_id"].to_list()), data.items.numbers(pairs["item_id"].to_list())
    assert len(pairs) == len(numbered) == data.matrix.nnz
    assert_array_equal(data.matrix[user, item], pairs[WEIGHT])
    liking = [one for one, pointers in enumerate(np.diff(data.matrix.indptr)) if pointers]
    known = np.array(liking)[numbered["user"].to_numpy()]
    assert_array_equal(data.matrix.toarray()[known, numbered["item"]], numbered[WEIGHT])


def test_an_earlier_moment_knows_nothing_of_later_ones(spark_bring: Bring) -> None:
    from aisle.prepare.spark.frames import to_polars
    from aisle.prepare.spark.log import SparkLog, cleaned_on_spark

    events = messy_events(1)
    log = SparkLog.of(cleaned_on_spark(spark_bring(events).to_native()), WEIGHTS, NOW).until(WINDOW.cut)
    data = build(events.filter(pl.col("timestamp") < WINDOW.cut), WEIGHTS, WINDOW.cut)

    assert log.items.ids == data.items.ids
    assert to_polars(log.pairs())[WEIGHT].sort().to_list() == sorted(data.matrix.data.tolist())


def test_a_trained_models_items_keep_their_numbers(spark_bring: Bring) -> None:
    events, items = messy_events(1), Vocabulary(["i3", "i1", "stranger"])
    expected = arrays_of(build(events, WEIGHTS, NOW, items=items))

    for name, array in arrays_of(build(spark_bring(events).to_native(), WEIGHTS, NOW, items=items)).items():
        assert_array_equal(array, expected[name], err_msg=name)
