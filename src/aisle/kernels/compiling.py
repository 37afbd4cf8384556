"""How every kernel is compiled: ahead of time for the types it names, cached on disk, without the interpreter's lock.

A kernel's annotations are its types. Arrays are C-contiguous; those called `Filled…` are written into, and the others
only read, as a bundle's mapped arrays are.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar, cast, get_type_hints

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])

Flags = Annotated[NDArray[np.bool_], types.Array(types.boolean, 1, "C", readonly=True)]
Bytes = Annotated[NDArray[np.int8], types.Array(types.int8, 1, "C", readonly=True)]
Shorts = Annotated[NDArray[np.int16], types.Array(types.int16, 1, "C", readonly=True)]
Ints = Annotated[NDArray[np.int32], types.Array(types.int32, 1, "C", readonly=True)]
IntRows = Annotated[NDArray[np.int32], types.Array(types.int32, 2, "C", readonly=True)]
Longs = Annotated[NDArray[np.int64], types.Array(types.int64, 1, "C", readonly=True)]
LongRows = Annotated[NDArray[np.int64], types.Array(types.int64, 2, "C", readonly=True)]
Floats = Annotated[NDArray[np.float32], types.Array(types.float32, 1, "C", readonly=True)]
FloatRows = Annotated[NDArray[np.float32], types.Array(types.float32, 2, "C", readonly=True)]
Doubles = Annotated[NDArray[np.float64], types.Array(types.float64, 1, "C", readonly=True)]
DoubleRows = Annotated[NDArray[np.float64], types.Array(types.float64, 2, "C", readonly=True)]
FilledBytes = Annotated[NDArray[np.int8], types.Array(types.int8, 1, "C")]
FilledFlags = Annotated[NDArray[np.bool_], types.Array(types.boolean, 1, "C")]
FilledInts = Annotated[NDArray[np.int32], types.Array(types.int32, 1, "C")]
FilledIntRows = Annotated[NDArray[np.int32], types.Array(types.int32, 2, "C")]
FilledLongs = Annotated[NDArray[np.int64], types.Array(types.int64, 1, "C")]
FilledLongRows = Annotated[NDArray[np.int64], types.Array(types.int64, 2, "C")]
FilledFloats = Annotated[NDArray[np.float32], types.Array(types.float32, 1, "C")]
FilledFloatRows = Annotated[NDArray[np.float32], types.Array(types.float32, 2, "C")]
FilledDoubleRows = Annotated[NDArray[np.float64], types.Array(types.float64, 2, "C")]
FilledDoubles = Annotated[NDArray[np.float64], types.Array(types.float64, 1, "C")]

_NUMBERS: Final = {bool: types.boolean, int: types.int64, float: types.float64, np.float32: types.float32}

# Sums may be reordered, so that loops become vector instructions; NaN and infinity keep their meaning.
_REORDERING = {"reassoc", "contract", "arcp", "nsz"}


def kernel(function: Function) -> Function:
    """Compile a function that returns nothing for exactly the types it names, or load it from the cache on disk."""
    return _compiled(function, _REORDERING)


def exact_kernel(function: Function) -> Function:
    """Compile a function as `kernel` does; each of its operations is rounded as NumPy rounds it."""
    return _compiled(function, False)


def _compiled(function: Function, reordering: set[str] | bool) -> Function:
    *parameters, _nothing = get_type_hints(function, include_extras=True).values()
    signature = types.void(*(_NUMBERS.get(hint) or hint.__metadata__[0] for hint in parameters))
    compiler = numba.njit(signature, cache=True, nogil=True, fastmath=reordering, error_model="numpy")
    return cast("Function", compiler(function))


def inlined(function: Function) -> Function:
    """Mark a function that kernels of the same file call; it is compiled as a part of them."""
    return cast("Function", numba.njit(nogil=True, fastmath=_REORDERING, error_model="numpy")(function))


def exactly_inlined(function: Function) -> Function:
    """Mark a function that exact kernels of the same file call."""
    return cast("Function", numba.njit(nogil=True, error_model="numpy")(function))
