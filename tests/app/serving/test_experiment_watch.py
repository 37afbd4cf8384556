"""What visitors see in experiments that run, as any process follows them."""

import time
from collections.abc import Iterator

import msgspec
import pytest

from aisle.app.serve import Live
from aisle.app.serving import experiment_watch
from aisle.app.serving.experiment_watch import CHECK_SECONDS
from aisle.engine.request import ShelfRequest
from aisle.experiments.experiment import of_dict
from aisle.shop.moments import now
from aisle.storage.shelves import experiments, impressions

SHOPPERS = [f"user-{number}" for number in range(40)]


@pytest.fixture(autouse=True)
def _nothing_runs_afterwards(live: Live) -> Iterator[None]:
    yield
    for row in experiments.running(live.db):
        experiments.change(live.db, row, "running", {"state": "stopped", "stopped": now()})
    time.sleep(CHECK_SECONDS)


def start(live: Live, reach: float = 1.0, **values: object) -> None:
    """Start an experiment, and wait until it is noticed, as a visitor would."""
    usual = {"name": "trial", "placement": "recommended-for-you"}
    experiment = of_dict(usual | values)
    row = experiments.add(live.db, experiment.name, "", now())
    definition = msgspec.json.encode(msgspec.structs.replace(experiment, version=row.version)).decode()
    running = {"state": "running", "definition": definition, "started": now(), "reach": reach}
    experiments.change(live.db, row, "draft", running)
    time.sleep(CHECK_SECONDS)


def shelves(live: Live, placement: str = "recommended-for-you", users: list[str] = SHOPPERS) -> dict[str, list[str]]:
    """Return the shelf of each shopper, by the variant that they see."""
    found: dict[str, list[str]] = {}
    for user in users:
        shelf = live.shelf(ShelfRequest(user_id=user, placement=placement, n=4))
        found.setdefault(str(shelf.variant).partition(":")[2], []).append(" ".join(one.item_id for one in shelf.items))
    return found


def variants(**other: object) -> list[dict[str, object]]:
    return [{"name": "as-is"}, {"name": "other", **other}]


def test_visitors_of_a_variant_see_its_strategy_and_the_others_what_they_did_before(live: Live) -> None:
    before = {user: shelves(live, users=[user])[""] for user in SHOPPERS}
    start(live, variants=variants(settings={"strategy": "bestsellers"}))

    seen = shelves(live)

    assert set(seen) == {"as-is", "other"}
    assert set(seen["other"]) == set(shelves(live, "bestsellers")[""])
    assert set(seen["as-is"]) <= {items for (items,) in before.values()}


def test_a_rule_of_a_variant_counts(live: Live) -> None:
    gone = live.shelf(ShelfRequest(user_id="user-0", n=1)).items[0].item_id
    start(live, variants=variants(settings={"exclude": [gone]}))

    seen = shelves(live)

    assert not any(gone in items.split() for items in seen["other"])
    assert any(gone in items.split() for items in seen["as-is"])


def test_a_holdout_has_an_empty_shelf_on_purpose_which_leaves_its_impression(live: Live) -> None:
    start(live, placement="*", variants=variants(holdout=True))

    shown = [live.shelf_to_show(ShelfRequest(user_id=user, n=4)) for user in SHOPPERS]
    held_out = [shelf for shelf in shown if shelf.holdout]

    assert 0 < len(held_out) < len(shown)
    assert all((shelf.items, shelf.fallback, shelf.variant) == ([], None, held_out[0].variant) for shelf in held_out)
    deadline = time.monotonic() + 60
    while (stored := impressions.get(live.db, held_out[-1].recommendation_id)) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert stored is not None
    assert (stored.items, stored.variant) == ((), held_out[0].variant)


def test_who_takes_no_part_sees_what_everybody_does(live: Live) -> None:
    start(live, reach=0.0, variants=variants(holdout=True))

    assert set(shelves(live)) == {""}


def test_nobody_is_assigned_to_nothing(live: Live) -> None:
    start(live, variants=variants(holdout=True))

    shelf = live.shelf(ShelfRequest(placement="bestsellers", n=4))

    assert (shelf.variant, shelf.holdout) == (None, False)


def test_two_experiments_are_both_named(live: Live) -> None:
    start(live, name="everywhere", placement="*", variants=variants(holdout=True))
    start(live, variants=variants(settings={"one_per_group": False}))

    names = {part.partition(".")[0] for user in SHOPPERS for part in str(live.recommend(user, 3).variant).split()}

    assert names == {"everywhere", "trial"}


def test_a_model_of_a_variant_is_loaded_beside_the_live_one(live: Live) -> None:
    version = live.model_watch.current().version
    start(live, variants=variants(model=version))

    seen = live.experiment_watch.current()

    assert seen[0].models[version] is not live.model_watch.current()
    assert set(shelves(live)) == {"as-is", "other"}


def test_an_experiment_whose_model_is_gone_counts_for_nobody(live: Live) -> None:
    start(live, variants=variants(model=99))

    assert set(shelves(live)) == {""}


def test_an_experiment_counts_once_the_files_of_its_model_are_restored(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiment_watch, "RETRY_SECONDS", 0.0)
    version, bundle = live.model_watch.current().version, live.settings.bundles / "000001"
    bundle.rename(bundle.with_name("gone"))
    start(live, variants=variants(model=version))
    assert set(shelves(live)) == {""}

    bundle.with_name("gone").rename(bundle)
    time.sleep(CHECK_SECONDS)

    assert set(shelves(live)) == {"as-is", "other"}


def test_a_variant_whose_rules_contradict_changes_nothing(live: Live) -> None:
    start(live, variants=variants(settings={"price_min": 5, "price_max": 2}))

    assert set(shelves(live)) == {"as-is", "other"}


def test_what_is_stopped_is_over_within_a_second(live: Live) -> None:
    start(live, variants=variants(holdout=True))
    assert len(shelves(live)) == 2

    (row,) = experiments.running(live.db)
    experiments.change(live.db, row, "running", {"state": "stopped", "stopped": now()})
    time.sleep(CHECK_SECONDS)

    assert set(shelves(live)) == {""}


def test_a_place_costs_next_to_nothing(live: Live) -> None:
    start(live, variants=variants(settings={"one_per_group": False}))
    model, placements = live.model_watch.current(), live.placements
    requests = [ShelfRequest(user_id=f"user {number}") for number in range(2_000)]
    live.experiment_watch.seen_by(placements, requests[0], model)

    began = time.perf_counter()
    for request in requests:
        live.experiment_watch.seen_by(placements, request, model)

    assert (time.perf_counter() - began) / 2_000 < 0.0002
