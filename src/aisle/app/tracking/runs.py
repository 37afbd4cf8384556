"""What a training and a search are in an experiment tracker: parameters, metrics and files."""

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
    from aisle.app.train import DataSummary, Trained
    from aisle.app.training.measuring import Measured
    from aisle.app.tuning.search import Tuned

LONGEST: Final = 6000
"""So many characters has a parameter at most."""

PREFIXES: Final = {"new": "", "live": "live/", "popularity": "popularity/"}
"""What stands before the metrics of each role that a measured model has in a training."""

REPORT_SETTINGS: Final = frozenset({"k", "target", "cut", "end"})
"""Which fields of a report say what was measured, and are no figures."""


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
    """Return the run of a search, with the figure of each of all its trials."""
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


def tags(shop: ShopSection) -> dict[str, str]:
    """Return what every run of a shop is known by."""
    return {"shop": shop.name, "simulated": str(shop.simulated).lower(), "aisle": __version__}


def data_params(data: "DataSummary") -> dict[str, Any]:
    """Return what a model learnt from: the window, how much there was of it, and a digest of all of it."""
    summary = msgspec.to_builtins(data) | {"first": day(data.first), "last": day(data.last)}
    return flat({"data": summary})


def window_params(measured: "Sequence[Measured]") -> dict[str, Any]:
    """Return which weeks were held out and what counted in them, if any were."""
    if not measured:
        return {}
    report = measured[0].report
    return flat({"evaluated": {"from": day(report.cut), "to": day(report.end), "target": report.target, "k": report.k}})


def training_metrics(trained: "Trained") -> dict[str, float]:
    """Return every figure: of the whole, segment by segment, by placement, of the live recipe, and of popularity."""
    metrics = {"seconds": trained.seconds, "live": float(trained.live)}
    for measured in trained.measured:
        report = msgspec.to_builtins(measured.report)
        figures = {name: value for name, value in report.items() if name not in REPORT_SETTINGS}
        figures["score_seconds"], figures["fit_seconds"] = figures.pop("seconds"), measured.fit_seconds
        metrics |= {PREFIXES[measured.role] + name: value for name, value in numbers(flat(figures)).items()}
    for shelf in trained.placements:
        # A shop may call a placement what it likes, and a tracker takes few signs.
        name = re.sub(r"[^\w-]", "_", shelf.placement)
        metrics |= numbers(flat({"placements": {name: msgspec.to_builtins(shelf)}}))
    return metrics | numbers(flat({"review_stars": msgspec.to_builtins(trained.review_errors)}))


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested values by their path, such as `segments/new/ndcg`."""
    return dict(_leaves(values, prefix))


def _leaves(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}/")
        else:
            yield prefix + name, value


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Return those values that are finite numbers."""
    return {
        name: float(value)
        for name, value in values.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    }


def as_text(params: Mapping[str, Any]) -> dict[str, str]:
    """Return parameters as a tracker keeps them."""
    return {name: _text(value)[:LONGEST] for name, value in params.items()}


def _text(value: Any) -> str:
    if isinstance(value, (str, float)):
        return str(value)  # JSON has no word for the infinite
    return msgspec.json.encode(value).decode()


def as_json(value: Any) -> str:
    """Return a value for programs."""
    return msgspec.json.format(msgspec.json.encode(value)).decode()


def day(moment: int) -> str:
    """Return a moment for people."""
    return from_moment(moment).isoformat(timespec="seconds")
