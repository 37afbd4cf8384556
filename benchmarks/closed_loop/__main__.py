"""What each way to fill a shelf earns, day after day, from simulated shoppers who meet the HTTP API.

    python -m benchmarks.closed_loop [FOLDER] [--days 60] [--policies POLICY …] [--at-once 2] [--json FILE]

A policy is a model, or a model and settings of the placement: `hybrid:fatigue=false`. Each has a shop of its own in
FOLDER, trained anew every night on what its shoppers did, and the same visitors with the same dice
(`benchmarks.closed_loop.town`, `aisle.simulator.judging`). A run that was interrupted, or was for fewer days, goes on
where it stopped. `docs/closed_loop.md` says what the columns mean.
"""

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from benchmarks.closed_loop.figures import Lived, table, variety
from benchmarks.closed_loop.loop import end_with_parent, live
from benchmarks.closed_loop.policies import DEFAULT, Policy
from benchmarks.closed_loop.town import Size, build
from benchmarks.shared.rows import Row, finish, options

DAYS: Final = 60


def main() -> None:
    """Live the days of each policy, and print what they amount to."""
    parser = options("closed_loop", __doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("closed-loop"), help="what is lived is kept here")
    parser.add_argument("--days", type=int, default=DAYS, choices=range(1, DAYS + 1), metavar="DAYS", help="how many")
    parser.add_argument("--policies", type=_policy, nargs="+", default=DEFAULT, help="what is compared, with the first")
    parser.add_argument("--at-once", type=int, default=2, help="how many policies live at the same time")
    arguments = parser.parse_args()
    for rows in run(arguments, Size(DAYS)):
        finish(rows, arguments.json)
        print()


def _policy(text: str) -> str:
    try:
        return Policy.parse(text).name
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(arguments: argparse.Namespace, size: Size) -> list[list[Row]]:
    """Return the tables of a run."""
    spawn = multiprocessing.get_context("spawn")  # Polars and LightGBM do not survive a fork
    with ProcessPoolExecutor(arguments.at_once, mp_context=spawn, initializer=end_with_parent) as pool:
        # The last ones train longest: they begin, so that nobody waits for them in the end.
        last_first = reversed(arguments.policies)
        lives = [pool.submit(live, arguments.folder, policy, size, arguments.days) for policy in last_first]
        for one in lives:
            one.result()
    town = build(size)
    lived = {policy: Lived.read(arguments.folder, policy, arguments.days) for policy in arguments.policies}
    return [table(lived), variety(town, lived)]


if __name__ == "__main__":
    main()
