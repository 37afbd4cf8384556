"""A bundle: a trained model as a folder of plain arrays and a manifest, without pickle.

```
models/000007/
  manifest.json              format, origin, parts with their settings; shape, dtype, size and sha256 of arrays
  manifest.sha256            the checksum of the manifest, for `sha256sum --check`
  items.bytes.npy            the vocabulary of items
  items.offsets.npy
  personal.item_factors.npy  <role>.<array>.npy
```

A bundle appears as a whole or not at all: it is written under another name, synced to disk and then renamed. Its arrays
are memory-mapped, so that all processes of a machine share one copy.
"""

import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tokenize import TokenError
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

FORMAT: Final = 3
"""The layout that this code writes."""

UNSEALED: Final = 2
"""The layout before it, whose manifest has no checksum; it is read as well."""

MANIFEST: Final = "manifest.json"
CHECKSUM: Final = "manifest.sha256"
_ITEMS: Final = "items"
_UNFINISHED: Final = ".unfinished-"
_STALE_SECONDS: Final = 3600
_REMEDY: Final = "run `aisle models rollback` or `aisle train`"

Array: TypeAlias = NDArray[Any]
Lookup: TypeAlias = Callable[[str], type[Component[Any]]]
Role = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9_]+\Z")]
ArrayName = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9_]+\.[A-Za-z0-9_]+\Z")]


class PartEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part in a manifest: the name of its class, and its settings."""

    name: str
    config: dict[str, Any]


class ArrayEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An array in a manifest: what its file must contain."""

    shape: tuple[int, ...]
    dtype: str
    size: int
    """Bytes of the file."""
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The description of a bundle. `save` fills in `parts` and `arrays`."""

    format: int = FORMAT
    code_version: str = msgspec.field(default_factory=lambda: metadata.version("aisle"))
    created: int = msgspec.field(default_factory=now)
    window: tuple[int, int] | None = None
    """The first and the last moment of its training data."""
    recipe: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    outranked: bool = False
    """Whether popularity ranks better for shoppers with a history, and fills their shelves instead."""
    parts: dict[Role, PartEntry] = {}
    arrays: dict[ArrayName, ArrayEntry] = {}


@dataclass(frozen=True, eq=False)
class Bundle:
    """A trained model: its components by their roles, and the items that they know.

    A role may have any name but `items`.
    """

    manifest: Manifest
    items: Vocabulary
    parts: dict[str, Component[Any]]


# --- Save -----------------------------------------------------------------------------------------------------------


def save(folder: Path, bundle: Bundle) -> Manifest:
    """Write a bundle durably; the folder appears when it is complete.

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
        raise BundleError(f"{folder} exists already; a bundle is never overwritten")
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
    parts = {_ITEMS: bundle.items.to_arrays()} | {role: part.arrays() for role, part in bundle.parts.items()}
    if len(parts) == len(bundle.parts):
        raise BundleError(f"no recommender can have the role {_ITEMS!r}; choose another name")
    manifest = msgspec.structs.replace(
        bundle.manifest,
        parts={role: PartEntry(part.name, part.config.plain()) for role, part in bundle.parts.items()},
        arrays={
            f"{role}.{name}": _write_array(folder, f"{role}.{name}", np.asarray(array))
            for role, arrays in parts.items()
            for name, array in arrays.items()
        },
    )
    text = msgspec.json.format(msgspec.json.encode(manifest))
    for name, content in ((MANIFEST, text), (CHECKSUM, checksum(text))):
        with (folder / name).open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    _sync(folder)
    return manifest


def checksum(manifest: bytes) -> bytes:
    """Return the line of the checksum file that belongs to a manifest."""
    return f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n".encode()


