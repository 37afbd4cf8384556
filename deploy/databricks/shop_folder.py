"""The shop's folder on the cluster's own disk.

A volume takes files that are written from the first byte to the last, and nothing else; models are mapped into memory.
So the folder is fetched before it is worked in, and what has changed in it is put back.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def fetched(volume: str) -> Iterator[Path]:
    """Lend a copy of the folder `shop` of a volume; what was changed is put back, even if the work failed."""
    place = Path(volume, "shop")
    with TemporaryDirectory() as scratch:
        folder = Path(scratch, "shop")
        folder.mkdir()
        _copy(place, folder, shutil.copy2)
        try:
            yield folder
        finally:
            _copy(folder, place, shutil.copyfile)
            _remove_what_is_not_in(folder, place)


def _copy(source: Path, target: Path, copied: Callable[[Path, Path], object]) -> None:
    """Copy what is not there yet, of another size or newer; a volume is given neither modes nor times."""
    for file in sorted(source.rglob("*")):
        copy = target / file.relative_to(source)
        if file.is_dir():
            copy.mkdir(parents=True, exist_ok=True)
        elif _changed(file, copy):
            copy.parent.mkdir(parents=True, exist_ok=True)
            copied(file, copy)


def _changed(file: Path, copy: Path) -> bool:
    if not copy.exists():
        return True
    was, now = copy.stat(), file.stat()
    return now.st_size != was.st_size or now.st_mtime > was.st_mtime


def _remove_what_is_not_in(folder: Path, place: Path) -> None:
    """Remove the bundles that Aisle has cleared away."""
    for old in place.glob("models/*"):
        if not (folder / old.relative_to(place)).exists():
            shutil.rmtree(old)
