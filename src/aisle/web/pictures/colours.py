"""The colours of pictures: one palette a department, and the colour that an item's title names."""

import colorsys
import re
from typing import Final, NamedTuple

Rgb = tuple[int, int, int]


class Palette(NamedTuple):
    """The colours of a department: of the wall, of the floor and shapes, and of lines and letters."""

    wall: str
    shape: str
    ink: str


PALETTES: Final = (
    Palette("#cfe3f5", "#77aadd", "#173a5e"),
    Palette("#f9d3c5", "#ee8866", "#6b2410"),
    Palette("#e3ebb0", "#bbcc33", "#4a5208"),
    Palette("#3b2f7f", "#5d50ae", "#f3f0ff"),
    Palette("#fbdfe6", "#ffaabb", "#7c1f3a"),
    Palette("#0f5f4c", "#2b8a72", "#e8fff7"),
    Palette("#f7efc4", "#eedd88", "#5f4b00"),
    Palette("#b8447c", "#d8719f", "#fff0f6"),
    Palette("#d5f3ff", "#99ddff", "#0b4a66"),
    Palette("#4d4d12", "#7d7d2a", "#fdfbd8"),
    Palette("#eceef1", "#8a8f99", "#2f3440"),
    Palette("#16324f", "#33587d", "#e4f1ff"),
)
"""The palettes of the first twelve departments: hues of Paul Tol's schemes "light" and "muted" (SRON/EPS/TN/09-002),
light and dark walls in turn, so that neighbours differ in lightness too."""

_NAMED: Final[dict[str, str]] = {
    "amber": "#f5b042",
    "beige": "#e2d3b5",
    "black": "#3a3d44",
    "blue": "#4a86d8",
    "brass": "#d1a644",
    "brown": "#8d6344",
    "charcoal": "#565b64",
    "copper": "#c97c4a",
    "coral": "#ff8068",
    "cream": "#f6ead0",
    "gold": "#e0b23c",
    "green": "#57a95f",
    "grey": "#9aa1ab",
    "ivory": "#f7f1e0",
    "lime": "#b4d83c",
    "navy": "#34507f",
    "oak": "#cfa873",
    "olive": "#8d9547",
    "orange": "#f39237",
    "pink": "#f49ab8",
    "purple": "#8d63b8",
    "red": "#d8473f",
    "rose": "#ee8fa0",
    "rust": "#bb5a34",
    "sage": "#a9bc98",
    "sand": "#e4cda4",
    "silver": "#c6ccd4",
    "teal": "#2f9a97",
    "terracotta": "#cb6f4d",
    "turquoise": "#45c1bd",
    "walnut": "#7f5b41",
    "white": "#fdfdfb",
    "yellow": "#f8d648",
}
"""Colours that titles name."""


def named_colour(text: str) -> str | None:
    """Return the last colour that a text names, or None."""
    found = [_NAMED[word] for word in re.findall(r"\w+", text.casefold()) if word in _NAMED]
    return found[-1] if found else None


def brand_colour(number: int) -> str:
    """Return the colour of a brand: any hue, of even lightness."""
    red, green, blue = colorsys.hls_to_rgb(number % 360 / 360, 0.72, 0.62)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