def _write_array(folder: Path, name: str, array: Array) -> ArrayEntry:
    if array.dtype.hasobject:
        raise BundleError(f"the array {name} holds Python objects; a bundle keeps plain numbers only")
    with _file(folder, name).open("x+b") as file:
        write_array(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
        file.seek(0)
        return ArrayEntry(array.shape, array.dtype.str, size, hashlib.file_digest(file, "sha256").hexdigest())


def _sync(folder: Path) -> None:
    """Sync a folder's list of names to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(parent: Path) -> None:
    """Remove the unfinished folders of killed processes; a process that is still writing has changed its own lately."""
    for unfinished in parent.glob(f"{_UNFINISHED}*"):
        with suppress(FileNotFoundError):
            if time.time() - unfinished.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(unfinished, ignore_errors=True)


# --- Load -----------------------------------------------------------------------------------------------------------


def load(folder: Path, *, verify: bool = True, lookup: Lookup = component_by_name) -> Bundle:
    """Open a bundle; its arrays are read-only and memory-mapped.

    Parameters
    ----------
    verify
        Whether to read every array and compare its checksum; names, sizes, shapes and dtypes are always compared.
    lookup
        Returns the class of a component, given its name.

    Raises
    ------
    BundleError
        If anything is missing, damaged, of another version or of a kind that a bundle cannot hold.
    """
    manifest = read_manifest(folder)
    parts: dict[str, dict[str, Array]] = {role: {} for role in (_ITEMS, *manifest.parts)}
    for name, entry in manifest.arrays.items():
        role, _, array = name.partition(".")
        parts.setdefault(role, {})[array] = _open_array(folder, name, entry, verify)
    return Bundle(
        manifest,
        _vocabulary(folder, parts[_ITEMS]),
        {current_name(role): _rebuild(folder, entry, parts[role], lookup) for role, entry in manifest.parts.items()},
    )


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a bundle.

    Raises
    ------
    BundleError
        If it is missing, damaged or of another format.
    """
    try:
        text = (folder / MANIFEST).read_bytes()
        version = msgspec.json.decode(text, type=_Format).format
        if version not in (FORMAT, UNSEALED):
            raise BundleError(
                f"bundle {folder} has format {version!r}, this Aisle reads {UNSEALED} and {FORMAT}; {_REMEDY}"
            )
        sealed = version == FORMAT or (folder / CHECKSUM).exists()
        if sealed and (folder / CHECKSUM).read_bytes() != checksum(text):
            raise BundleError(f"bundle {folder} has a damaged {MANIFEST}: its checksum differs; {_REMEDY}")
        return msgspec.json.decode(text, type=Manifest)
    except OSError as error:
        raise BundleError(f"bundle {folder} has no readable {MANIFEST}: {error.strerror}; {_REMEDY}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BundleError(f"bundle {folder} has a damaged {MANIFEST}: {error}; {_REMEDY}") from error


class _Format(msgspec.Struct):
    format: Any


def _open_array(folder: Path, name: str, entry: ArrayEntry, verify: bool) -> Array:
    file = _file(folder, name)
    try:
        size = file.stat().st_size
        if size != entry.size:
            raise BundleError(f"bundle {folder}: {file.name} has {size} bytes instead of {entry.size}; {_REMEDY}")
        if verify:
            _verify(folder, file, entry)
        array = np.asarray(open_memmap(file, mode="r"))
    except (OSError, ValueError, SyntaxError, TokenError) as error:  # NumPy reads the header of a file as Python
        raise BundleError(f"bundle {folder}: {file.name} cannot be read: {error}; {_REMEDY}") from error
    if (array.shape, array.dtype.str) != (entry.shape, entry.dtype):
        raise BundleError(
            f"bundle {folder}: {file.name} is {array.dtype.str}{array.shape} instead of {entry.dtype}{entry.shape}; "
            f"{_REMEDY}"
        )
    return array


def _verify(folder: Path, file: Path, entry: ArrayEntry) -> None:
    with file.open("rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != entry.sha256:
            raise BundleError(f"bundle {folder}: {file.name} has changed since it was saved; {_REMEDY}")


def _vocabulary(folder: Path, arrays: dict[str, Array]) -> Vocabulary:
    try:
        return Vocabulary.from_arrays(arrays)
    except (AisleError, KeyError, ValueError) as error:
        raise BundleError(f"bundle {folder} has no usable list of items ({error}); {_REMEDY}") from error


def _rebuild(folder: Path, entry: PartEntry, arrays: Mapping[str, Array], lookup: Lookup) -> Component[Any]:
    try:
        kind = lookup(entry.name)
        return kind.from_arrays(kind.config_type.parse(entry.config), arrays)
    except (AisleError, KeyError) as error:
        raise BundleError(f"bundle {folder}: cannot rebuild the model {entry.name!r} ({error}); {_REMEDY}") from error


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.npy"
