"""How far fake shoppers and scripts get one item onto the shelves of honest shoppers.

    python -m benchmarks.manipulation [FOLDER] [--json FILE]

FOLDER holds an order log in the format `online-retail`; without it, a shop is simulated (`aisle.simulator.simulation`).
The hybrid is fitted as `aisle train` does it, without an attack and with each of `ATTACKS`, all for the same target,
the item in the middle by its events of the last four weeks. The honest shoppers are those of these weeks, at most
`SHOPPERS` of them. `hit rate` is the share of them who have the target among their `K` best items; `gain` is how much
the attack adds, in points. `rank for newcomers` is the target's place on the shelf of those of whom nothing is known.
What comes from an address goes through the event writer, which knows what one counts for. A second table has an honest
crowd behind one address: the share of its events that `counted`, and how many of the ten best for newcomers stay.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.app.data.tables import Tables
from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.training.fitting import TrainingBudget, fit
from aisle.app.training.measuring import newest_window, with_catalogue
from aisle.engine.ranking.hybrid import NAME as HYBRID
from aisle.engine.ranking.retrieval import Retrieval
from aisle.engine.recipe import Recipe
from aisle.prepare.build import NEEDED, OPTIONAL, build
from aisle.prepare.interactions import Interactions
from aisle.prepare.weigh import Weights
from aisle.recommenders.popular.newcomer_popularity import NewcomerPopularity, NewcomerPopularityConfig
from aisle.recommenders.query import queries_of
from aisle.shop.columns import EVENT, EVENT_ID, EVENTS, ITEM_ID, OVER_CAP, SESSION_ID, STORED_EVENTS, TIMESTAMP, USER_ID
from aisle.shop.events import MAX_EVENTS, EventKind
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY, SECOND
from aisle.shop.schemas import schema_of
from aisle.simulator.simulation import Simulation
from aisle.storage.connection import connect
from aisle.storage.log.events import stream
from aisle.storage.log.writer import EventWriter
from aisle.storage.migrations import upgrade
from benchmarks.data import online_retail
from benchmarks.shared.rows import Row, finish, options

K: Final = 10
SHOPPERS: Final = 1000
SEED: Final = 2914
"""The seed of the shop and of the attacks."""
EVENTS_OF_SHOP: Final = 100_000
RECENT: Final = 28 * DAY
ADDRESS: Final = "address"
"""Where an event came from, if a browser sent it."""

PURCHASES: Final = 900
DAYS: Final = 28
"""For how long the patient attack goes on."""
CROWD_SHARE: Final = 0.05
"""The share of the honest shoppers who sit behind one address, such as a company's."""
BOT_EVENTS: Final = 10_000
FAKE_SHARE: Final = 0.01
COVER: Final = 10
"""How many well-known items a fake shopper buys beside the target."""

_NOTHING: Final = schema_of({name: STORED_EVENTS[name] for name in (*NEEDED, *OPTIONAL)}).to_frame()
_KNOWN: Final = tuple(name for name in OPTIONAL if name != OVER_CAP)
_FUNNEL: Final = (EventKind.VIEW_ITEM.value, EventKind.ADD_TO_CART.value, EventKind.PURCHASE.value)


