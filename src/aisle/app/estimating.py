"""What another strategy would have brought on a placement: logged shelves are filled again, and compared.

A shelf is filled by today's model with what its shopper had done by then. What stands there tells of the new strategy
as far as it stood there by chance: only shelves of which a part explored are looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.app.progress import Progress, silent
from aisle.app.serving.placements import placement_named
from aisle.app.serving.profiles import PROFILE_EVENTS, Profile
from aisle.engine.placement import place
from aisle.engine.request import ShelfRequest
from aisle.engine.shelf.rules import Rules
from aisle.engine.strategies import strategy_named
from aisle.experiments.off_policy import CERTAIN, Estimate, Logged, Overlap, estimates, overlap
from aisle.experiments.reward_model import expected_rewards
from aisle.shop import moments
from aisle.shop.errors import InputError, NotEnoughData
from aisle.storage.log import events
from aisle.storage.shelves import impressions
from aisle.storage.shelves.impressions import Impression

if TYPE_CHECKING:
    from aisle.app.serve import Live
    from aisle.engine.placement import Placement

SEED: Final = 0
"""Of the sample of shelves."""

NO_ITEM: Final = -1


class Estimated(msgspec.Struct, frozen=True):
    """What a strategy would have brought on a placement."""

    placement: str
    strategy: str
    days: int
    shelves: int
    """How many logged shelves were filled again."""
    learnt: float
    """The share of them that are older than the data of the model, which has learnt from their clicks."""
    clicks: float
    """Which share of the places that were shown was clicked."""
    overlap: Overlap
    estimates: list[Estimate]

    @property
    def best(self) -> Estimate:
        """The estimate to go by: doubly robust."""
        return next(one for one in self.estimates if one.method == "DR")

    def __str__(self) -> str:
        best = self.best
        change, low, high = (
            f"{100 * part:+.2f}".replace("-", "−") for part in (best.change, best.change_low, best.change_high)
        )
        return (
            f"{100 * best.value:.2f} % of its places would have been clicked ({100 * best.low:.2f} to "
            f"{100 * best.high:.2f} %), {change} points ({low} to {high}) against what was shown."
        )


def estimate(
    live: "Live", strategy: str, placement: str, days: int, shelves: int, progress: Progress = silent
) -> Estimated:
    """Return what a strategy would have brought on a placement in the last days, in clicks per place.

    Parameters and errors are those of `estimate_filled`.
    """
    new = _filled_by(strategy, placement_named(live.placements, placement))
    return estimate_filled(live, new, days, shelves, progress)


def estimate_filled(live: "Live", new: "Placement", days: int, shelves: int, progress: Progress = silent) -> Estimated:
    """Return what a placement of the shop would have brought, had it been filled in another way.

    Parameters
    ----------
    new
        The placement with another strategy or other rules.
    shelves
        So many of the logged shelves are filled again, at random.

    Raises
    ------
    InputError
        If the placement or the strategy is about an item or a cart, which the log does not name.
    NotEnoughData
        If the log tells too little of it; the message says why, and what helps.
    NotFound
        If there is no such placement.
    NoModel
        If no trained model can be used.
    """
    now = placement_named(live.placements, new.name)
    if not (now.strategy.in_batch and new.strategy.in_batch):
        raise InputError(
            f"{new.name} filled by {new.strategy.name} is about an item or a cart, which logged shelves do not name; "
            "choose a placement and a strategy that are about the shopper"
        )
    since = moments.now() - days * moments.DAY
    logged = _sample(live, new.name, since, shelves)
    if not logged:
        nothing = Overlap(0, 0, 0, 0, 0, 0)
        raise NotEnoughData(f"nothing is estimated: {nothing.refusal(new.name)}")
    shown = _shown_instead(live, new, logged, progress)
    places = _places(logged, shown, events.clicks(live.db, since))
    told = overlap(places)
    if (refusal := told.refusal(new.name)) is not None:
        raise NotEnoughData(f"nothing is estimated: {refusal}")
    data_end = live.model_watch.trained().data_end
    return Estimated(
        placement=new.name,
        strategy=new.strategy.name,
        days=days,
        shelves=len(logged),
        learnt=float(np.mean([shelf.timestamp < data_end for shelf in logged])),
        clicks=float(places.reward.mean()),
        overlap=told,
        estimates=estimates(places),
    )


def _filled_by(strategy: str, placement: "Placement") -> "Placement":
    """Return a placement as another strategy would fill it, by the rules that the shop gave it."""
    new = strategy_named(strategy)
    usual = Rules.parse(placement.strategy.rules).plain()
    own = {name: value for name, value in placement.rules.plain().items() if value != usual[name]}
    return replace(placement, strategy=new, rules=Rules.parse({**new.rules, **own, "explore": 0.0}))


def _sample(live: "Live", placement: str, since: int, most: int) -> list[Impression]:
    """Return random shelves of known shoppers of which a part was left to chance, oldest first."""
    ids = impressions.ids(live.db, placement, since)
    random = np.random.default_rng(SEED)
    left_to_chance: list[Impression] = []
    order = random.permutation(len(ids)).tolist()
    for start in range(0, len(order), most):
        some = impressions.of_ids(live.db, [ids[place] for place in order[start : start + most]])
        left_to_chance += (shelf for shelf in some if min(item.propensity for item in shelf.items) < CERTAIN)
        if len(left_to_chance) >= most:
            break
    return sorted(left_to_chance[:most], key=lambda shelf: (shelf.user_id or "", shelf.timestamp))


def _shown_instead(
    live: "Live", placement: "Placement", logged: Sequence[Impression], progress: Progress
) -> list[list[str]]:
    """Return what the placement would have shown in place of each logged shelf."""
    model, user_id, done, shown = live.model_watch.trained(), None, [], list[list[str]]()
    for number, shelf in enumerate(logged):
        if shelf.user_id != user_id:
            user_id = shelf.user_id
            done = events.of_user(live.db, str(user_id), PROFILE_EVENTS)
        before = Profile([event for event in done if event.timestamp < shelf.timestamp], away=False)
        # Nobody asks: what the shopper was shown since then tires nobody, and nothing explores.
        request = ShelfRequest(placement=placement.name, n=shelf.items[-1].position)
        query, catalogue = live.query(request, placement, before, model)
        stands = place(placement, query, placement.strategy.propose(query)).items
        shown.append(catalogue.vocabulary.ids(stands))
        progress("fill shelves again", number, len(logged), number)
    return shown


def _places(logged: Sequence[Impression], shown: Sequence[Sequence[str]], clicks: Iterable[tuple[str, str]]) -> Logged:
    """Return the places of shelves as arrays."""
    numbers: dict[str | None, int] = {}
    shoppers: dict[str | None, int] = {}
    clicked = set(clicks)
    rows = [
        (
            numbers.setdefault(item.item_id, len(numbers)),
            NO_ITEM if item.position > len(instead) else numbers.setdefault(instead[item.position - 1], len(numbers)),
            item.position,
            shoppers.setdefault(shelf.user_id, len(shoppers)),
            (shelf.recommendation_id, item.item_id) in clicked,
            item.propensity,
        )
        for shelf, instead in zip(logged, shown, strict=True)
        for item in shelf.items
    ]
    columns: NDArray[np.float64] = np.array(rows, np.float64).T
    item, target, position, shopper = columns[:4].astype(np.int64)
    reward, propensity = columns[4:]
    expected = expected_rewards(item, position, reward, shopper, target)
    return Logged(reward, propensity, (item == target).astype(np.float64), position, shopper, *expected)
