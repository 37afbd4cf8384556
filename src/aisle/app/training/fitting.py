"""From a recipe and data to fitted models: sources → past windows → candidates → pruner → features → ranker."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self

import msgspec
import numpy as np
from msgspec.structs import replace

from aisle.app.progress import Progress, silent
from aisle.app.training.budget import Budget, Stage
from aisle.engine.ranking.candidates import MAX_CANDIDATES, Candidates, Source, gather
from aisle.engine.ranking.examples import Objective, gains_of, ground_truth, sample_moments, target_kinds
from aisle.engine.ranking.features import features
from aisle.engine.ranking.features import names as feature_names
from aisle.engine.ranking.hybrid import Hybrid, HybridConfig
from aisle.engine.ranking.retrieval import Retrieval
from aisle.engine.recipe import HIGHLIGHTS, PERSONAL, POPULAR, PRUNER, RANKER, REBUYING, STARS, STATE, Recipe, ranker_of
from aisle.prepare.interactions import Interactions
from aisle.prepare.past import until
from aisle.prepare.profiles import Profiles
from aisle.prepare.split import Window, windows_before
from aisle.recommenders.base import Component, NoSettings
from aisle.recommenders.query import queries_of
from aisle.recommenders.second_stage.candidate_pruner import CandidatePruner, CandidatePrunerConfig, ProposalCounts
from aisle.recommenders.second_stage.item_state import ItemState, target_kind
from aisle.recommenders.second_stage.ranker import Ranker, RankerConfig, sampled
from aisle.recommenders.second_stage.rebuying import Rebuying
from aisle.recommenders.second_stage.review_highlights import ReviewHighlights
from aisle.shop.errors import NotEnoughData

MIN_RATINGS: Final = 100
"""With fewer ratings than this, no model of stars is trained."""

Skipped = dict[str, str]
"""The roles that stay empty, and why."""


class Fitted(NamedTuple):
    """The models of a recipe, fitted."""

    retrieval: Retrieval
    components: dict[str, Component[Any]]
    """What a bundle stores, by role."""
    skipped: Skipped


Floats = np.ndarray[Any, np.dtype[np.float32]]


class PastShelves(NamedTuple):
    """The candidates of a past window's queries, and what each would have gained."""

    candidates: Candidates
    """The likeliest of the queries with a gain, or a sample of these: the others teach the ranker nothing."""
    profiles: Profiles
    state: ItemState
    gains: Floats
    proposals: ProposalCounts
    """Of all queries."""

    @classmethod
    def of(cls, candidates: Candidates, profiles: Profiles, state: ItemState, gains: Floats) -> Self:
        """Count the proposals of all queries, and keep the candidates of those with a gain that a pruner would keep."""
        wanted, lists = gains > 0, candidates.lists
        proposals = ProposalCounts.of(candidates.ranks, wanted)
        # The chances of this window alone: all candidates until the others are gathered would fill the memory.
        pruner = CandidatePruner(CandidatePrunerConfig()).fit([proposals], len(candidates.sources))
        kept = np.isin(lists.queries, lists.queries[wanted])
        kept &= pruner.kept(lists, candidates.ranks, MAX_CANDIDATES)
        return cls(candidates.where(kept), profiles, state, gains[kept], proposals)

    def sampled(self, most: int, config: RankerConfig, seed: int) -> Self:
        """Keep the candidates that a ranker learns from, `most` of them at most."""
        chosen = sampled(self.candidates.lists, self.gains, most, config.others, seed)
        return self._replace(candidates=self.candidates.where(chosen), gains=self.gains[chosen])


ShelvesByObjective = dict[Objective, list[PastShelves]]


class SecondStage(NamedTuple):
    """What learnt from past shelves."""

    pruner: CandidatePruner
    rankers: dict[str, Ranker]
    """By role."""
    skipped: Skipped


