"""From a recipe and data to fitted models: sources → past windows → candidates → cut → features → ranker."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from aisle.app.progress import Progress, silent
from aisle.app.recipe import HIGHLIGHTS, PERSONAL, POPULAR, PRUNER, RANKER, STARS, STATE, Recipe, ranker_of
from aisle.engine.ranking.candidates import MOST, Candidates, Source, gather
from aisle.engine.ranking.examples import Objective, counted_kinds, gains_of, sample_moments, wanted
from aisle.engine.ranking.features import features
from aisle.engine.ranking.features import names as feature_names
from aisle.engine.ranking.hybrid import Hybrid, HybridConfig
from aisle.engine.ranking.retrieval import Retrieval
from aisle.prepare.interactions import Interactions
from aisle.prepare.past import until
from aisle.prepare.profiles import Profiles
from aisle.prepare.split import Window, windows_before
from aisle.recommenders.base import Component
from aisle.recommenders.query import queries_of
from aisle.recommenders.second_stage.candidate_pruner import CandidatePruner, CandidatePrunerConfig
from aisle.recommenders.second_stage.item_state import ItemState, ItemStateConfig
from aisle.recommenders.second_stage.ranker import Ranker
from aisle.recommenders.second_stage.review_highlights import ReviewHighlights, ReviewHighlightsConfig
from aisle.shop.errors import NotEnoughData

FEWEST_STARS: Final = 100
"""With fewer ratings than this, nobody's stars are predicted."""


class Fitted(NamedTuple):
    """What fitting a recipe came to."""

    retrieval: Retrieval
    parts: dict[str, Component]
    """What a bundle keeps, by role."""
    left_out: dict[str, str]
    """Which role stayed empty, and why."""


class Shelves(NamedTuple):
    """What could have stood on the shelves of a past window, and what was wanted."""

    candidates: Candidates
    profiles: Profiles
    state: ItemState
    gains: np.ndarray[Any, np.dtype[np.float32]]


@dataclass
class TrainingBudget:
    """How long training may take, and what of it was done already: windows that two fits share are gathered once."""

    seconds: float = np.inf
    """For gathering past windows; the first is always gathered."""
    started: float = field(default_factory=time.perf_counter)
    shelves: dict[tuple[bytes, int], dict[Objective, Shelves]] = field(default_factory=dict)

    @property
    def spent(self) -> bool:
        """Whether the time is over."""
        return time.perf_counter() - self.started > self.seconds


def fit(
    recipe: Recipe, data: Interactions, window: Window, budget: TrainingBudget, progress: Progress = silent
) -> Fitted:
    """Train the personal and the popular model on the same data.

    Parameters
    ----------
    recipe
        What to fit.
    data
        What to learn from.
    window
        The newest past window that a ranker may learn from: it ends where the data does, or where that day does.
    budget
        What a ranker may cost.

    Raises
    ------
    NotEnoughData
        If the personal or the popular model, or every source of a hybrid, has too little to learn from.
    """
    popular = recipe.parts[POPULAR].fit(data, recipe.seed)
    if recipe.hybrid is None:
        personal = recipe.parts[PERSONAL].fit(data, recipe.seed)
        return Fitted(Retrieval(personal, popular), {PERSONAL: personal, POPULAR: popular}, {})
    left_out: dict[str, str] = {}
    shelves = past_shelves(recipe, recipe.hybrid, data, window, budget, progress)
    sources = fit_sources(recipe, recipe.hybrid, data, left_out, progress)
    names = tuple(recipe.hybrid.sources)
    main = recipe.hybrid.objective
    cut = fit_cut(names, shelves[main])
    rankers = fit_rankers(recipe, recipe.hybrid, cut, shelves, left_out, progress)
    state = ItemState(ItemStateConfig()).fit(data)
    hybrid = Hybrid(names, sources, cut, state, rankers.get(RANKER))
    parts: dict[str, Component] = {name: source.recommender for name, source in sources.items()}
    parts |= {POPULAR: popular, PRUNER: cut, STATE: state, **rankers}
    return Fitted(Retrieval(hybrid, popular), parts, left_out)


def fit_others(recipe: Recipe, data: Interactions, fitted: Fitted) -> Fitted:
    """Add what is known of the items, what predicts stars and what fills placements, as far as the data allows."""
    parts, left_out = dict(fitted.parts), dict(fitted.left_out)
    if STATE not in parts:
        parts[STATE] = ItemState(ItemStateConfig()).fit(data)
    with suppress(NotEnoughData):
        parts[HIGHLIGHTS] = ReviewHighlights(ReviewHighlightsConfig()).fit(data)
    for role in sorted(recipe.parts.keys() - parts.keys() - left_out.keys()):
        try:
            if role == STARS and np.isfinite(data.log.rating).sum() < FEWEST_STARS:
                raise NotEnoughData(f"fewer than {FEWEST_STARS} ratings")
            parts[role] = recipe.parts[role].fit(data, recipe.seed)
        except NotEnoughData as error:
            left_out[role] = str(error)
    return Fitted(fitted.retrieval, parts, left_out)


# --- A hybrid, step by step -----------------------------------------------------------------------------------------


