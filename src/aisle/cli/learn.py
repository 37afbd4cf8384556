"""Commands that train and judge: `train`, `evaluate` and `models`."""

from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.shop import open_shop
from aisle.shop.moments import format_day, from_moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Group

    from aisle.app.evaluate import Measured
    from aisle.app.train import Trained
    from aisle.evaluation.evaluate import Figures

models = typer.Typer(help="The trained models of this shop.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(train)
    app.command()(evaluate)
    app.add_typer(models, name="models")


def train(
    context: typer.Context,
    model: Annotated[str | None, typer.Option(help="The personal model, instead of the one in aisle.toml.")] = None,
    as_json: Json = False,
) -> None:
    """Train on all events, and go live unless the newest weeks show that the live model was better."""
    from aisle.cli import show

    with open_shop(context) as shop, show.bars() as progress:
        trained = shop.train(model, progress)
    if as_json:
        show.json(trained)
        return
    print_trained(trained)


def evaluate(
    context: typer.Context,
    names: Annotated[str, typer.Option("--models", help="Which models, joined by commas.")] = "als,popularity",
    n: Annotated[int, typer.Option("-n", min=1, max=1000, help="Length of the list.")] = 20,
    as_json: Json = False,
) -> None:
    """Fit models on the past and score what shoppers bought afterwards, the whole catalogue ranked."""
    from aisle.cli import show

    with open_shop(context) as shop, show.bars() as progress:
        measured = shop.evaluate([name.strip() for name in names.split(",") if name.strip()], n, progress)
    if as_json:
        show.json(measured)
    else:
        show.out.print(measured_table(measured))


@models.command("list")
def list_models(context: typer.Context, as_json: Json = False) -> None:
    """List the trained models, newest first."""
    from aisle.cli import show

    with open_shop(context) as shop:
        rows = shop.models()
    if as_json:
        show.json(rows)
    elif not rows:
        show.out.print("No model yet: run aisle train.")
    else:
        cells = [(row.version, row.status, f"{from_moment(row.created):%Y-%m-%d %H:%M}", row.note) for row in rows]
        show.out.print(show.table("Models", ("version", "status", "trained (UTC)", "note"), cells, right=["version"]))


@models.command()
def rollback(context: typer.Context) -> None:
    """Go back to the model that was live before; every process follows within two seconds."""
    with open_shop(context) as shop:
        version = shop.rollback()
    typer.echo(f"Model {version} is live again.")


def print_trained(trained: "Trained") -> None:
    """Print what a training came to."""
    from aisle.cli import show

    if trained.measured:
        show.out.print(measured_table(trained.measured))
    verb = "is live" if trained.live else "stays out"
    show.out.print(
        f"Model {trained.version} {verb}: {trained.reason}. Learnt from {trained.events:,} events of {trained.users:,} "
        f"shoppers and {trained.items:,} items in {trained.seconds:.1f} s.",
        highlight=False,
    )


def measured_table(measured: "Sequence[Measured]") -> "Group":
    """Return a table of models and their figures on the held-out weeks."""
    from aisle.cli import show

    report = measured[0].report
    columns = ("model", "items", "rec.", "prec", "F1", "NDCG", "MAP", "MRR", "hits", "cov.", "fit", "score")
    rows = []
    for one in measured:
        for kind, figures in (("all", one.report.all), ("novel", one.report.novel)):
            if figures is not None:
                rows.append((*_first_cells(one, kind), *_figures(figures), *_last_cells(one, kind)))
    days = f"{format_day(report.cut)} to {format_day(report.end - 1)}"
    title = f"{report.target} by {report.all.shoppers:,} shoppers, {days}: the best {report.k} of all items"
    return show.table(title, columns, rows, right=columns[2:])


def _first_cells(measured: "Measured", kind: str) -> tuple[str, str]:
    return (measured.model if kind == "all" else "", kind)


def _figures(figures: "Figures") -> list[str]:
    numbers = (
        figures.recall, figures.precision, figures.f1, figures.ndcg, figures.map, figures.mrr, figures.hit_rate,
    )  # fmt: skip
    return [_short(number) for number in numbers]


def _short(share: float) -> str:
    """Write a share without its leading zero, so that a row fits into 80 columns."""
    return f"{share:.3f}".removeprefix("0")


def _last_cells(measured: "Measured", kind: str) -> tuple[str, str, str]:
    if kind != "all":
        return ("", "", "")
    return (_short(measured.report.coverage), f"{measured.fit_seconds:.1f}s", f"{measured.report.seconds:.1f}s")
