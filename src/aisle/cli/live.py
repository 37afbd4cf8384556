"""Commands that run: `serve` and `demo`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.shop import where

if TYPE_CHECKING:
    from aisle.app.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(demo)


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port; if busy, the next free one.")] = None,
) -> None:
    """Serve the HTTP API and the page of this shop."""
    serve_shop(where(context).settings(), host, port)


def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the simulated shop goes.")] = Path("demo-shop"),
    events: Annotated[int, typer.Option(min=10_000, help="How many events to simulate.")] = 300_000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop before the server.")] = False,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port; if busy, the next free one.")] = None,
) -> None:
    """Show everything on a simulated shop: events, training, figures, a shelf, a page."""
    from aisle.cli.demo import run_demo

    run_demo(where(context).folder / folder, events, serve=not no_serve, port=port)


def serve_shop(settings: "Settings", host: str | None, port: int | None) -> None:
    """Serve a shop until somebody stops it."""
    from aisle.app.serve import Live
    from aisle.web.server import run

    with Live(settings) as live:
        run(live, host or settings.serve.host, port or settings.serve.port, typer.echo)
