"""How templates are filled in: strictly, with everything escaped."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def environment(templates: Path, filters: Iterable[Callable[..., Any]]) -> Environment:
    """Return the templates of a folder.

    Parameters
    ----------
    templates
        The folder. A name that a template uses and nobody gives is an error; text is never markup.
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
