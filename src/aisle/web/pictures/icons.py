"""The drawings of things: the outline icons of Lucide, which the build copies from a wheel."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Final
from zipfile import ZipFile

ARCHIVE: Final = Path(__file__).parents[1] / "static" / "vendor" / "lucide.zip"

_CONTENT: Final = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@lru_cache(maxsize=512)
def icon(name: str) -> str:
    """Return the paths of an icon, drawn on 24 × 24 units; a plain box if the package was built without icons."""
    try:
        with ZipFile(ARCHIVE) as archive:
            text = archive.read(f"{name}.svg").decode()
    except (OSError, KeyError):
        return '<rect x="4" y="4" width="16" height="16" rx="3"/>'
    content = _CONTENT.search(text)
    return " ".join(content.group(1).split()) if content else ""
