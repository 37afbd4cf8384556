"""From a training or a search to a run of an experiment tracker: parameters, metrics and files."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from aisle._version import __version__
from aisle.app.settings import ShopSection
from aisle.engine.recipe import Recipe
from aisle.models.mlflow import Run
from aisle.shop.moments import from_moment

if TYPE_CHECKING:
    from aisle.app.experiments.experiments import Told
    from aisle.app.train import DataSummary, Trained
    from aisle.app.training.measuring import Measured
    from aisle.app.tuning.search import Tuned

MAX_LENGTH: Final = 6000
"""The most characters of a parameter."""

PREFIXES: Final = {"new": "", "live": "live/", "popularity": "popularity/"}
"""The prefix of the metrics of a measured model, by its role in the training."""

REPORT_SETTINGS: Final = frozenset({"k", "target", "cut", "end"})
"""The fields of a report that are no figures."""


def training_run(shop: ShopSection, recipe: Recipe, trained: "Trained") -> Run:
    """Return the run of a training."""
    params = flat({"model": recipe.model, "seed": recipe.seed, "weights": msgspec.to_builtins(recipe.weights)})
    for role, spec in recipe.parts.items():
        params |= flat({role: {"model": spec.model} | spec.settings})
    if recipe.hybrid is not None:
        params |= flat({"hybrid": msgspec.to_builtins(recipe.hybrid)})
    return Run(
        name=f"model {trained.version}",
        params=as_text(params | data_params(trained.learnt_from) | window_params(trained.measured)),
        metrics=training_metrics(trained),
        tags=tags(shop) | {"aisle_version": str(trained.version), "mlflow.note.content": trained.reason},
        files={"trained.json": as_json(trained)},
    )


def tuning_run(shop: ShopSection, tuned: "Tuned") -> Run:
    """Return the run of a search, with the value of every trial."""
    best = tuned.best[0] if tuned.best else None
    params = flat({"model": tuned.model, "metric": tuned.metric, "trials": tuned.trials, "stopped": tuned.stopped})
    params |= flat({"best": best.settings if best else {}, "current": tuned.current}) | data_params(tuned.learnt_from)
    window = {"target": tuned.target, "from": day(tuned.cut), "to": day(tuned.end)}
    metrics = {"current": tuned.current_value, "seconds": tuned.seconds}
    metrics |= {"best": best.value} if best else {}
    metrics |= numbers(flat({"matters": tuned.importance, "gain": msgspec.to_builtins(tuned.comparison)}))
    return Run(
        name=f"tune {tuned.model}",
        params=as_text(params | flat({"evaluated": window})),
        metrics=metrics,
        tags=tags(shop),
        series={"trial": {trial.number: trial.value for trial in tuned.history}},
        files={"tuned.json": as_json(tuned), "trials.json": as_json(tuned.history)},
    )


def experiment_run(shop: ShopSection, told: "Told") -> Run:
    """Return the run of an experiment that was stopped: what it compared, and what each variant changed."""
    report, row = told.report, told.row
    metrics = flat({"visitors": report.units}) | {
        "days": report.days,
        "done": report.done,
        "balance_p": report.balance_p,
    }
    for one in report.rows:
        figures = {"change": one.change, "low": one.low, "high": one.high, "p_value": one.p_value}
        metrics |= flat({one.variant: {one.metric: figures}})
    name = f"{row.name}.{row.version}"
    return Run(
        name=f"experiment {name}",
        params=as_text(flat(msgspec.to_builtins(report.experiment))),
        metrics=numbers(metrics),
        tags=tags(shop) | {"aisle_experiment": name, "mlflow.note.content": told.decision.sentence},
        files={"report.json": as_json(report), "decision.json": as_json(told.decision)},
    )


def tags(shop: ShopSection) -> dict[str, str]:
    """Return the tags of every run of a shop."""
    return {"shop": shop.name, "simulated": str(shop.simulated).lower(), "aisle": __version__}


def data_params(data: "DataSummary") -> dict[str, Any]:
    """Return the training data of a model: its window, its size and its digest."""
    summary = msgspec.to_builtins(data) | {"first": day(data.first), "last": day(data.last)}
    return flat({"data": summary})


def window_params(measured: "Sequence[Measured]") -> dict[str, Any]:
    """Return the held-out window and its target; nothing if no window was held out."""
    if not measured:
        return {}
    report = measured[0].report
    return flat({"evaluated": {"from": day(report.cut), "to": day(report.end), "target": report.target, "k": report.k}})


def training_metrics(trained: "Trained") -> dict[str, float]:
    """Return all figures of a training, by model, segment and placement."""
    metrics = {"seconds": trained.seconds, "live": float(trained.live)}
    for measured in trained.measured:
        report = msgspec.to_builtins(measured.report)
        figures = {name: value for name, value in report.items() if name not in REPORT_SETTINGS}
        figures["score_seconds"], figures["fit_seconds"] = figures.pop("seconds"), measured.fit_seconds
        metrics |= {PREFIXES[measured.role] + name: value for name, value in numbers(flat(figures)).items()}
    for shelf in trained.placements:
        # The name of a placement may hold any character, that of a metric only a few.
        name = re.sub(r"[^\w-]", "_", shelf.placement)
        metrics |= numbers(flat({"placements": {name: msgspec.to_builtins(shelf)}}))
    return metrics | numbers(flat({"review_stars": msgspec.to_builtins(trained.review_errors)}))


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested values by path, such as `segments/new/ndcg`."""
    return dict(_leaves(values, prefix))


def _leaves(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}/")
        else:
            yield prefix + name, value


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Return the values that are finite numbers."""
    return {
        name: float(value)
        for name, value in values.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    }


def as_text(params: Mapping[str, Any]) -> dict[str, str]:
    """Return parameters as the texts that a tracker stores."""
    return {name: _text(value)[:MAX_LENGTH] for name, value in params.items()}


def _text(value: Any) -> str:
    if isinstance(value, (str, float)):
        return str(value)  # JSON has no infinity
    return msgspec.json.encode(value).decode()


def as_json(value: Any) -> str:
    """Return a value as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(value)).decode()


def day(moment: int) -> str:
    """Return a moment as ISO 8601."""
    return from_moment(moment).isoformat(timespec="seconds")
