"""`aisle serve`, and `aisle demo`, which ends in it."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.shop import Where, where

if TYPE_CHECKING:
    from aisle.app.settings import Settings

Port = Annotated[int | None, typer.Option(min=1, max=65535, help="The port.")]


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Port = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="How many processes answer.")] = None,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Also do the shop's jobs, as aisle worker.")
    ] = False,
) -> None:
    """Serve the HTTP API and the page of this shop."""
    serve_shop(where(context).settings(), host, port, workers, with_worker=with_worker)


def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The simulated shop's folder.")] = Path("demo-shop"),
    events: Annotated[int, typer.Option(min=10_000, help="How many events to simulate.")] = 300_000,
    items: Annotated[int, typer.Option(min=1_000, max=1_000_000, help="How many items the shop sells.")] = 2_000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop before the server.")] = False,
    port: Port = None,
) -> None:
    """Show everything on a simulated shop: events, training, figures, shelves and the page."""
    from aisle.cli.demo import run_demo

    place = where(context).folder / folder
    run_demo(place, events, items)
    if no_serve:
        typer.echo(f"Next: aisle -C {place} serve")
    else:
        settings = Where(place).settings()
        quiet = settings.serve.model_copy(update={"access_log": False})
        serve_shop(settings.model_copy(update={"serve": quiet}), None, port, None, next_free=True, with_worker=True)


def serve_shop(
    settings: "Settings",
    host: str | None,
    port: int | None,
    workers: int | None,
    *,
    next_free: bool = False,
    with_worker: bool = False,
) -> None:
    """Serve a shop until the process is told to stop."""
    from aisle.app.work.process import worker_beside
    from aisle.web.workers import run

    section = settings.serve
    with worker_beside(settings) if with_worker else nullcontext():
        run(
            settings,
            host or section.host,
            port or section.port,
            workers or section.workers,
            typer.echo,
            next_free=next_free,
        )
