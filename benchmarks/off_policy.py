"""Off-policy estimates against a known truth: a made-up bandit, and the Open Bandit data.

    python -m benchmarks.off_policy [FOLDER] [--draws 200] [--json FILE]

The first table is of `benchmarks.shared.bandit`: the error of each estimate over the draws (`rmse`), how far it is off
on average (`bias`), and the share of intervals that hold the truth (`covers`). FOLDER holds Open Bandit: from the log
of its policy `random`, the click rate of its policy `bts` is estimated, whose own log tells the truth. That policy
looks at nothing of a shopper, so that its log tells how often it shows each item at each position. The last line is the
time of all estimates of a million places.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from aisle.experiments.off_policy import Estimate, Logged, estimates, overlap
from aisle.experiments.reward_model import expected_rewards
from benchmarks.shared import bandit
from benchmarks.shared.rows import Row, aligned, finish, options, timed

DRAWS: Final = 200
MANY: Final = 1_000_000
FILES: Final = "men/men.csv"


def main() -> None:
    """Print the tables."""
    parser = options("off_policy", __doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="the folder of Open Bandit")
    parser.add_argument("--draws", type=int, default=DRAWS)
    arguments = parser.parse_args()
    rows = [*known_truth(arguments.draws), *(open_bandit(arguments.folder) if arguments.folder else ())]
    finish(rows, arguments.json)
    print(aligned([speed()]))


def known_truth(draws: int) -> Iterator[Row]:
    """Yield how well each method estimates what is known."""
    drawn = [bandit.draw(seed) for seed in range(draws)]
    found = [estimates(one.logged) for one in drawn]
    for of_method in zip(*found, strict=True):
        errors = np.array([estimate.value - one.truth for estimate, one in zip(of_method, drawn, strict=True)])
        covers = [estimate.low <= one.truth <= estimate.high for estimate, one in zip(of_method, drawn, strict=True)]
        yield {
            "data": "made up",
            "method": of_method[0].method,
            "truth": drawn[0].truth,
            "bias": float(errors.mean()),
            "rmse": float(np.sqrt((errors**2).mean())),
            "covers": float(np.mean(covers)),
        }


def open_bandit(folder: Path) -> Iterator[Row]:
    """Yield what each method estimates of `bts` from the log of `random`, beside what it brought."""
    random, bts = (pl.read_csv(folder / policy / FILES) for policy in ("random", "bts"))
    truth = float(bts["click"].to_numpy().mean())
    shown = bts.group_by("position", "item_id").len("times")
    shown = shown.with_columns(target=pl.col("times") / pl.col("times").sum().over("position"))
    logged = _logged(random, shown)
    says = overlap(logged)
    for estimate in estimates(logged):
        yield {
            "data": "open bandit",
            "method": estimate.method,
            "truth": truth,
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "holds": _holds(estimate, truth),
            "effective places": round(says.effective),
            "clicks": says.rewards,
        }


def _logged(random: pl.DataFrame, shown: pl.DataFrame) -> Logged:
    """Read the log of `random`; each place was shown to somebody else."""
    joined = random.join(shown, on=["position", "item_id"], how="left", maintain_order="left")
    item, position = joined["item_id"].to_numpy(), joined["position"].to_numpy() - 1
    reward, shopper = joined["click"].to_numpy().astype(np.float64), np.arange(joined.height)
    expected, of_target = expected_rewards(item, position, reward, shopper, item)
    # The new policy shows several items at a position, so the model's expectation of it is a mean over all of them.
    of_target = np.zeros(joined.height)
    for of_item, of_position, share in shown.select("item_id", "position", "target").iter_rows():
        here = position == of_position - 1
        there = np.full(joined.height, of_item)
        of_target[here] += share * expected_rewards(item, position, reward, shopper, there)[1][here]
    target = joined["target"].fill_null(0).to_numpy()
    return Logged(reward, joined["propensity_score"].to_numpy(), target, position, shopper, expected, of_target)


def _holds(estimate: Estimate, truth: float) -> bool:
    return estimate.low <= truth <= estimate.high


def speed() -> Row:
    """Return the seconds of all estimates of a million places."""
    random = np.random.default_rng(0)
    item, target = random.integers(0, 1000, (2, MANY))
    position, shopper = np.tile(np.arange(10), MANY // 10), np.repeat(np.arange(MANY // 30 + 1), 30)[:MANY]
    reward = (random.random(MANY) < 0.03).astype(np.float64)

    def estimated() -> list[Estimate]:
        expected = expected_rewards(item, position, reward, shopper, target)
        logged = Logged(reward, np.full(MANY, 0.001), (item == target) * 1.0, position, shopper, *expected)
        overlap(logged)
        return estimates(logged)

    return {"places": MANY, "seconds": timed(estimated)[1]}


if __name__ == "__main__":
    main()
