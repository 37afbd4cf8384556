"""A bundle: a trained model as a folder of plain arrays and a manifest, without pickle.

```
models/000007/
  manifest.json              format, origin, parts with their settings; shape, dtype, size and sha256 of arrays
  items.bytes.npy            the vocabulary of items
  items.offsets.npy
  personal.item_factors.npy  <role>.<array>.npy
```

A bundle is there as a whole or not at all: it is written under another name, brought safely to disk and then renamed.
Its arrays are mapped, not read, so that all processes of a machine share one copy.
"""

import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import msgspec
import numpy as np
from numpy.lib.format import open_memmap, write_array
from numpy.typing import NDArray

from aisle.recommenders.base import Component
from aisle.recommenders.catalog import component_by_name, current_name
from aisle.shop.errors import AisleError, BundleError
from aisle.shop.ids import Vocabulary
from aisle.shop.moments import now

FORMAT: Final = 2
"""The layout that this code writes and reads."""

MANIFEST: Final = "manifest.json"
_ITEMS: Final = "items"
_UNFINISHED: Final = ".unfinished-"
_STALE_SECONDS: Final = 3600
_REMEDY: Final = "run `aisle models rollback` or `aisle train`"

Array: TypeAlias = NDArray[Any]
Lookup: TypeAlias = Callable[[str], type[Component]]
Role = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9_]+\Z")]
ArrayName = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9_]+\.[A-Za-z0-9_]+\Z")]


class Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part in a manifest: its class, by name, and its settings."""

    name: str
    config: dict[str, Any]


class Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An array in a manifest: what its file must be."""

    shape: tuple[int, ...]
    dtype: str
    size: int
    """Bytes of the file."""
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bundle says about itself. `parts` and `arrays` are filled in by `save`."""

    format: int = FORMAT
    code_version: str = msgspec.field(default_factory=lambda: version("aisle"))
    created: int = msgspec.field(default_factory=now)
    window: tuple[int, int] | None = None
    """The first and the last moment of the data that it learnt from."""
    recipe: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    parts: dict[Role, Described] = {}
    arrays: dict[ArrayName, Sealed] = {}


@dataclass(frozen=True, eq=False)
class Bundle:
    """A trained model: whatever was learnt, by the role that it plays, and the items that it speaks of.

    Every role but `items` may be taken.
    """

    manifest: Manifest
    items: Vocabulary
    parts: dict[str, Component]


# --- Save -----------------------------------------------------------------------------------------------------------


def save(folder: Path, bundle: Bundle) -> Manifest:
    """Write a bundle, durably; the folder appears when it is complete.

    Returns
    -------
    Manifest
        The manifest as written, with parts and arrays filled in.

    Raises
    ------
    BundleError
        If the folder exists, the disk refuses, or an array holds Python objects.
    """
    if folder.exists():
        raise BundleError(f"{folder} exists already; a bundle is never written over")
    unfinished = folder.parent / f"{_UNFINISHED}{uuid.uuid4().hex}"
    try:
        unfinished.mkdir(parents=True)
        _sweep(folder.parent)
        manifest = _write(unfinished, bundle)
        unfinished.rename(folder)
        _sync(folder.parent)
    except OSError as error:
        raise BundleError(
            f"cannot write {folder}: {error.strerror or error}; check free space and permissions, then train again"
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return manifest


def _write(folder: Path, bundle: Bundle) -> Manifest:
    parts = {_ITEMS: bundle.items.to_arrays()} | {role: one.arrays() for role, one in bundle.parts.items()}
    if len(parts) == len(bundle.parts):
        raise BundleError(f"no recommender can have the role {_ITEMS!r}; choose another name")
    manifest = msgspec.structs.replace(
        bundle.manifest,
        parts={role: Described(one.name, one.config.plain()) for role, one in bundle.parts.items()},
        arrays={
            f"{role}.{name}": _write_array(folder, f"{role}.{name}", np.asarray(array))
            for role, arrays in parts.items()
            for name, array in arrays.items()
        },
    )
    with (folder / MANIFEST).open("xb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest)))
        file.flush()
        os.fsync(file.fileno())
    _sync(folder)
    return manifest


def _write_array(folder: Path, name: str, array: Array) -> Sealed:
    if array.dtype.hasobject:
        raise BundleError(f"the array {name} holds Python objects; a bundle keeps plain numbers only")
    with _file(folder, name).open("x+b") as file:
        write_array(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
        file.seek(0)
        return Sealed(array.shape, array.dtype.str, size, hashlib.file_digest(file, "sha256").hexdigest())


def _sync(folder: Path) -> None:
    """Bring a folder's list of names to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(parent: Path) -> None:
    """Remove what killed processes left behind; one that is still writing has touched its folder lately."""
    for left in parent.glob(f"{_UNFINISHED}*"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


# --- Load -----------------------------------------------------------------------------------------------------------


def load(folder: Path, *, verify: bool = True, lookup: Lookup = component_by_name) -> Bundle:
    """Open a bundle; its arrays are read-only and mapped from their files.

    Parameters
    ----------
    verify
        Whether to read every array and compare its checksum; names, sizes, shapes and dtypes are always compared.
    lookup
        Returns the class of a recommender's name.

    Raises
    ------
    BundleError
        If anything is missing, damaged, of another version or of a kind that a bundle cannot hold.
    """
    manifest = read_manifest(folder)
    parts: dict[str, dict[str, Array]] = {role: {} for role in (_ITEMS, *manifest.parts)}
    for name, sealed in manifest.arrays.items():
        role, _, array = name.partition(".")
        parts.setdefault(role, {})[array] = _open_array(folder, name, sealed, verify)
    return Bundle(
        manifest,
        _vocabulary(folder, parts[_ITEMS]),
        {current_name(role): _rebuild(folder, one, parts[role], lookup) for role, one in manifest.parts.items()},
    )


def read_manifest(folder: Path) -> Manifest:
    """Return what a bundle says about itself.

    Raises
    ------
    BundleError
        If it is missing, damaged or of another format.
    """
    try:
        text = (folder / MANIFEST).read_bytes()
        found = msgspec.json.decode(text, type=_Format).format
        if found != FORMAT:
            raise BundleError(f"bundle {folder} has format {found!r}, this Aisle reads {FORMAT}; {_REMEDY}")
        return msgspec.json.decode(text, type=Manifest)
    except OSError as error:
        raise BundleError(f"bundle {folder} has no readable {MANIFEST}: {error.strerror}; {_REMEDY}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BundleError(f"bundle {folder} has a damaged {MANIFEST}: {error}; {_REMEDY}") from error


class _Format(msgspec.Struct):
    format: Any


def _open_array(folder: Path, name: str, sealed: Sealed, verify: bool) -> Array:
    file = _file(folder, name)
    try:
        size = file.stat().st_size
        if size != sealed.size:
            raise BundleError(f"bundle {folder}: {file.name} has {size} bytes instead of {sealed.size}; {_REMEDY}")
        if verify:
            _verify(folder, file, sealed)
        array = np.asarray(open_memmap(file, mode="r"))
    except (OSError, ValueError) as error:
        raise BundleError(f"bundle {folder}: {file.name} cannot be read: {error}; {_REMEDY}") from error
    if (array.shape, array.dtype.str) != (sealed.shape, sealed.dtype):
        raise BundleError(
            f"bundle {folder}: {file.name} is {array.dtype.str}{array.shape} instead of {sealed.dtype}{sealed.shape}; "
            f"{_REMEDY}"
        )
    return array


def _verify(folder: Path, file: Path, sealed: Sealed) -> None:
    with file.open("rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != sealed.sha256:
            raise BundleError(f"bundle {folder}: {file.name} has changed since it was saved; {_REMEDY}")


def _vocabulary(folder: Path, arrays: dict[str, Array]) -> Vocabulary:
    try:
        return Vocabulary.from_arrays(arrays)
    except (AisleError, KeyError, ValueError) as error:
        raise BundleError(f"bundle {folder} has no usable list of items ({error}); {_REMEDY}") from error


def _rebuild(folder: Path, described: Described, arrays: Mapping[str, Array], lookup: Lookup) -> Component:
    try:
        kind = lookup(described.name)
        return kind.from_arrays(kind.config_type.parse(described.config), arrays)
    except (AisleError, KeyError) as error:
        raise BundleError(
            f"bundle {folder}: cannot rebuild the model {described.name!r} ({error}); {_REMEDY}"
        ) from error


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.npy"
