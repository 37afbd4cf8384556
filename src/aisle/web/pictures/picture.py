"""The picture of an item: the same item has the same picture, and every item one of its own."""

import textwrap
from typing import Final, NamedTuple
from zlib import crc32

from aisle.web.pictures.colours import PALETTES, Palette, brand_colour, named_colour
from aisle.web.pictures.icons import icon
from aisle.web.pictures.numbers import Numbers
from aisle.web.pictures.stages import STAGES
from aisle.web.pictures.svg import circle, ellipse, group, path, placed, rect, text
from aisle.web.pictures.things import thing

SIZE: Final = 320
"""Units of a picture's side."""

_COVERS: Final = frozenset({"book", "books", "music", "vinyl", "film", "films", "magazines"})
"""Departments whose items have a cover."""

_SEPARATOR: Final = " > "
_LINE: Final = "#22262e"
_ROUND: Final = {"stroke_linecap": "round", "stroke_linejoin": "round"}


class Subject(NamedTuple):
    """What a picture is drawn from."""

    item_id: str
    title: str
    category: str
    brand: str
    department: int
    """The number of the item's department in the shop; from 12 on, palettes repeat."""

    @property
    def path(self) -> list[str]:
        """The category from its leaf up."""
        return [part for part in reversed(self.category.split(_SEPARATOR)) if part]


def draw(subject: Subject) -> str:
    """Return the picture of an item as SVG."""
    numbers = Numbers(f"{subject.item_id}\0{subject.title}")
    palette = PALETTES[subject.department % len(PALETTES)]
    has_cover = bool(subject.path) and subject.path[-1].casefold() in _COVERS
    content = _cover(subject, palette, numbers) if has_cover else _scene(subject, palette, numbers)
    wall = rect(0, 0, SIZE, SIZE, palette.wall)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}">'
        f"{wall}{content}</svg>"
    )


def _colour_number(brand: str) -> int:
    return crc32(brand.encode("utf-8", "surrogatepass"))


# --- A scene: the thing on a stage ------------------------------------------------------------------------------------


def _scene(subject: Subject, palette: Palette, numbers: Numbers) -> str:
    # What follows the comma of a title is its variant, not the thing.
    name = thing([subject.title.split(",")[0], *subject.path], numbers.below(256))
    colour = named_colour(subject.title) or brand_colour(_colour_number(subject.brand))
    stage = STAGES[numbers.below(len(STAGES))](palette, numbers)
    return stage + _confetti(palette, colour, numbers) + _sticker(icon(name), colour, numbers)


def _sticker(drawing: str, colour: str, numbers: Numbers) -> str:
    """Draw an icon as a sticker: a white rim, the item's colour, and dark lines."""
    scale, tilt = numbers.between(5.6, 6.6), numbers.between(-9, 9)
    x, y = 160 + numbers.between(-10, 10), 158 + numbers.between(-6, 8)
    shadow = ellipse(x, y + 88, scale * 10, 9, "#000", opacity=0.16)
    rim = group(drawing, fill="#fff", stroke="#fff", stroke_width=3.6)
    body = group(drawing, fill=colour, fill_opacity=0.9, stroke=_LINE, stroke_width=1.25)
    return shadow + group(rim + body, transform=placed(x, y, scale, tilt), **_ROUND)


def _confetti(palette: Palette, colour: str, numbers: Numbers) -> str:
    """Draw a small shape near each corner, which no two items have alike."""
    shapes = []
    for corner_x, corner_y in ((34, 34), (286, 40), (38, 272), (282, 280)):
        x, y = corner_x + numbers.between(-14, 14), corner_y + numbers.between(-14, 14)
        size = numbers.between(4, 10)
        cross = f"M{x - size:g} {y:g}h{2 * size:g}M{x:g} {y - size:g}v{2 * size:g}"
        choices = (
            circle(x, y, size, colour, opacity=0.75),
            circle(x, y, size, "none", stroke=palette.ink, stroke_width=2.5, opacity=0.35),
            path(cross, "none", stroke=palette.ink, stroke_width=3, stroke_linecap="round", opacity=0.35),
        )
        shapes.append(choices[numbers.below(len(choices))])
    return "".join(shapes)


# --- A cover: the title in large letters ----------------------------------------------------------------------------


def _cover(subject: Subject, palette: Palette, numbers: Numbers) -> str:
    title = subject.title.split("(")[0].strip() or subject.item_id
    colour = brand_colour(_colour_number(subject.brand) + numbers.below(60))
    band, bend = numbers.between(196, 212), numbers.between(10, 40)
    x, y, radius = numbers.between(30, 290), numbers.between(30, 290), numbers.between(60, 130)
    curve = (
        f"M62 {band:g}Q{numbers.between(90, 230):g} {band - bend:g} 258 {band:g}V293a5 5 0 0 1-5 5H67a5 5 0 0 1-5-5z"
    )
    emblem = icon(thing([title, *subject.path], numbers.below(256)))
    place = placed(160, band + 38, 2.6, numbers.between(-12, 12))
    return "".join(
        (
            circle(x, y, radius, palette.shape, opacity=0.5),
            rect(68, 22, 194, 280, "#000", rx=5, opacity=0.2),
            rect(62, 18, 196, 280, "#fffdf8", rx=5),
            path(curve, colour),
            rect(62, 18, 9, 280, "#000", opacity=0.1),
            group(emblem, transform=place, fill="#fff", fill_opacity=0.55, stroke=_LINE, stroke_width=1.5, **_ROUND),
            _title(title),
            _line(textwrap.shorten(subject.brand, 24, placeholder="…"), 289, 11, font_family="system-ui"),
        )
    )


def _title(title: str) -> str:
    lines = textwrap.wrap(title, 10, max_lines=4, placeholder="…") or [title[:10]]
    size = min(34, int(176 / (0.6 * max(map(len, lines)))))
    top = 118 - 0.55 * size * (len(lines) - 1)
    font = {"font_family": "Georgia,'Times New Roman',serif", "font_weight": "700"}
    return "".join(_line(line, top + 1.12 * size * place, size, **font) for place, line in enumerate(lines))


def _line(letters: str, y: float, size: float, **font: str) -> str:
    return text(letters, SIZE / 2, y, size=size, fill=_LINE, text_anchor="middle", **font)
