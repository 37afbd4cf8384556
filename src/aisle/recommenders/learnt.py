"""What a component of a bundle has learnt: the attributes that its class annotates, with names that end in `_`.

An array is stored under the name of its attribute without the `_`, and a named tuple of arrays, such as a sparse table,
under the names of its fields; one that may be None, only if it is not. Where that would not do, an annotation has
another name for the array, or a prefix for the fields: `Annotated[CSR, "votes_"]`.
"""

from collections.abc import Mapping
from inspect import get_annotations
from types import NoneType, UnionType
from typing import Annotated, Any, get_args, get_origin

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def arrays_of(component: Any) -> dict[str, Array]:
    """Return everything learnt, by its names in a bundle."""
    arrays: dict[str, Array] = {}
    for learnt in _learnt_by(type(component)):
        value = getattr(component, learnt.attribute)
        if value is not None:
            arrays |= zip(learnt.names, value if learnt.table else [value], strict=True)
    return arrays


def restore(component: Any, arrays: Mapping[str, Array]) -> None:
    """Give a component everything that `arrays_of` returned.

    Raises
    ------
    KeyError
        If an array is missing.
    """
    for learnt in _learnt_by(type(component)):
        if learnt.optional and learnt.names[0] not in arrays:
            continue
        # Plain views: the class of a memory-mapped array slows down every small operation.
        values = [np.asarray(arrays[name]) for name in learnt.names]
        setattr(component, learnt.attribute, learnt.table(*values) if learnt.table else values[0])


class _Learnt:
    """An attribute that holds something learnt.

    Attributes
    ----------
    names
        Those of its arrays in a bundle.
    table
        The class of a named tuple; None for an array.
    """

    def __init__(self, attribute: str, hint: Any) -> None:
        hint, name = get_args(hint) if get_origin(hint) is Annotated else (hint, None)
        kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        self.attribute = attribute
        self.optional = NoneType in kinds
        self.table: Any = next((kind for kind in kinds if hasattr(kind, "_fields")), None)
        self.names: tuple[str, ...] = (name or attribute.removesuffix("_"),)
        if self.table is not None:
            self.names = tuple(f"{name or ''}{field}" for field in self.table._fields)


def _learnt_by(kind: type) -> tuple[_Learnt, ...]:
    hints = {name: hint for base in reversed(kind.__mro__) for name, hint in get_annotations(base).items()}
    return tuple(_Learnt(name, hint) for name, hint in hints.items() if name.endswith("_"))
