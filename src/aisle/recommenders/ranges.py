"""Ranges of settings that several models share."""

from typing import Annotated

import msgspec

AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
"""A number of factors or iterations."""
Neighbours = Annotated[int, msgspec.Meta(ge=1, le=100_000)]

Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Days = Positive
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Decay = Annotated[float, msgspec.Meta(gt=0, le=1)]
"""The factor by which something counts less per step; 1: not at all less."""
