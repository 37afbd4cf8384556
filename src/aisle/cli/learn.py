"""Commands that train and judge: `train`, `evaluate` and `models`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.duration import duration
from aisle.cli.shop import Engine, open_shop
from aisle.shop.errors import InputError
from aisle.shop.moments import from_moment

if TYPE_CHECKING:
    from aisle.app.shop import Shop
    from aisle.app.train import Trained
    from aisle.storage.models import ModelRow

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
    budget: Annotated[
        float | None,
        typer.Option(
            parser=duration,
            metavar="TIME",
            help="How long the ranker may gather past weeks to learn from: 90s, 10m, 1.5h.",
        ),
    ] = None,
    engine: Annotated[Engine, typer.Option(help="Where it is trained; `spark` as [spark] of aisle.toml says.")] = (
        Engine.LOCAL
    ),
    source: Annotated[
        str | None,
        typer.Option(
            help="With the engine spark: Parquet files, a Delta table or a jdbc: URL instead of the shop's log."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train on all events, and go live unless the newest weeks show that the live model was better."""
    from aisle.cli import show

    on_spark = engine is Engine.SPARK
    if source is not None and not on_spark:
        raise InputError("--source is for --engine spark; aisle import brings files into the shop")
    if budget is not None and on_spark:
        raise InputError("--budget is for the ranker, which is not trained on Spark; leave it out")
    with open_shop(context) as shop, show.bars() as progress:
        trained = shop.train_on_spark(model, source, progress) if on_spark else shop.train(model, budget, progress)
        attach_figures(shop, trained)
    if as_json:
        show.json(trained)
        return
    print_trained(trained)


def attach_figures(shop: "Shop", trained: "Trained") -> None:
    """Put the page that compares the models to the run of a training, if there is one."""
    if trained.run_id and trained.measured:
        from aisle.report.models import models_page

        shop.attach(trained.run_id, "models.html", models_page(trained.measured, shop.settings.shop))


def evaluate(
    context: typer.Context,
    names: Annotated[str, typer.Option("--models", help="Which models, joined by commas.")] = "als,popularity",
    n: Annotated[int, typer.Option("-n", min=1, max=1000, help="Length of the list.")] = 20,
    as_json: Json = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with the figures, too.")] = None,
) -> None:
    """Fit models on the past and score what shoppers bought afterwards, the whole catalogue ranked."""
    from aisle.cli import show
    from aisle.cli.figures import measured_tables
    from aisle.report.file import check_target, write_page
    from aisle.report.models import models_page

    if html:
        check_target(html)
    with open_shop(context) as shop, show.bars() as progress:
        measured = shop.evaluate([name.strip() for name in names.split(",") if name.strip()], n, progress)
    if html:
        write_page(models_page(measured, shop.settings.shop), html)
    if as_json:
        show.json(measured)
        return
    show.out.print(measured_tables(measured))
    if html:
        show.out.print(f"The page is in {html}.", highlight=False, markup=False, soft_wrap=True)


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
        columns = ["version", "status", "trained (UTC)", "note"]
        if any(row.run_id for row in rows):
            columns.insert(3, "run")
        show.out.print(show.table("Models", columns, [_model_line(row, columns) for row in rows], right=["version"]))


def _model_line(row: "ModelRow", columns: list[str]) -> list[object]:
    """Return what the table of models says of one."""
    line: list[object] = [row.version, row.status, f"{from_moment(row.created):%Y-%m-%d %H:%M}", row.run_id, row.note]
    return line if "run" in columns else [*line[:3], row.note]


@models.command()
def promote(
    context: typer.Context, version: Annotated[int, typer.Argument(help="A version that models list shows.")]
) -> None:
    """Make a model live, whatever its figures were; every process follows within two seconds."""
    with open_shop(context) as shop:
        shop.promote(version)
    typer.echo(f"Model {version} is live.")


@models.command()
def rollback(context: typer.Context) -> None:
    """Go back to the model that was live before; every process follows within two seconds."""
    with open_shop(context) as shop:
        version = shop.rollback()
    typer.echo(f"Model {version} is live again.")


def print_trained(trained: "Trained") -> None:
    """Print what a training came to."""
    from aisle.cli import show
    from aisle.cli.figures import measured_tables, placements_table, tail_table

    if trained.measured:
        show.out.print(measured_tables(trained.measured))
    if trained.placements:
        show.out.print(placements_table(trained.placements))
    if trained.long_tail:
        show.out.print(tail_table(trained.long_tail))
    verb = "is live" if trained.live else "stays out"
    show.out.print(
        f"Model {trained.version} {verb}: {trained.reason}. Learnt from {trained.events:,} events of {trained.users:,} "
        f"shoppers and {trained.items:,} items in {trained.seconds:.1f} s.",
        highlight=False,
    )
    if trained.run_id:
        show.out.print(f"MLflow shows it as run {trained.run_id}.", highlight=False)
    if not trained.live:
        show.out.print(f"aisle models promote {trained.version} makes it live all the same.", highlight=False)
    if trained.review_errors:
        errors = trained.review_errors
        show.out.print(
            f"Comments without stars were read: on {errors.reviews:,} with stars, the words tell them to within "
            f"{errors.mae:.2f} (always the usual ones: {errors.mae_always:.2f}).",
            highlight=False,
        )
    for role, reason in trained.skipped.items():
        show.out.print(f"Left out: {role}, {reason}.", highlight=False, markup=False, style="dim")
