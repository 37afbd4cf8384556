"""How every kernel is compiled: ahead of time for explicit types, cached on disk, without the interpreter's lock."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba import types

Function = TypeVar("Function", bound=Callable[..., Any])

# Sums may be reordered, so that loops become vector instructions; NaN and infinity keep their meaning.
_REORDERING = {"reassoc", "contract", "arcp", "nsz"}


def kernel(*arguments: types.Type) -> Callable[[Function], Function]:
    """Compile a function that returns nothing for exactly these argument types, or load it from the cache on disk."""
    compiler = numba.njit(types.void(*arguments), cache=True, nogil=True, fastmath=_REORDERING, error_model="numpy")
    return cast("Callable[[Function], Function]", compiler)


def inlined(function: Function) -> Function:
    """Mark a function that kernels of the same file call; it is compiled as a part of them."""
    return cast("Function", numba.njit(nogil=True, fastmath=_REORDERING, error_model="numpy")(function))


def given(dtype: types.Type, dimensions: int) -> types.Type:
    """Return the type of a C-contiguous array that a kernel only reads; a bundle's mapped arrays are such."""
    return types.Array(dtype, dimensions, "C", readonly=True)


def filled(dtype: types.Type, dimensions: int) -> types.Type:
    """Return the type of a C-contiguous array that a kernel writes into."""
    return types.Array(dtype, dimensions, "C")
