"""Files and folders that appear when they are complete."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aisle.shop.errors import FileError


@contextmanager
def atomic_write(target: Path, remedy: str = "choose another place") -> Iterator[Path]:
    """Lend a temporary path beside a file or folder, and rename it to the target at the end of the block.

    If the block fails, the target stays as it was, and the temporary path is removed.

    Parameters
    ----------
    target
        The file or folder; a file that exists is replaced.
    remedy
        What the error tells people to do.

    Raises
    ------
    FileError
        If the disk refuses.
    """
    partial = target.absolute().with_name(f".{target.name}.{uuid.uuid4().hex}.partial")
    try:
        yield partial
        partial.replace(target)
    except OSError as error:
        raise FileError(f"cannot write {target}: {error.strerror or error}; {remedy}") from None
    finally:
        _remove(partial)


def check_new(target: Path) -> None:
    """Refuse a file or folder that exists.

    Raises
    ------
    FileError
        If it does.
    """
    if target.exists():
        raise FileError(f"{target} is there already; choose another place")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
