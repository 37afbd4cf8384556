"""The few shapes of SVG that pictures are made of."""

import re
from html import escape
from typing import Final

_NOT_IN_XML: Final = re.compile("[\x00-\x1f\ufffe\uffff\ud800-\udfff]")


def element(name: str, **attributes: float | str) -> str:
    """Return an element without content; `_` in the name of an attribute stands for `-`."""
    return f"<{name}{_attributes(attributes)}/>"


def group(content: str, **attributes: float | str) -> str:
    """Return elements as a group."""
    return f"<g{_attributes(attributes)}>{content}</g>"


def rect(x: float, y: float, width: float, height: float, fill: str, **attributes: float | str) -> str:
    """Return a rectangle."""
    return element("rect", x=x, y=y, width=width, height=height, fill=fill, **attributes)


def circle(x: float, y: float, radius: float, fill: str, **attributes: float | str) -> str:
    """Return a circle."""
    return element("circle", cx=x, cy=y, r=radius, fill=fill, **attributes)


def ellipse(x: float, y: float, width: float, height: float, fill: str, **attributes: float | str) -> str:
    """Return an ellipse of half a width and half a height."""
    return element("ellipse", cx=x, cy=y, rx=width, ry=height, fill=fill, **attributes)


def text(letters: str, x: float, y: float, *, size: float, fill: str, **attributes: float | str) -> str:
    """Return a line of text; its direction is its own, and what XML cannot hold is left out."""
    written = _attributes({"x": x, "y": y, "unicode_bidi": "isolate", "font_size": size, "fill": fill, **attributes})
    return f"<text{written}>{escape(_NOT_IN_XML.sub('', letters))}</text>"


def path(line: str, fill: str, **attributes: float | str) -> str:
    """Return a path."""
    return element("path", d=line, fill=fill, **attributes)


def placed(x: float, y: float, scale: float, tilt: float) -> str:
    """Return the transformation that centres an icon of 24 × 24 units on a point."""
    return f"translate({x:g} {y:g}) rotate({tilt:g}) scale({scale:g}) translate(-12 -12)"


def _attributes(attributes: dict[str, float | str]) -> str:
    written = {name: value if isinstance(value, str) else f"{value:g}" for name, value in attributes.items()}
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in written.items())
