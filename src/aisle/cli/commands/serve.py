"""`aisle serve`, and `aisle demo`, which ends in it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.shop import Where, where

if TYPE_CHECKING:
    from aisle.app.settings import Settings

Port = Annotated[int | None, typer.Option(min=1, max=65535, help="The port; if busy, the next free one.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(demo)


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Port = None,
) -> None:
    """Serve the HTTP API and the page of this shop."""
    serve_shop(where(context).settings(), host, port)


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
        serve_shop(Where(place).settings(), None, port)


def serve_shop(settings: "Settings", host: str | None, port: int | None) -> None:
    """Serve a shop until the process is told to stop."""
    from aisle.app.serve import Live
    from aisle.web.access.origins import note_for_start
    from aisle.web.server import run

    address = host or settings.serve.host
    with Live(settings) as live:
        if note := note_for_start(address, any_keys=live.keys.any_made):
            typer.echo(note)
        run(live, address, port or settings.serve.port, typer.echo)
