"""Writing pages into files."""

from pathlib import Path

from aisle.shop.errors import FileError


def check_target(path: Path) -> None:
    """Refuse a file that cannot be written, before the work for it is done.

    Raises
    ------
    FileError
        If its folder does not exist, or the path is a folder itself.
    """
    if not path.absolute().parent.is_dir():
        raise FileError(f"there is no folder {path.absolute().parent} for {path.name}; make it first")
    if path.is_dir():
        raise FileError(f"{path} is a folder; name a file in it, such as {path / 'models.html'}")


def write_page(page: str, path: Path) -> None:
    """Write a page under a temporary name and move it into place.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(page, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise FileError(f"cannot write {path}: {error.strerror}; choose another place") from None
