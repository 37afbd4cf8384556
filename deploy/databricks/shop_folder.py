"""The shop's folder on the cluster's own disk.

A volume only takes files that are written from the first byte to the last, but models are mapped into memory. So
commands work in a copy of the folder, and changes are copied back.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def local_copy(volume: str) -> Iterator[Path]:
    """Lend a copy of the folder `shop` of a volume; changes are copied back, even if the work fails."""
    place = Path(volume, "shop")
    with TemporaryDirectory() as scratch:
        folder = Path(scratch, "shop")
        folder.mkdir()
        _copy(place, folder, shutil.copy2)
        try:
            yield folder
        finally:
            _copy(folder, place, shutil.copyfile)
            _remove_old_bundles(folder, place)


def _copy(source: Path, target: Path, copy_file: Callable[[Path, Path], object]) -> None:
    """Copy files that are missing, of another size or newer; a volume takes neither modes nor times."""
    for file in sorted(source.rglob("*")):
        copy = target / file.relative_to(source)
        if file.is_dir():
            copy.mkdir(parents=True, exist_ok=True)
        elif _changed(file, copy):
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy_file(file, copy)


def _changed(file: Path, copy: Path) -> bool:
    if not copy.exists():
        return True
    was, now = copy.stat(), file.stat()
    return now.st_size != was.st_size or now.st_mtime > was.st_mtime


def _remove_old_bundles(folder: Path, place: Path) -> None:
    """Remove the bundles that Aisle has deleted."""
    for old in place.glob("models/*"):
        if not (folder / old.relative_to(place)).exists():
            shutil.rmtree(old)
