"""What is compared: ways to fill the shelf, each as settings of a shop."""

import tomllib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from aisle.app.settings import PlacementSection
from aisle.shop.errors import SettingsError

SHELF: Final = "recommended-for-you"

QUICK: Final = {"windows": 1, "questions": 800}
"""Settings of a hybrid that trains within seconds, as `aisle demo` has it."""

MODELS: Final = ("popularity", "als", "hybrid")

DEFAULT: Final = (*MODELS, "hybrid:explore=0.02")


class Policy(NamedTuple):
    """A model, and settings of the shelf's placement.

    Attributes
    ----------
    name
        Both as they are written, and the name of the policy's folder.
    """

    name: str
    model: str
    placement: Mapping[str, Any]

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Read a policy: `hybrid`, or `hybrid:fatigue=false,diversity=0.3`.

        Raises
        ------
        ValueError
            If there is no such model or setting.
        """
        model, _, settings = text.partition(":")
        if model not in MODELS:
            raise ValueError(f"there is no policy {model!r}; choose from {', '.join(MODELS)}")
        try:
            placement = tomllib.loads(f"placement = {{{settings}}}")["placement"]
            _ = PlacementSection(**placement).rules
        except (tomllib.TOMLDecodeError, SettingsError) as error:
            raise ValueError(f"{settings!r} are no settings of a placement: {error}") from None
        return cls(text, model, placement)

    @property
    def sections(self) -> dict[tuple[str, ...], Mapping[str, Any]]:
        """The settings by the section of `aisle.toml`."""
        return {
            ("train",): {"model": self.model},
            ("models", "hybrid"): QUICK,
            ("placements", SHELF): self.placement,
        }
