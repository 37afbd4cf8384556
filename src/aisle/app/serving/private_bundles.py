"""The bundles that a server runs on: checked copies in a folder of its own.

All workers of a server map the same copy, so that they share its memory, and that nothing which happens to the
original, truncation included, reaches a process that serves.
"""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from aisle.models import registry
from aisle.models.bundle import MANIFEST, Bundle
from aisle.shop.errors import BundleError
from aisle.storage.work.models import ModelRow

KEPT: Final = 3
"""How many copies stay: workers change over one after the other, and a rollback wants the one before."""

_PARTIAL: Final = "partial"


class PrivateBundles:
    """Opens bundles from checked copies.

    Parameters
    ----------
    originals
        The shop's folder of bundles.
    copies
        A folder that the workers of a server share.
    """

    def __init__(self, originals: Path, copies: Path) -> None:
        self._originals = originals
        self._copies = copies

    def open(self, row: ModelRow, digest: str) -> Bundle:
        """Return a bundle, from the copy that the first worker made and checked.

        Parameters
        ----------
        digest
            What the bundle holds, as `registry.digest` says.

        Raises
        ------
        NoModel
            If it is no longer kept.
        BundleError
            If the original is missing or damaged, and no copy was made before.
        """
        copy = self._copies / digest
        try:
            with (self._copies / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # one worker copies, the others find the copy
                if not copy.is_dir():
                    self._make(row, copy)
                copy.touch()
                self._clear_away()
                # The copy was read whole when it was made, and nobody else writes here.
                return registry.load(self._copies, replace(row, path=digest), verify=False)
        except OSError as error:
            raise BundleError(f"the bundle of model {row.version} cannot be copied: {error}") from error

    def shared(self, digest: str, name: str, compute: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return an array that follows from a bundle: the first worker computes it, and all map it from a file.

        Parameters
        ----------
        digest
            The bundle's, which `open` has returned before.
        name
            What the array is.
        """
        file = self._copies / digest / f"{name}.shared.npy"
        try:
            with (self._copies / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not file.exists():
                    partial = file.with_suffix(".partial")
                    with partial.open("wb") as written:
                        np.save(written, compute(), allow_pickle=False)
                    partial.rename(file)
            array: NDArray[np.float32] = np.load(file, mmap_mode="r", allow_pickle=False)
        except OSError:
            return compute()  # the copy was cleared away, or the disk is full: memory is dearer, and it works
        return array

    def _make(self, row: ModelRow, copy: Path) -> None:
        partial = self._copies / _PARTIAL
        shutil.rmtree(partial, ignore_errors=True)
        original = registry.place(self._originals, row)
        shutil.copytree(original, partial)
        try:
            registry.load(self._copies, replace(row, path=_PARTIAL))
        except BundleError as error:
            raise BundleError(str(error).replace(str(partial), str(original))) from error
        if registry.digest(self._copies, replace(row, path=_PARTIAL)) != copy.name:
            raise BundleError(f"bundle {original} changed while it was copied; it will be looked at again")
        partial.rename(copy)

    def _clear_away(self) -> None:
        """Remove the copies that were used least lately; whoever maps one keeps its pages."""
        copies = [path for path in self._copies.iterdir() if path.name != _PARTIAL and (path / MANIFEST).is_file()]
        for old in sorted(copies, key=lambda path: path.stat().st_mtime_ns)[:-KEPT]:
            shutil.rmtree(old)
