"""What an e-mail shows of an item as a PNG image: its picture, or a card with its name and price."""

import textwrap
from functools import lru_cache
from typing import Final

import resvg_py

from aisle.web.assets import FOLDER
from aisle.web.pictures.picture import SIZE, Subject, draw
from aisle.web.pictures.svg import rect, text

FONT: Final = FOLDER / "vendor" / "source-sans-semibold.ttf"
"""The font of all texts, so that they look alike on every server: Latin, Greek and Cyrillic letters."""

_FAMILY: Final = "Source Sans Pro"
_BEYOND: Final = "\u0530"
"""From this letter on the fonts of the system are needed too."""

_HEIGHT: Final = SIZE + 96
_LETTERS: Final = 34
"""How many letters a line holds."""

BLANK: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00010501012718e366"
    "0000000049454e44ae426082"
)
"""A transparent picture of one pixel, where there is nothing to show."""


def picture(subject: Subject) -> bytes:
    """Return the drawn picture of an item."""
    return _png(draw(subject))


def card(subject: Subject, name: str, price: str) -> bytes:
    """Return the drawn picture of an item above its name and its price."""
    lines = textwrap.wrap(name, _LETTERS, max_lines=2, placeholder="…") or [name[:_LETTERS]]
    below = [text(line, 12, SIZE + 28 + 24 * place, size=19, fill="#22262e") for place, line in enumerate(lines)]
    size = f'width="{SIZE}" height="{_HEIGHT}" viewBox="0 0 {SIZE} {_HEIGHT}"'
    return _png(
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{rect(0, 0, SIZE, _HEIGHT, "#fff")}{draw(subject)}'
        f"{''.join(below)}{text(price, 12, _HEIGHT - 12, size=19, fill='#1d4ed8')}</svg>"
    )


@lru_cache(maxsize=256)
def _png(svg: str) -> bytes:
    return resvg_py.svg_to_bytes(
        svg_string=svg,
        font_files=[str(FONT)],
        skip_system_fonts=max(svg) < _BEYOND,
        font_family=_FAMILY,
        serif_family=_FAMILY,
        sans_serif_family=_FAMILY,
    )