def fit_sources(
    recipe: Recipe, hybrid: HybridConfig, data: Interactions, left_out: dict[str, str], progress: Progress = silent
) -> dict[str, Source]:
    """Fit every source that the data has enough for; note why others are left out.

    Raises
    ------
    NotEnoughData
        If it has enough for none.
    """
    sources = {}
    for number, (name, quota) in enumerate(hybrid.sources.items()):
        try:
            sources[name] = Source(recipe.parts[name].fit(data, recipe.seed), quota)
        except NotEnoughData as error:
            left_out[name] = str(error)
        progress("fit sources", number + 1, len(hybrid.sources))
    if not sources:
        raise NotEnoughData(next(iter(left_out.values())))
    return sources


def past_shelves(
    recipe: Recipe, hybrid: HybridConfig, data: Interactions, newest: Window, budget: TrainingBudget, progress: Progress
) -> dict[Objective, list[Shelves]]:
    """Gather what the rankers learn from, window by window, the newest first, as long as there is log and time."""
    shelves: dict[Objective, list[Shelves]] = {one: [] for one in (hybrid.objective, *recipe.objectives)}
    windows = windows_before(newest.end, int(data.log.timestamp[0]), newest.days, hybrid.windows)
    for number, window in enumerate(windows):
        key = msgspec.json.encode(recipe, order="deterministic"), window.cut
        if key not in budget.shelves:
            if shelves[hybrid.objective] and budget.spent:
                break
            try:
                budget.shelves[key] = _gather(recipe, hybrid, data, window)
            except NotEnoughData:
                break
        for objective, gathered in budget.shelves[key].items():
            shelves[objective].append(gathered)
        progress("gather past shelves", number + 1, len(windows))
    return shelves


def _gather(recipe: Recipe, hybrid: HybridConfig, data: Interactions, window: Window) -> dict[Objective, Shelves]:
    """Freeze sources and items at a window's beginning and ask for the shelves of its shoppers, for each objective."""
    past = until(data, window.cut, recipe.weights)
    if past.matrix.nnz == 0:
        raise NotEnoughData("nobody likes anything before the window")
    state = ItemState(ItemStateConfig()).fit(past)
    sources: dict[str, Source] = {}
    found: dict[Objective, Shelves] = {}
    for objective in (hybrid.objective, *recipe.objectives):
        kinds = counted_kinds(data.log, objective, int(state.target_kind_[0]))
        moments = sample_moments(data, window, kinds, hybrid.questions, recipe.seed)
        if len(moments.users) == 0:
            raise NotEnoughData("no shopper of the window was known before it")
        sources = sources or fit_sources(recipe, hybrid, past, {})
        profiles = data.histories.until(moments.users, moments.at)
        candidates = gather(sources, queries_of(profiles, recipe.weights))
        gains = gains_of(candidates, *wanted(data, window, kinds, moments), objective)
        found[objective] = Shelves(candidates.of_sources(tuple(hybrid.sources)), profiles, state, gains)
    return found


def fit_cut(names: tuple[str, ...], shelves: list[Shelves]) -> CandidatePruner:
    """Learn how likely a proposal of each source is wanted, by its rank."""
    ranks = [one.candidates.ranks for one in shelves]
    empty = np.empty((0, len(names)), np.float32)
    gains = [one.gains for one in shelves]
    return CandidatePruner(CandidatePrunerConfig()).fit(
        np.concatenate([empty, *ranks]), np.concatenate([np.empty(0), *gains]) > 0
    )


def fit_rankers(
    recipe: Recipe,
    hybrid: HybridConfig,
    cut: CandidatePruner,
    shelves: dict[Objective, list[Shelves]],
    left_out: dict[str, str],
    progress: Progress,
) -> dict[str, Ranker]:
    """Learn a ranker for each objective, by role; note why one could not be learnt."""
    rankers = {}
    for objective, gathered in shelves.items():
        role = ranker_of(None if objective == hybrid.objective else objective)
        try:
            rankers[role] = fit_ranker(recipe, hybrid, cut, gathered)
        except NotEnoughData as error:
            instead = "the main ranker orders" if RANKER in rankers else "the sources' calibrated ranks order"
            left_out[role] = f"{error}; {instead} the shelves instead"
        progress("train the ranker", len(rankers), len(shelves))
    return rankers


def fit_ranker(recipe: Recipe, hybrid: HybridConfig, cut: CandidatePruner, shelves: list[Shelves]) -> Ranker:
    """Learn to order what the cut leaves.

    Raises
    ------
    NotEnoughData
        If the shelves are too few.
    """
    if not shelves:
        raise NotEnoughData("no past window holds enough shoppers who were known before it")
    rows, gains, sizes = [], [], [np.zeros(0, np.int64)]
    for one in shelves:
        kept = cut.kept(one.candidates.lists, one.candidates.ranks, MOST)
        candidates = one.candidates.where(kept)
        rows.append(features(one.profiles, candidates, one.state))
        gains.append(one.gains[kept])
        sizes.append(np.diff(candidates.lists.indptr))
    indptr = np.append(0, np.cumsum(np.concatenate(sizes)))
    columns = feature_names(tuple(hybrid.sources))
    return Ranker(hybrid.ranker).fit(
        np.concatenate(rows), np.concatenate(gains), indptr, names=columns, seed=recipe.seed
    )
