"""Whether the statistics of experiments keep what they promise, by simulation.

    python -m benchmarks.statistics [--runs 2000] [--json FILE]

A simulated visitor has a taste, drawn from a gamma distribution, by which they order, see items and click them; six of
ten have a past of the same taste. Four tables:

- `a/a`: variants without any difference. `false positives` is the share of runs with a p-value below 5 %, `uniform` the
  p-value of the hypothesis that the p-values are uniform, `held` the share of intervals that hold 0.
- `peeking`: the same, looked at on each of 28 days: the share of runs in which any look shows a difference.
- `coverage`: variations that are 5 % better; the share of 95 % intervals that hold that change.
- `power`: variations that are 5 % better or equal, with the number of visitors that `planning` asks for, looked at each
  day: the share of runs with the right verdict, and after which share of the visitors half of them had it.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from aisle.experiments.statistics import planning
from aisle.experiments.statistics.capping import capped
from aisle.experiments.statistics.differences import absolute, relative
from aisle.experiments.statistics.estimates import Estimate, adjusted, plain, stratified
from aisle.experiments.statistics.quantiles import quantile
from aisle.experiments.statistics.samples import Floats, Sample, values_of
from aisle.experiments.statistics.sequential import always_valid
from benchmarks.shared.rows import Row, finish, options

RUNS: Final = 2000
SEED: Final = 1729
VISITORS: Final = 1000
"""In each variant of an A/A test."""
DAYS: Final = 28
KNOWN: Final = 0.6
"""The share of visitors with a past."""
EFFECT: Final = 0.05
_CELLS: Final = 4_000_000


class Visitors(NamedTuple):
    """The visitors of a variant, (runs, visitors)."""

    revenue: Floats
    orders: Floats
    seen: Floats
    clicks: Floats
    known: NDArray[np.bool_]
    revenue_before: Floats


Estimator = Callable[[Visitors, Visitors], tuple[Estimate, Estimate]]


def visitors(rng: np.random.Generator, runs: int, number: int, growth: float = 1.0) -> Visitors:
    """Draw visitors; growth multiplies what they spend and how often they click."""
    shape = runs, number
    taste = rng.gamma(2.0, 0.5, shape)
    orders = rng.poisson(0.3 * taste, shape).astype(np.float64)
    seen = 1 + rng.poisson(10 * taste, shape).astype(np.float64)
    known = rng.random(shape) < KNOWN
    return Visitors(
        revenue=growth * orders * rng.lognormal(3.0, 0.6, shape),
        orders=orders,
        seen=seen,
        clicks=rng.binomial(seen.astype(np.int64), 0.1 * growth).astype(np.float64),
        known=known,
        revenue_before=np.where(known, rng.poisson(0.9 * taste, shape) * rng.lognormal(3.0, 0.6, shape), 0.0),
    )


# --- The estimators that are tried out --------------------------------------------------------------------------------


def mean(baseline: Visitors, variation: Visitors) -> tuple[Estimate, Estimate]:
    """Estimate revenue per visitor."""
    return _plain(values_of(baseline.revenue), values_of(variation.revenue))


def cuped(baseline: Visitors, variation: Visitors) -> tuple[Estimate, Estimate]:
    """Estimate the same without what the past of visitors explains."""
    return _adjusted(
        *(Sample.of(values_of(one.revenue, before=(one.revenue_before, None))) for one in (baseline, variation))
    )


def cuped_in_strata(baseline: Visitors, variation: Visitors) -> tuple[Estimate, Estimate]:
    """Estimate the same, of those with a past and those without apart, run by run, as their numbers differ."""

    def of_run(run: int) -> tuple[Estimate, Estimate]:
        strata, sizes = [], []
        for known in (True, False):
            parts = [
                Sample.of(values_of(one.revenue[run][chosen], before=(one.revenue_before[run][chosen], None)))
                for one in (baseline, variation)
                if (chosen := one.known[run] == known).any()
            ]
            strata.append(_adjusted(*parts))
            sizes.append(sum(float(part.n) for part in parts))
        shares = np.array(sizes) / sum(sizes)
        first, second = (stratified(list(of_variant), shares) for of_variant in zip(*strata, strict=True))
        return first, second

    return _stacked([of_run(run) for run in range(len(baseline.revenue))])


def capped_mean(baseline: Visitors, variation: Visitors) -> tuple[Estimate, Estimate]:
    """Estimate winsorised revenue per visitor."""
    number = baseline.revenue.shape[1]
    both = np.concatenate([baseline.revenue, variation.revenue], axis=1)
    cut = np.stack([capped(of_run).values for of_run in both])
    return _plain(values_of(cut[:, :number]), values_of(cut[:, number:]))


def click_rate(baseline: Visitors, variation: Visitors) -> tuple[Estimate, Estimate]:
    """Estimate clicks per item seen."""
    return _plain(values_of(baseline.clicks, baseline.seen), values_of(variation.clicks, variation.seen))


def order_value(baseline: Visitors, variation: Visitors) -> tuple[Estimate, Estimate]:
    """Estimate revenue per order."""
    return _plain(values_of(baseline.revenue, baseline.orders), values_of(variation.revenue, variation.orders))


def median_buyer(baseline: Visitors, variation: Visitors) -> tuple[Estimate, Estimate]:
    """Estimate the median of what buyers spend."""
    runs = range(len(baseline.revenue))
    return _stacked([(_median(baseline.revenue[run]), _median(variation.revenue[run])) for run in runs])


ESTIMATORS: Final[dict[str, Estimator]] = {
    "mean": mean,
    "mean, CUPED": cuped,
    "mean, CUPED in strata": cuped_in_strata,
    "mean, capped": capped_mean,
    "ratio: clicks per item seen": click_rate,
    "ratio: revenue per order": order_value,
    "median of buyers": median_buyer,
}


def _plain(baseline: Floats, variation: Floats) -> tuple[Estimate, Estimate]:
    return plain(Sample.of(baseline)), plain(Sample.of(variation))


def _adjusted(baseline: Sample, variation: Sample) -> tuple[Estimate, Estimate]:
    everyone = baseline.merged(variation)
    return adjusted(baseline, everyone), adjusted(variation, everyone)


def _median(revenue: Floats) -> Estimate:
    return quantile(revenue[revenue > 0], 0.5)


def _stacked(pairs: list[tuple[Estimate, Estimate]]) -> tuple[Estimate, Estimate]:
    """Put the estimates of runs into one for each variant."""
    first, second = (
        Estimate(*(np.array(values) for values in zip(*of_variant, strict=True)))
        for of_variant in zip(*pairs, strict=True)
    )
    return first, second


# --- The tables -------------------------------------------------------------------------------------------------------


def without_difference(runs: int) -> list[Row]:
    """Return how often differences are found where there are none."""
    rows: list[Row] = []
    for name, (baseline, variation) in _estimated(runs, 1.0).items():
        difference = absolute(baseline, variation)
        p_values = difference.p_value()
        low, high = difference.interval()
        rows.append(
            {
                "a/a": name,
                "runs": runs,
                "false positives": float((p_values < 0.05).mean()),
                "uniform": float(stats.kstest(p_values, "uniform").pvalue),
                "held": float(((low <= 0) & (high >= 0)).mean()),
            }
        )
    return rows


def coverage(runs: int) -> list[Row]:
    """Return how often intervals hold a change that is known: relative ones, and always-valid ones at the end."""
    rows: list[Row] = []
    for name, (baseline, variation) in _estimated(runs, 1 + EFFECT).items():
        if name == "mean, capped":  # what is cut is not 5 % more
            continue
        change = relative(baseline, variation)
        low, high = change.interval()
        valid = always_valid(change, 1.0)
        rows.append(
            {
                "coverage": name,
                "runs": runs,
                "95 % intervals": float(((low <= EFFECT) & (high >= EFFECT)).mean()),
                "always-valid": float(((valid.low <= EFFECT) & (valid.high >= EFFECT)).mean()),
            }
        )
    return rows


def peeking(runs: int) -> list[Row]:
    """Return in how many runs without a difference any look of 28 daily ones shows one.

    Visitors come on a day and return on later ones, so that what a visitor spends grows from look to look.
    """
    found = np.zeros(3)
    for rng, some in _chunks(runs, 2 * VISITORS * DAYS // 4):
        once, valid = np.zeros((2, some), np.bool_)
        spent = np.zeros((2, some, VISITORS))
        first_day = np.sort(rng.integers(DAYS, size=(2, some, VISITORS)), axis=-1)
        for day in range(DAYS):
            here = first_day <= day
            shops_today = here & ((first_day == day) | (rng.random(spent.shape) < 0.1))
            spent += np.where(shops_today, rng.poisson(0.2, spent.shape) * rng.lognormal(3.0, 0.6, spent.shape), 0.0)
            samples = [_of_some(spent[variant], here[variant]) for variant in (0, 1)]
            difference = absolute(*(plain(sample) for sample in samples))
            once |= difference.p_value() < 0.05
            share = (samples[0].n + samples[1].n) / (2 * VISITORS)
            valid |= always_valid(difference, share).p_value < 0.05
        found += [some, once.sum(), valid.sum()]
    return [
        {"peeking": name, "runs": runs, "looks": DAYS, "false positives": float(number / found[0])}
        for name, number in zip(("test that is made to be read once", "sequential test"), found[1:], strict=True)
    ]


def power(runs: int) -> list[Row]:
    """Return how often the verdict on a change of 5 % is right at the planned size, and on none."""
    spread, rows = 1.5, list[Row]()
    planned = planning.units_needed(EFFECT, spread)
    a_day = -(-planned // (2 * DAYS))
    for effect in (EFFECT, 0.0, -EFFECT):
        verdicts: list[NDArray[np.int64]] = []
        for rng, some in _chunks(runs, 2 * a_day):
            samples: list[Sample] | None = None
            verdict, when = np.zeros(some, np.int64), np.full(some, DAYS)
            for day in range(1, DAYS + 1):
                today = [_day(rng, some, a_day, spread, growth) for growth in (1.0, 1 + effect)]
                samples = (
                    today if samples is None else [old.merged(new) for old, new in zip(samples, today, strict=True)]
                )
                change = relative(*(plain(sample) for sample in samples))
                valid = always_valid(change, 2 * a_day * day / planned)
                is_new = (verdict == 0) & ((valid.low > 0) | (valid.high < 0))
                verdict[is_new], when[is_new] = np.where(valid.low > 0, 1, -1)[is_new], day
            verdicts.append(np.stack([verdict, when]))
        all_verdicts = np.concatenate(verdicts, axis=1)
        right = all_verdicts[0] == np.sign(effect)
        rows.append(
            {
                "power": f"{effect:+.0%}",
                "runs": runs,
                "planned visitors": planned,
                "right verdict": float(right.mean()),
                "median share of visitors": float(np.median(all_verdicts[1][right])) / DAYS,
            }
        )
    return rows


def _day(rng: np.random.Generator, runs: int, number: int, spread: float, growth: float) -> Sample:
    shape = 1 / spread**2
    return Sample.of(values_of(growth * rng.gamma(shape, 1 / shape, (runs, number))))


def _of_some(values: Floats, here: NDArray[np.bool_]) -> Sample:
    """Return the sample of those visitors who have come, (runs,)."""
    columns = values_of(values) * here[..., None]
    return Sample.of_sums(here.sum(-1), columns.sum(-2), np.swapaxes(columns, -1, -2) @ columns)


def _estimated(runs: int, growth: float) -> dict[str, tuple[Estimate, Estimate]]:
    """Return the estimates of every run by each estimator, all of the same visitors."""
    found: dict[str, list[tuple[Estimate, Estimate]]] = {name: [] for name in ESTIMATORS}
    for rng, some in _chunks(runs, 2 * VISITORS):
        baseline, variation = visitors(rng, some, VISITORS), visitors(rng, some, VISITORS, growth)
        for name, estimator in ESTIMATORS.items():
            found[name].append(estimator(baseline, variation))
    return {name: _joined(parts) for name, parts in found.items()}


def _joined(parts: list[tuple[Estimate, Estimate]]) -> tuple[Estimate, Estimate]:
    first, second = (
        Estimate(*(np.concatenate(values) for values in zip(*of_variant, strict=True)))
        for of_variant in zip(*parts, strict=True)
    )
    return first, second


def _chunks(runs: int, cells: int) -> Iterator[tuple[np.random.Generator, int]]:
    """Give a generator of random numbers and a number of runs that fit into memory together, until all are given."""
    rng = np.random.default_rng(SEED)
    while runs > 0:
        some = min(runs, max(1, _CELLS // cells))
        yield rng, some
        runs -= some


def main() -> None:
    """Print the tables."""
    parser = options("statistics", __doc__ or "")
    parser.add_argument("--runs", type=int, default=RUNS, help="how many experiments of each kind")
    arguments = parser.parse_args()
    rows: list[Row] = []
    for table in (without_difference, peeking, coverage, power):
        made = table(arguments.runs)
        finish(made, None)
        print()
        rows += made
    if arguments.json:
        finish(rows, arguments.json)


if __name__ == "__main__":
    main()
