"""`aisle serve`, and `aisle demo`, which ends in it."""

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
) -> None:
    """Serve the HTTP API and the page of this shop."""
    serve_shop(where(context).settings(), host, port, workers)


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
        serve_shop(Where(place).settings(), None, port, None, next_free=True)


def serve_shop(
    settings: "Settings", host: str | None, port: int | None, workers: int | None, *, next_free: bool = False
) -> None:
    """Serve a shop until the process is told to stop."""
    from aisle.web.workers import run

    section = settings.serve
    run(
        settings,
        host or section.host,
        port or section.port,
        workers or section.workers,
        typer.echo,
        next_free=next_free,
    )
