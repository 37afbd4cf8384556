"""The trained models beside one another: their figures, their settings, and what their shelves brought."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import polars as pl

from aisle.app.train import Trained
from aisle.evaluation.bootstrap import Interval
from aisle.evaluation.evaluate import Report
from aisle.insights.kpis import rates
from aisle.models import registry
from aisle.models.registry import ModelRow
from aisle.shop.columns import MODEL_VERSION, SHELF_DAYS
from aisle.shop.errors import NotFound
from aisle.shop.schemas import schema_of
from aisle.storage.connection import Database
from aisle.storage.shelves import days
from aisle.storage.work import trainings

HEADLINES: Final = ("ndcg", "recall", "mrr", "hit_rate")
"""The figures that have intervals."""

SCHEMA: Final = {
    "version": pl.Int64, "items": pl.String, "figure": pl.String,
    "value": pl.Float64, "low": pl.Float64, "high": pl.Float64,
}  # fmt: skip
"""The columns of `figures`."""


class Version(NamedTuple):
    """A trained model, with what its training told of it."""

    row: ModelRow
    training: Trained | None
    """None for a model of an Aisle that did not store it, or stored something else."""
    on_disk: bool
    """Whether its bundle is there, so that it can be promoted."""

    @property
    def report(self) -> Report | None:
        """The figures of its recipe on the held-out weeks; None if nothing could be measured, or none were stored."""
        if self.training is not None:
            return next((each.report for each in self.training.measured if each.role == "new"), None)
        stored = next(iter(self.row.metrics.values()), None)
        try:
            return msgspec.convert(stored, Report, strict=False)
        except msgspec.ValidationError:
            return None


class Difference(NamedTuple):
    """A setting that differs between two models; None where one of them has no such setting."""

    setting: str
    first: Any
    second: Any


def versions(db: Database, bundles: Path) -> list[Version]:
    """Return all trained models, newest first.

    Parameters
    ----------
    bundles
        The folder of the bundles of all versions.
    """
    told = trainings.records(db)
    return [_version(row, told.get(row.version), bundles) for row in registry.list_(db)[::-1]]


def version_of(found: Sequence[Version], number: int) -> Version:
    """Return one of some versions.

    Raises
    ------
    NotFound
        If there is none of this number.
    """
    for version in found:
        if version.row.version == number:
            return version
    raise NotFound(f"there is no model {number}; those there are: {', '.join(str(one.row.version) for one in found)}")


def figures(found: Sequence[Version]) -> pl.DataFrame:
    """Return the headline figures of models with their intervals: the columns of `SCHEMA`.

    `items` is `all`, or `novel` for those new to the shopper. Models of which nothing was measured are missing.
    """
    rows: list[tuple[int, str, str, float, float, float]] = []
    for version in found:
        report = version.report
        if report is None:
            continue
        for items, of_items in (("all", report.intervals), ("novel", report.novel_intervals)):
            for name in HEADLINES if of_items is not None else ():
                interval: Interval = getattr(of_items, name)
                rows.append((version.row.version, items, name, interval.value, interval.low, interval.high))
    return pl.DataFrame(rows, SCHEMA, orient="row")


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Difference]:
    """Return which settings differ between two recipes, by their paths such as `parts.als.settings.factors`."""
    one, other = flat(first), flat(second)
    return [
        Difference(setting, one.get(setting), other.get(setting))
        for setting in sorted(one.keys() | other.keys())
        if one.get(setting) != other.get(setting)
    ]


def live_kpis(db: Database, since: int, until: int) -> pl.DataFrame:
    """Return what the shelves of each model brought from the day `since` up to, not including, `until`.

    Returns
    -------
        The columns of `insights.kpis.rates.of_shelves` by model version, as far as the days were counted; the newest
        version first.
    """
    counts = pl.DataFrame(days.rows(db, days.SHELVES, since, until), schema=schema_of(SHELF_DAYS), orient="row")
    return rates.of_shelves(counts, (MODEL_VERSION,)).sort(MODEL_VERSION, descending=True, nulls_last=True)


def _version(row: ModelRow, told: Mapping[str, Any] | None, bundles: Path) -> Version:
    try:
        training = None if told is None else msgspec.convert(told, Trained, strict=False)
    except msgspec.ValidationError:  # another Aisle's
        training = None
    return Version(row, training, row.path is not None and (bundles / row.path).is_dir())


def flat(settings: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return nested settings by their paths."""
    paths: dict[str, Any] = {}
    for name, value in settings.items():
        paths |= flat(value, f"{path}{name}.") if isinstance(value, Mapping) else {path + name: value}
    return paths
