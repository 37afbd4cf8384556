"""From texts to vectors: which encoders there are, and how a setting names one.

`tfidf` needs nothing but the texts. Every other encoder is a model of another package, written as `package:model`. The
packages are a fixed list, so that no setting can name code to run.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from aisle.shop.errors import SettingsError

Floats = NDArray[np.float32]

TFIDF: Final = "tfidf"
"""The encoder that every installation has: see `recommenders.content.lsa`."""


class Encoder(Protocol):
    """Whatever turns texts into vectors."""

    def encode(self, sentences: list[str], /) -> Floats:
        """Return a vector of finite numbers for each text, (texts, any length); equal texts have equal vectors."""
        ...


class _Package(NamedTuple):
    """A package whose models are encoders."""

    distribution: str
    """What pip calls it."""
    load: Callable[[Any, str], Encoder]
    """Loads a model, given the imported package and the model's name or folder."""


_PACKAGES: Final = {
    "model2vec": _Package("model2vec", lambda package, model: package.StaticModel.from_pretrained(model)),
    "sentence_transformers": _Package(
        "sentence-transformers", lambda package, model: package.SentenceTransformer(model)
    ),
}
"""The packages by the name that Python imports them by."""


def check_name(encoder: str) -> None:
    """Refuse a setting that names no encoder; whether its package is installed matters to training alone.

    Raises
    ------
    SettingsError
        If it is neither `tfidf` nor a known package with a model.
    """
    package, _, model = encoder.partition(":")
    if encoder != TFIDF and (package not in _PACKAGES or not model):
        choices = ", ".join([f'"{TFIDF}"', *(f'"{package}:MODEL"' for package in _PACKAGES)])
        raise SettingsError(f'encoder = "{encoder}" is unknown; choose one of {choices}')


def load_encoder(encoder: str) -> Encoder:
    """Return the model of another package that a setting names.

    Raises
    ------
    SettingsError
        If the package is not installed, or the model cannot be loaded.
    """
    package, _, model = encoder.partition(":")
    distribution, load = _PACKAGES[package]
    if find_spec(package) is None:
        raise SettingsError(f'encoder = "{encoder}" needs {distribution}: pip install {distribution}')
    try:
        return load(import_module(package), model)
    # Anything may go wrong: the package's own errors, those of its hub, of HTTP clients and of damaged files.
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise SettingsError(
            f'encoder = "{encoder}": the model cannot be loaded: {reason}; '
            "give the name of a published model, or the whole path of a model's folder"
        ) from error