@dataclass
class TrainingBudget(Budget):
    """How long training may take, and what two fits of the same recipe share."""

    gathered: dict[tuple[bytes, int], dict[Objective, PastShelves]] = field(default_factory=dict)
    """The shelves of past windows, by recipe and beginning."""
    second_stages: dict[bytes, SecondStage] = field(default_factory=dict)
    """What a recipe learnt from past shelves before the held-out weeks."""


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
        The newest past window that a ranker may learn from: it ends with the data, or with the data's last day.
    budget
        How long training may take.

    Raises
    ------
    NotEnoughData
        If the personal or the popular model, or every source of a hybrid, has too little to learn from.
    """
    popular = recipe.parts[POPULAR].fit(data, recipe.seed)
    if recipe.hybrid is None:
        with budget.spend_on(Stage.SOURCES):
            personal = recipe.parts[PERSONAL].fit(data, recipe.seed)
        return Fitted(Retrieval(personal, popular), {PERSONAL: personal, POPULAR: popular}, {})
    # The rankers first: what LightGBM needs and what the sources learn need not be in memory together.
    pruner, rankers, skipped_rankers = second_stage(recipe, recipe.hybrid, data, window, budget, progress)
    with budget.spend_on(Stage.SOURCES):
        sources, skipped = fit_sources(recipe, recipe.hybrid, data, progress)
    state = ItemState(NoSettings()).fit(data)
    hybrid = Hybrid(tuple(recipe.hybrid.sources), sources, pruner, state, rankers.get(RANKER))
    components: dict[str, Component[Any]] = {name: source.recommender for name, source in sources.items()}
    components |= {POPULAR: popular, PRUNER: pruner, STATE: state, **rankers}
    return Fitted(Retrieval(hybrid, popular), components, skipped | skipped_rankers)


def with_other_components(fitted: Fitted, recipe: Recipe, data: Interactions, progress: Progress = silent) -> Fitted:
    """Fit the other components of a bundle, as far as the data allows: item state, stars, models of placements.

    Parameters
    ----------
    fitted
        The personal and the popular model, which `fit` trained on the same data.
    """
    components, skipped = dict(fitted.components), dict(fitted.skipped)
    if STATE not in components:
        components[STATE] = ItemState(NoSettings()).fit(data)
    state = components[STATE]
    assert isinstance(state, ItemState)  # noqa: S101  the role holds nothing else
    components[REBUYING] = Rebuying(NoSettings()).fit(data, state.category_)
    with suppress(NotEnoughData):
        components[HIGHLIGHTS] = ReviewHighlights(NoSettings()).fit(data)
    roles = sorted(recipe.parts.keys() - components.keys() - skipped.keys())
    for number, role in enumerate(roles):
        progress("fit the other parts", number, len(roles))
        try:
            if role == STARS and np.isfinite(data.log.rating).sum() < MIN_RATINGS:
                raise NotEnoughData(f"fewer than {MIN_RATINGS} ratings")
            components[role] = recipe.parts[role].fit(data, recipe.seed)
        except NotEnoughData as error:
            skipped[role] = str(error)
    return Fitted(fitted.retrieval, components, skipped)


# --- A hybrid, step by step -------------------------------------------------------------------------------------------


def fit_sources(
    recipe: Recipe, hybrid: HybridConfig, data: Interactions, progress: Progress = silent
) -> tuple[dict[str, Source], Skipped]:
    """Fit every source for which there is enough data.

    Raises
    ------
    NotEnoughData
        If there is too little data for all of them.
    """
    sources: dict[str, Source] = {}
    skipped: Skipped = {}
    for number, (name, quota) in enumerate(hybrid.sources.items()):
        try:
            sources[name] = Source(recipe.parts[name].fit(data, recipe.seed), quota)
        except NotEnoughData as error:
            skipped[name] = str(error)
        progress("fit sources", number + 1, len(hybrid.sources))
    if not sources:
        raise NotEnoughData(next(iter(skipped.values())))
    return sources, skipped


def second_stage(
    recipe: Recipe, hybrid: HybridConfig, data: Interactions, newest: Window, budget: TrainingBudget, progress: Progress
) -> SecondStage:
    """Let the pruner and the rankers learn from past shelves, or take those that were measured if time is short."""
    key = _key(recipe)
    measured = budget.second_stages.get(key)
    if measured is not None and measured.rankers and not budget.affords(Stage.WINDOW):
        budget.spared["ranker"] = "it learnt nothing from the held-out weeks, to save time"
        return measured
    shelves = past_shelves(recipe, hybrid, data, newest, budget, progress)
    pruner = fit_pruner(tuple(hybrid.sources), shelves[hybrid.objective])
    most_rows = budget.ranker_rows(hybrid.ranker.most_rows, len(shelves))
    in_time = replace(hybrid, ranker=replace(hybrid.ranker, most_rows=most_rows))
    with budget.spend_on(Stage.RANKERS):
        rankers, skipped = fit_rankers(recipe, in_time, shelves, progress)
    budget.second_stages[key] = SecondStage(pruner, rankers, skipped)
    return budget.second_stages[key]


def past_shelves(
    recipe: Recipe, hybrid: HybridConfig, data: Interactions, newest: Window, budget: TrainingBudget, progress: Progress
) -> ShelvesByObjective:
    """Gather the rankers' training data, newest window first, until the log or the budget ends."""
    shelves: ShelvesByObjective = {objective: [] for objective in (hybrid.objective, *recipe.objectives)}
    windows = windows_before(newest.end, int(data.log.timestamp[0]), newest.days, hybrid.windows)
    for number, window in enumerate(windows):
        if number and not budget.gathers_another(number, len(windows)):
            break
        key = _key(recipe), window.cut
        if key not in budget.gathered:
            try:
                with budget.spend_on(Stage.WINDOW):
                    budget.gathered[key] = _gather(recipe, hybrid, data, window, progress)
            except NotEnoughData:
                break
        for objective, gathered in budget.gathered[key].items():
            shelves[objective].append(gathered)
        progress("gather past shelves", number + 1, len(windows))
    return shelves


