"""How templates are filled in: strictly, with everything escaped."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def environment(templates: Path | Sequence[Path], filters: Iterable[Callable[..., Any]]) -> Environment:
    """Return the templates of a folder, or of several.

    Parameters
    ----------
    templates
        The folder, or several, the first of which counts most. A name that a template uses and nobody gives is an
        error; text is never markup.
    """
    loaded = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    loaded.filters |= {function.__name__: function for function in filters}
    return loaded
