"""`aisle train`."""

from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.options import Engine, Json, check_source, duration
from aisle.cli.shop import open_shop
from aisle.shop.errors import InputError

if TYPE_CHECKING:
    from aisle.app.shop import Shop
    from aisle.app.train import Trained


def train(
    context: typer.Context,
    model: Annotated[str | None, typer.Option(help="The personal model, instead of the one in aisle.toml.")] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            parser=duration,
            metavar="TIME",
            help="How long it may take: 90s, 10m, 1.5h. What is left out to keep it is told.",
        ),
    ] = None,
    engine: Annotated[Engine, typer.Option(help="Where it is trained; `spark`: as [spark] of aisle.toml says.")] = (
        Engine.LOCAL
    ),
    source: Annotated[
        str | None,
        typer.Option(
            help="With --engine spark: Parquet files, a Delta table or a jdbc: URL, instead of the shop's events."
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Go live whatever the figures are, and even without parts of the live model."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Train on all events, and go live unless the newest weeks show that the live model is better."""
    from aisle.cli.display import terminal
    from aisle.cli.display.training import print_trained

    check_source(source, engine)
    on_spark = engine is Engine.SPARK
    if budget is not None and on_spark:
        raise InputError("--budget is for the ranker, which is not trained on Spark; leave it out")
    with open_shop(context) as shop, terminal.bars() as progress:
        trained = (
            shop.train_on_spark(model, source, progress, force=force)
            if on_spark
            else shop.train(model, budget, progress, force=force)
        )
        attach_figures(shop, trained)
    if as_json:
        terminal.json(trained)
    else:
        print_trained(trained)


def attach_figures(shop: "Shop", trained: "Trained") -> None:
    """Attach the page that compares the models to the MLflow run of a training, if there is one."""
    if trained.run_id and trained.measured:
        from aisle.report.models import models_page

        page = models_page(trained.measured, shop.settings.shop, trained.reliability)
        shop.attach(trained.run_id, "models.html", page)
