"""An experiment: what differs between its variants, for whom, where, and what it has to show."""

import re
from collections.abc import Mapping
from math import isclose
from typing import Annotated, Any, Final, Literal, Self

import msgspec
from msgspec import Meta, Struct

from aisle.experiments.metrics import METRICS
from aisle.shop.errors import InputError

BASELINE: Final = "as-is"
"""The variant that all others are compared with: the placement as it is."""

EVERYWHERE: Final = "*"
"""The placement of an experiment that is about all of them, such as one with shoppers who get no recommendations."""

Unit = Literal["user", "session"]
Share = Annotated[float, Meta(gt=0, le=1)]

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Variant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What some of the units see."""

    name: str
    weight: Annotated[float, Meta(gt=0)] = 1.0
    """How many units it gets, beside the weights of the others."""
    settings: dict[str, Any] = {}
    """What it changes in the placement: `strategy`, `objective` and the rules, by their names in aisle.toml."""
    model: int | None = None
    """The model that fills its shelves; None: the live one."""
    holdout: bool = False
    """Whether its shelves are empty on purpose."""


class Experiment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An experiment, as it was declared. Nothing of it changes while it runs.

    Raises
    ------
    InputError
        If a name, a share or a metric is not one, on creation with `checked`.
    """

    name: str
    placement: str
    variants: tuple[Variant, ...]
    """The baseline first."""
    unit: Unit = "user"
    """Who sees one variant all the time; somebody without a user id is the session."""
    traffic: Share = 1.0
    """The share of all units that take part."""
    layer: str = ""
    """Experiments of a layer share no unit; empty: the layer of the placement."""
    metric: str = "revenue_per_visitor"
    """What decides."""
    guardrails: tuple[str, ...] = ("orders_per_visitor", "return_rate")
    """What must not become worse."""
    effect: Annotated[float, Meta(gt=0, lt=10)] = 0.05
    """The least change worth finding, as a share: 0.05 is 5 %."""
    days: Annotated[int, Meta(ge=1, le=180)] = 28
    """How long it runs at most."""
    ramp: tuple[Share, ...] = (1.0,)
    """Which parts of the traffic see it, a day each, before all of it does."""
    version: int = 1
    """A changed experiment is another version, with units that are assigned anew."""

    @property
    def salt(self) -> str:
        """What makes its assignment independent of others."""
        return f"{self.name}.{self.version}"

    @property
    def own_layer(self) -> str:
        """The layer that it is in."""
        return self.layer or f"placement {self.placement}"

    def label(self, variant: Variant) -> str:
        """Return what stands in impressions of a variant."""
        return f"{self.salt}:{variant.name}"

    def shares(self) -> dict[str, float]:
        """Return the share of each variant in the units that take part."""
        whole = sum(variant.weight for variant in self.variants)
        return {variant.name: variant.weight / whole for variant in self.variants}

    def named(self, variant: str) -> Variant:
        """Return a variant by name."""
        return next(one for one in self.variants if one.name == variant)

    def checked(self) -> Self:
        """Return it, if it can run at all."""
        for what, name in [("experiment", self.name), *(("variant", variant.name) for variant in self.variants)]:
            if not _NAME.fullmatch(name):
                raise InputError(f"{what} {name!r} is no name: use a-z, 0-9 and -, at most 40 of them")
        self._check_variants()
        for metric in (self.metric, *self.guardrails):
            if metric not in METRICS:
                raise InputError(f"there is no metric {metric!r}; choose from {', '.join(METRICS)}")
        if list(self.ramp) != sorted(self.ramp) or not isclose(self.ramp[-1], 1):
            raise InputError(f"ramp {', '.join(map(str, self.ramp))} does not grow up to 1, such as 0.1, 0.5, 1")
        return self

    def _check_variants(self) -> None:
        names = [variant.name for variant in self.variants]
        if len(names) < 2 or len(set(names)) < len(names):
            raise InputError(f"variants {', '.join(names)}: two or more are needed, each with a name of its own")
        if self.variants[0].settings or self.variants[0].model or self.variants[0].holdout:
            raise InputError(f"{names[0]} is the baseline and changes nothing; add another variant")
        for variant in self.variants[1:]:
            changes = bool(variant.settings) + (variant.model is not None)
            if variant.holdout and changes:
                raise InputError(f"variant {variant.name} is a holdout, which shows nothing; it has no settings")
            if not variant.holdout and not changes:
                raise InputError(f"variant {variant.name} changes nothing; give it a setting, a model or holdout")
            if variant.settings and self.placement == EVERYWHERE:
                raise InputError(f"variant {variant.name} has settings of one placement; name it instead of *")


def of_dict(values: Mapping[str, Any]) -> Experiment:
    """Return an experiment of plain values, checked.

    Raises
    ------
    InputError
        If a value is missing, unknown or out of range.
    """
    try:
        return msgspec.convert(values, Experiment, strict=False).checked()
    except msgspec.ValidationError as error:
        raise InputError(f"experiment: {error}") from None