def _key(recipe: Recipe) -> bytes:
    return msgspec.json.encode(recipe, order="deterministic")


def _gather(
    recipe: Recipe, hybrid: HybridConfig, data: Interactions, window: Window, progress: Progress
) -> dict[Objective, PastShelves]:
    """Fit sources and item state on what came before a window, and gather its candidates, for each objective."""
    past = until(data, window.cut, recipe.weights)
    if past.matrix.nnz == 0:
        raise NotEnoughData("no shopper likes anything before the window")
    state = ItemState(NoSettings()).fit(past, target_kind(data.log))
    sources: dict[str, Source] = {}
    shelves: dict[Objective, PastShelves] = {}
    for objective in (hybrid.objective, *recipe.objectives):
        kinds = target_kinds(data.log, objective, int(state.target_kind_[0]))
        moments = sample_moments(data, window, kinds, hybrid.questions, recipe.seed)
        if len(moments.users) == 0:
            raise NotEnoughData("no shopper of the window was known before it")
        sources = sources or fit_sources(recipe, hybrid, past, progress)[0]
        profiles = data.histories.until(moments.users, moments.at)
        candidates = gather(sources, queries_of(profiles, recipe.weights))
        gains = gains_of(candidates, *ground_truth(data, window, kinds, moments), objective)
        gathered = PastShelves.of(candidates.of_sources(tuple(hybrid.sources)), profiles, state, gains)
        shelves[objective] = gathered.sampled(hybrid.ranker.most_rows, hybrid.ranker, recipe.seed)
    return shelves


def fit_pruner(names: tuple[str, ...], shelves: list[PastShelves]) -> CandidatePruner:
    """Learn how likely a proposal of each source is a hit, by its rank."""
    return CandidatePruner(CandidatePrunerConfig()).fit([past.proposals for past in shelves], len(names))


def fit_rankers(
    recipe: Recipe, hybrid: HybridConfig, shelves: ShelvesByObjective, progress: Progress
) -> tuple[dict[str, Ranker], Skipped]:
    """Train a ranker for each objective; return them by role."""
    rankers: dict[str, Ranker] = {}
    skipped: Skipped = {}
    for objective, of_objective in shelves.items():
        role = ranker_of(None if objective == hybrid.objective else objective)
        try:
            rankers[role] = fit_ranker(recipe, hybrid, of_objective)
        except NotEnoughData as error:
            instead = "the main ranker orders" if RANKER in rankers else "the sources' calibrated ranks order"
            skipped[role] = f"{error}; {instead} the shelves instead"
        progress("train the ranker", len(rankers), len(shelves))
    return rankers, skipped


def fit_ranker(recipe: Recipe, hybrid: HybridConfig, shelves: list[PastShelves]) -> Ranker:
    """Train a ranker on past shelves.

    Raises
    ------
    NotEnoughData
        If the shelves are too few.
    """
    if not shelves:
        raise NotEnoughData("no past window holds enough shoppers who were known before it")
    rows, gains, indptr = _examples(shelves, hybrid.ranker, recipe.seed)
    return Ranker(hybrid.ranker).fit(rows, gains, indptr, names=feature_names(tuple(hybrid.sources)), seed=recipe.seed)


def _examples(
    shelves: list[PastShelves], config: RankerConfig, seed: int
) -> tuple[Floats, Floats, np.ndarray[Any, np.dtype[np.int64]]]:
    """Return features and gains of a sample of the candidates, and where each query's begin."""
    rows, gains, sizes = [], [], [np.zeros(0, np.int64)]
    for past in shelves:
        sample = past.sampled(config.most_rows // len(shelves), config, seed)
        rows.append(features(sample.profiles, sample.candidates, sample.state))
        gains.append(sample.gains)
        sizes.append(np.diff(sample.candidates.lists.indptr))
    return np.concatenate(rows), np.concatenate(gains), np.append(0, np.cumsum(np.concatenate(sizes)))
