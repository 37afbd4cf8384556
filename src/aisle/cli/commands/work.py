"""`aisle worker` and `aisle jobs`: what a shop does by itself."""

from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.options import Json
from aisle.cli.shop import open_shop, where
from aisle.shop.moments import MINUTE, SECOND, from_moment

if TYPE_CHECKING:
    from aisle.storage.work.jobs import JobRow

jobs = typer.Typer(name="jobs", help="What the worker does, did and is asked to do.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The job's number.")]


def worker(context: typer.Context) -> None:
    """Do the shop's jobs: train daily, count what the shelves bring, clean up, back up; and what `aisle jobs run` asks.

    When each is due stands in `[worker]` of `aisle.toml`. `aisle serve --with-worker` runs one beside the server.
    """
    import logging

    from aisle.app.work.process import work

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    work(where(context).settings())


@jobs.command("list")
def list_(
    context: typer.Context,
    n: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many.")] = 20,
    as_json: Json = False,
) -> None:
    """List the newest jobs."""
    from aisle.cli.display import terminal
    from aisle.storage.work import jobs as table

    with open_shop(context) as shop:
        found = table.list_(shop.db, n)
    if as_json:
        terminal.json([job._asdict() for job in found])
    elif found:
        columns = ("job", "what", "status", "asked by", "at (UTC)", "took", "outcome")
        terminal.out.print(terminal.table("Jobs", columns, [_row(job) for job in found], right=("job", "took")))
    else:
        terminal.say("There were no jobs yet. aisle worker, or aisle serve --with-worker, does them when they are due.")


@jobs.command()
def run(
    context: typer.Context,
    kind: Annotated[
        str, typer.Argument(help="train, count, refresh, experiments, segments, marts, drift, clean-up or backup.")
    ],
) -> None:
    """Ask the worker for a job now."""
    from aisle.app.work.kinds import kind_named
    from aisle.app.work.worker import LEASE
    from aisle.cli.display import terminal
    from aisle.storage.work import jobs as table
    from aisle.storage.work import leases

    wanted = kind_named(kind)
    with open_shop(context) as shop:
        job = table.ask(shop.db, wanted.name, "the command line")
        working = leases.holder(shop.db, LEASE)
    terminal.say(f"Job {job.number}: {wanted.what}.")
    if working is None:
        terminal.say("No worker runs: start one with aisle worker, or aisle serve --with-worker.")


@jobs.command()
def show(context: typer.Context, number: Number) -> None:
    """Show how far a job is, its log and what came of it."""
    from aisle.cli.display import terminal
    from aisle.storage.work import jobs as table

    with open_shop(context) as shop:
        job = table.get(shop.db, number)
    done = f", {job.stage} {job.share:.0%}" if job.status == "running" and job.share is not None else ""
    terminal.say(f"Job {job.number}, {job.kind}: {job.status}{done}")
    terminal.say(job.log.rstrip())


@jobs.command()
def cancel(context: typer.Context, number: Number) -> None:
    """Call a job off; one that runs ends at its next step."""
    from aisle.cli.display import terminal
    from aisle.storage.work import jobs as table

    with open_shop(context) as shop:
        job = table.call_off(shop.db, number)
    terminal.say(f"Job {number} ends at its next step." if job.status == "running" else f"Job {number} is called off.")


def _row(job: "JobRow") -> tuple[object, ...]:
    share = f"{job.stage} {job.share:.0%}" if job.status == "running" and job.share is not None else ""
    at = f"{from_moment(job.asked):%Y-%m-%d %H:%M}"
    return job.number, job.kind, job.status, job.asked_by, at, _took(job), job.outcome or share


def _took(job: "JobRow") -> str:
    if job.started is None or job.ended is None:
        return ""
    took = job.ended - job.started
    return f"{took / MINUTE:.1f} min" if took > 2 * MINUTE else f"{took / SECOND:.1f} s"
