"""The form that declares an experiment: its fields from what was declared before, and an experiment of its fields."""

from collections.abc import Mapping
from typing import Any, Final

from aisle.app.experiments import declaring
from aisle.experiments.experiment import BASELINE, Experiment
from aisle.experiments.metrics import METRICS

VARIANTS: Final = (1, 2, 3)
"""The variants that a form has beside the baseline; one without a name is left out."""

_PLAIN: Final = ("name", "placement", "unit", "traffic", "layer", "metric", "effect", "days")
_GUARDRAIL: Final = "guardrail-"


def values_of(form: Mapping[str, str]) -> dict[str, Any]:
    """Return what a form declares, as `Experiments.create` takes it.

    Raises
    ------
    InputError
        If a setting of a variant cannot be read.
    """
    said = {name: form[name].strip() for name in _PLAIN if form.get(name, "").strip()}
    variants = [_variant(form, f"variant-{number}-") for number in VARIANTS if _is_given(form, f"variant-{number}-")]
    baseline = {"name": BASELINE, "weight": form.get("weight", "").strip() or 1}
    values: dict[str, Any] = {"name": "", "placement": ""} | said | {"variants": [baseline, *variants]}
    values["guardrails"] = [name for name in METRICS if form.get(_GUARDRAIL + name)]
    if form.get("ramp", "").strip():
        values["ramp"] = [part.strip() for part in form["ramp"].split(",")]
    return values


def form_of(experiment: Experiment) -> dict[str, str]:
    """Return the fields of a form that declares an experiment, of at most `VARIANTS` variants beside the baseline."""
    form = {name: _text(getattr(experiment, name)) for name in _PLAIN}
    form["weight"] = _text(experiment.variants[0].weight)
    form["ramp"] = ", ".join(map(_text, experiment.ramp))
    form |= {_GUARDRAIL + name: "1" for name in experiment.guardrails}
    for number, variant in zip(VARIANTS, experiment.variants[1:], strict=False):
        settings = dict(variant.settings)
        fields = {
            "name": variant.name,
            "weight": _text(variant.weight),
            "strategy": settings.pop("strategy", ""),
            "model": _text(variant.model),
            "holdout": "1" if variant.holdout else "",
            "settings": "\n".join(declaring.written(settings)),
        }
        form |= {f"variant-{number}-{name}": value for name, value in fields.items()}
    return form


def _is_given(form: Mapping[str, str], start: str) -> bool:
    """Tell whether anything of a variant but its weight is filled in."""
    return any(form.get(start + name, "").strip() for name in ("name", "strategy", "model", "settings", "holdout"))


def _variant(form: Mapping[str, str], start: str) -> dict[str, Any]:
    given = {name.removeprefix(start): value.strip() for name, value in form.items() if name.startswith(start)}
    variant = declaring.variant(given.get("name", ""), given.get("settings", ""))
    variant |= {name: given[name] for name in ("weight", "model") if given.get(name)}
    if given.get("holdout"):
        variant["holdout"] = True
    if given.get("strategy"):
        variant["settings"]["strategy"] = given["strategy"]
    return variant


def _text(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
