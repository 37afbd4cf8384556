"""From a recipe and data to fitted models: sources → past windows → candidates → pruner → features → ranker."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self

import msgspec
import numpy as np
from msgspec.structs import replace

from aisle.app.progress import Progress, silent
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

ROWS_PER_SECOND: Final = 20_000
"""So many rows a ranker learns from in a second on two slow cores: a budget counts on it."""

LEAST_ROWS: Final = 20_000
"""A ranker learns from so many rows, if there are as many, however little time is left."""

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


@dataclass
class TrainingBudget:
    """How long training may take, and the past windows gathered so far: two fits of the same recipe share them."""

    seconds: float = np.inf
    """The time for all, from the first second; the newest past window is always gathered."""
    started: float = field(default_factory=time.perf_counter)
    gathered: dict[tuple[bytes, int], dict[Objective, PastShelves]] = field(default_factory=dict)
    cut_short: str | None = None
    """How many past windows were gathered when the time was up; None if it was not."""
    rows: int | None = None
    """From so many rows each ranker may learn, set when the first is trained: what goes live is what was measured."""
    fewer_rows: str | None = None
    """From how many rows of how many; None: from all."""

    @property
    def elapsed(self) -> float:
        """The seconds since the training started."""
        return time.perf_counter() - self.started

    @property
    def spent(self) -> bool:
        """Whether the time for gathering is used up: half of it all, as fits and figures need the rest."""
        return self.elapsed > self.seconds / 2

    @property
    def over(self) -> bool:
        """Whether all of the time is used up."""
        return self.elapsed > self.seconds

    def ranker_rows(self, most: int, rankers: int) -> int:
        """Return from how many rows each of some rankers may learn: they get a quarter of what is left, twice."""
        if self.rows is None:
            in_time = (self.seconds - self.elapsed) / 4 / rankers * ROWS_PER_SECOND
            self.rows = int(min(most, max(in_time, LEAST_ROWS)))
            if self.rows < most:
                self.fewer_rows = f"rankers learnt from at most {self.rows:,} rows instead of {most:,}, to save time"
        return min(most, self.rows)

    def told(self) -> Skipped:
        """Say what the budget cut short, and if it was not enough."""
        cut_short = {"past windows": self.cut_short, "rows": self.fewer_rows}
        told = {what: how for what, how in cut_short.items() if how is not None}
        if self.over:
            told["budget"] = (
                f"training took {self.elapsed:.0f} s instead of {self.seconds:.0f} s: the budget can spare past "
                "windows, rows of the ranker and chances, and nothing else"
            )
        return told


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
        How long gathering the ranker's training data may take.

    Raises
    ------
    NotEnoughData
        If the personal or the popular model, or every source of a hybrid, has too little to learn from.
    """
    popular = recipe.parts[POPULAR].fit(data, recipe.seed)
    if recipe.hybrid is None:
        personal = recipe.parts[PERSONAL].fit(data, recipe.seed)
        return Fitted(Retrieval(personal, popular), {PERSONAL: personal, POPULAR: popular}, {})
    names = tuple(recipe.hybrid.sources)
    shelves = past_shelves(recipe, recipe.hybrid, data, window, budget, progress)
    pruner = fit_pruner(names, shelves[recipe.hybrid.objective])
    most_rows = budget.ranker_rows(recipe.hybrid.ranker.most_rows, len(shelves))
    in_time = replace(recipe.hybrid, ranker=replace(recipe.hybrid.ranker, most_rows=most_rows))
    # The rankers first: what LightGBM needs and what the sources learn need not be in memory together.
    rankers, skipped_rankers = fit_rankers(recipe, in_time, shelves, progress)
    sources, skipped = fit_sources(recipe, recipe.hybrid, data, progress)
    state = ItemState(NoSettings()).fit(data)
    hybrid = Hybrid(names, sources, pruner, state, rankers.get(RANKER))
    components: dict[str, Component[Any]] = {name: source.recommender for name, source in sources.items()}
    components |= {POPULAR: popular, PRUNER: pruner, STATE: state, **rankers}
    return Fitted(Retrieval(hybrid, popular), components, skipped | skipped_rankers)


def with_other_components(fitted: Fitted, recipe: Recipe, data: Interactions) -> Fitted:
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
    for role in sorted(recipe.parts.keys() - components.keys() - skipped.keys()):
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


def past_shelves(
    recipe: Recipe, hybrid: HybridConfig, data: Interactions, newest: Window, budget: TrainingBudget, progress: Progress
) -> ShelvesByObjective:
    """Gather the rankers' training data, newest window first, until the log or the budget ends."""
    shelves: ShelvesByObjective = {objective: [] for objective in (hybrid.objective, *recipe.objectives)}
    windows = windows_before(newest.end, int(data.log.timestamp[0]), newest.days, hybrid.windows)
    for number, window in enumerate(windows):
        key = msgspec.json.encode(recipe, order="deterministic"), window.cut
        if key not in budget.gathered:
            if shelves[hybrid.objective] and budget.spent:
                budget.cut_short = f"the ranker learnt from {number} of {len(windows)}, as the time was up"
                break
            try:
                budget.gathered[key] = _gather(recipe, hybrid, data, window)
            except NotEnoughData:
                break
        for objective, gathered in budget.gathered[key].items():
            shelves[objective].append(gathered)
        progress("gather past shelves", number + 1, len(windows))
    return shelves


def _gather(recipe: Recipe, hybrid: HybridConfig, data: Interactions, window: Window) -> dict[Objective, PastShelves]:
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
        sources = sources or fit_sources(recipe, hybrid, past)[0]
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