class Shop(NamedTuple):
    """A shop before an attack, and what the attackers know of it."""

    events: pl.DataFrame
    catalogue: pl.DataFrame
    now: int
    target: str
    popular: list[str]
    """The items that are best known, most popular first."""
    honest: list[str]

    @classmethod
    def of(cls, events: pl.DataFrame, catalogue: pl.DataFrame) -> "Shop":
        """Choose the target and the honest shoppers of a log."""
        events = events.select(*NEEDED, *_KNOWN).with_columns(pl.col(pl.Categorical).cast(pl.String))
        now = int(events.select(pl.col(TIMESTAMP).max()).item()) + 1
        recent = events.filter(pl.col(TIMESTAMP) >= now - RECENT, pl.col(ITEM_ID).is_not_null())
        ranked = recent.group_by(ITEM_ID).len().sort("len", ITEM_ID, descending=[True, False])[ITEM_ID].to_list()
        shoppers = recent[USER_ID].drop_nulls().unique().sort()
        honest = shoppers.sample(min(SHOPPERS, len(shoppers)), seed=SEED).sort().to_list()
        return cls(events, catalogue, now, ranked[len(ranked) // 2], ranked[:100], honest)


Attack = Callable[[Shop, np.random.Generator], Iterator[dict[str, Any]]]


def nothing(_shop: Shop, _draw: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Attack nobody."""
    yield from ()


def anonymous_purchases(shop: Shop, draw: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Buy the target again and again, as nobody."""
    for moment in _moments(shop, draw, PURCHASES, DAY):
        yield {EVENT: EventKind.PURCHASE.value, ITEM_ID: shop.target, TIMESTAMP: moment}


def one_address(shop: Shop, draw: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Buy the target with the key of the shop's own pages, from one address in one day, each time as a new session."""
    yield from _sessions(_moments(shop, draw, PURCHASES, DAY), shop.target)


def patient_address(shop: Shop, draw: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Do the same over four weeks."""
    yield from _sessions(_moments(shop, draw, PURCHASES, DAYS * DAY), shop.target)


def _sessions(moments: Sequence[int], item: str) -> Iterator[dict[str, Any]]:
    for number, moment in enumerate(moments):
        session = f"session {number}"
        bought = {EVENT: EventKind.PURCHASE.value, ITEM_ID: item, TIMESTAMP: moment}
        yield bought | {SESSION_ID: session, ADDRESS: "192.0.2.1"}


def bot(shop: Shop, draw: np.random.Generator) -> Iterator[dict[str, Any]]:
    """View, fill the cart and buy, the target in turns with what is popular, as one shopper in one session."""
    for number, moment in enumerate(_moments(shop, draw, BOT_EVENTS, 6 * DAY)):
        item = shop.target if number % 2 else str(draw.choice(shop.popular))
        kind = _FUNNEL[number // 2 % 3]
        yield {EVENT: kind, ITEM_ID: item, TIMESTAMP: moment, USER_ID: "bot", SESSION_ID: "session of a bot"}


def fake_shoppers(shop: Shop, draw: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Buy the target, with well-known items as a cover, as one new shopper for every hundred honest ones."""
    shoppers = shop.events[USER_ID].drop_nulls().n_unique()
    for number in range(max(1, round(FAKE_SHARE * shoppers))):
        bought = [shop.target, *map(str, draw.choice(shop.popular, COVER, replace=False))]
        (start,) = _moments(shop, draw, 1, 7 * DAY)
        for place, (item, kind) in enumerate((item, kind) for item in bought for kind in _FUNNEL):
            moment = min(start + 20 * place * SECOND, shop.now - 1)
            yield {EVENT: kind, ITEM_ID: item, TIMESTAMP: moment, USER_ID: f"fake {number}"}


def _moments(shop: Shop, draw: np.random.Generator, count: int, span: int) -> list[int]:
    """Draw moments of the last days, in order."""
    return sorted(map(int, draw.integers(shop.now - span, shop.now - 1, count)))


ATTACKS: Final[dict[str, Attack]] = {
    "none": nothing,
    f"{PURCHASES} anonymous purchases": anonymous_purchases,
    f"a bot of {BOT_EVENTS:,} events": bot,
    "1 % fake shoppers": fake_shoppers,
    f"{PURCHASES} sessions of one address in a day": one_address,
    f"{PURCHASES} sessions of one address in {DAYS} days": patient_address,
}


def main() -> None:
    """Attack a shop in every way, and print how far each gets."""
    parser = options("manipulation", __doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="holds an order log in the format online-retail")
    arguments = parser.parse_args()
    shop = _shop(arguments)
    finish(measure(shop), arguments.json)
    finish(crowd(shop), None)


def _shop(arguments: argparse.Namespace) -> Shop:
    if arguments.folder:
        tables: Tables = online_retail.read(arguments.folder)
        return Shop.of(tables.events, tables.catalogue)
    simulation = Simulation(SEED, EVENTS_OF_SHOP)
    return Shop.of(pl.concat(simulation.events()), simulation.items())


def measure(shop: Shop, attacks: Sequence[str] = tuple(ATTACKS), model: str = HYBRID) -> list[Row]:
    """Fit a model under each attack, and return a row for each."""
    recipe = recipe_of(Settings.read(Path()), model)
    rows: list[Row] = []
    for name in attacks:
        data, retrieval = fitted(shop, ATTACKS[name], recipe)
        rate = float(hits(shop, data, retrieval, recipe.weights).mean())
        before = float(rows[0]["hit rate"]) if rows else rate
        rank = place(shop, data, retrieval, recipe.weights)
        figures = {"hit rate": rate, "gain": 100 * (rate - before), "rank for newcomers": rank}
        rows.append({"attack": name, "honest": len(shop.honest), **figures})
    return rows


def fitted(shop: Shop, attack: Attack, recipe: Recipe) -> tuple[Interactions, Retrieval]:
    """Fit a recipe on a shop's events and those of an attack."""
    schema = schema_of(EVENTS | {ADDRESS: "str"})
    added = as_stored(pl.DataFrame(list(attack(shop, np.random.default_rng(SEED))), schema))
    events = pl.concat([shop.events, added], how="diagonal").sort(TIMESTAMP, maintain_order=True)
    data = with_catalogue(shop.catalogue, build(events, recipe.weights, shop.now))
    return data, fit(recipe, data, newest_window(events, recipe.weights), TrainingBudget()).retrieval


def as_stored(events: pl.DataFrame) -> pl.DataFrame:
    """Return events as a shop's database gives them for training, each sent as it happens, from its address."""
    with tempfile.TemporaryDirectory() as folder:
        clock = [0]
        with connect(f"sqlite:///{folder}/shop.db", create=True) as db:
            upgrade(db)
            numbers = pl.int_range(pl.len()).cast(pl.String).alias(EVENT_ID)
            sent = events.with_columns(numbers, (pl.col(TIMESTAMP) // DAY).alias("day")).sort(TIMESTAMP)
            with EventWriter(db, clock=lambda: clock[0]) as writer:
                for group in sent.partition_by("day", ADDRESS, maintain_order=True) if sent.height else ():
                    clock[0] = group.item(0, TIMESTAMP)
                    for part in group.iter_slices(MAX_EVENTS):
                        writer.outcomes(writer.submit(part.select(*EVENTS).rows(), address=part.item(0, ADDRESS)))
            return pl.concat([_NOTHING, *stream(db, (*NEEDED, *OPTIONAL))])


def crowd(shop: Shop) -> list[Row]:
    """Put some honest shoppers behind one address, and return how much of what they do counts.

    `same best` is how many of the ten best items for newcomers stay.
    """
    shoppers = shop.events[USER_ID].drop_nulls().unique().sort()
    inside = shoppers.sample(round(CROWD_SHARE * len(shoppers)), seed=SEED)
    recent = shop.events.filter(pl.col(TIMESTAMP) >= shop.now - RECENT)
    behind = pl.when(pl.col(USER_ID).is_in(inside.implode())).then(pl.lit("192.0.2.1")).alias(ADDRESS)
    whole = schema_of(EVENTS)
    sent = recent.with_columns(behind, *(pl.lit(None, whole[name]).alias(name) for name in whole if name not in recent))
    stored = as_stored(sent)
    ours = stored.filter(pl.col(USER_ID).is_in(inside.implode()))
    before, after = (_best_for_newcomers(shop, frame) for frame in (stored.drop(OVER_CAP), stored))
    counted = ours[OVER_CAP].null_count() / ours.height
    return [{"crowd": len(inside), "events": ours.height, "counted": counted, "same best": len(before & after)}]


def _best_for_newcomers(shop: Shop, events: pl.DataFrame) -> set[str]:
    data = build(events, Weights(), shop.now)
    scores = NewcomerPopularity(NewcomerPopularityConfig()).fit(data, seed=SEED).scores_
    return {data.items.ids[number] for number in np.argsort(-scores, kind="stable")[:K]}


def hits(shop: Shop, data: Interactions, retrieval: Retrieval, weights: Weights) -> NDArray[np.bool_]:
    """Return whose shelf has the target, (honest shoppers,)."""
    users = data.users.numbers(shop.honest)
    queries = queries_of(data.histories.until(users, np.full(len(users), shop.now)), weights)
    return np.asarray((retrieval.retrieve(queries, K).items == data.items.number(shop.target)).any(axis=1))


def place(shop: Shop, data: Interactions, retrieval: Retrieval, weights: Weights) -> int:
    """Return the target's place on the shelf for newcomers, from 1."""
    nobody = queries_of(data.histories.until(np.array([UNKNOWN]), np.array([shop.now])), weights)
    shelf = retrieval.popular.retrieve(nobody, len(data.items)).items[0]
    return int(np.flatnonzero(shelf == data.items.number(shop.target))[0]) + 1


if __name__ == "__main__":
    main()
