"""The stages on which things stand: each draws the background of a scene, 320 units wide and high."""

from collections.abc import Callable
from typing import Final

from aisle.web.pictures.colours import Palette
from aisle.web.pictures.numbers import Numbers
from aisle.web.pictures.svg import circle, ellipse, group, path, rect

Stage = Callable[[Palette, Numbers], str]


def spot(palette: Palette, numbers: Numbers) -> str:
    """Draw a round spot of light."""
    x, y, radius = 160 + numbers.between(-24, 24), 150 + numbers.between(-18, 18), numbers.between(108, 128)
    return circle(x, y, radius, palette.shape, opacity=0.75) + circle(x, y, radius - 22, "#fff", opacity=0.18)


def arch(palette: Palette, numbers: Numbers) -> str:
    """Draw an arch and a floor."""
    left, width = numbers.between(52, 70), numbers.between(178, 206)
    door = f"M{left:g} 262V150a{width / 2:g} {width / 2:g} 0 0 1 {width:g} 0v112z"
    return path(door, palette.shape, opacity=0.8) + rect(0, 262, 320, 58, palette.shape, opacity=0.45)


def hills(palette: Palette, numbers: Numbers) -> str:
    """Draw a sun over two hills."""
    sun, far, near = numbers.between(60, 260), numbers.between(150, 200), numbers.between(190, 235)
    behind = f"M0 {far:g}Q90 {far - 60:g} 180 {far:g}T320 {far - 10:g}V320H0z"
    before = f"M0 {near:g}Q110 {near + 40:g} 200 {near - 4:g}T320 {near:g}V320H0z"
    sky = circle(sun, 74, 38, "#fff", opacity=0.3)
    return sky + path(behind, palette.shape, opacity=0.55) + path(before, palette.shape)


def plinth(palette: Palette, numbers: Numbers) -> str:
    """Draw a plinth in slanting light."""
    top, width = numbers.between(222, 240), numbers.between(150, 214)
    light = f"M0 {numbers.between(40, 120):g}L320 {numbers.between(0, 60):g}V0H0z"
    block = rect(160 - width / 2, top, width, 320 - top, palette.shape, rx=8)
    return block + ellipse(160, top, width / 2, 16, "#fff", opacity=0.28) + path(light, "#fff", opacity=0.16)


def stripes(palette: Palette, numbers: Numbers) -> str:
    """Draw slanting stripes behind a spot."""
    step, slope = numbers.between(34, 58), numbers.between(-60, 60)
    bands = [f"M{band * step:g} 0l{slope:g} 320h{step / 2:g}l{-slope:g}-320z" for band in range(-3, 14)]
    return path("".join(bands), palette.shape, opacity=0.4) + spot(palette, numbers)


def window(palette: Palette, numbers: Numbers) -> str:
    """Draw a window over a sill."""
    x, y, bar = numbers.between(44, 60), numbers.between(34, 52), numbers.between(80, 120)
    width = 320 - 2 * x
    panes = rect(x, y, width, 210, palette.shape, rx=18, opacity=0.8)
    frame = path(f"M160 {y:g}v210M{x:g} {y + bar:g}h{width:g}", "none", stroke=palette.wall, stroke_width=7)
    return group(panes + frame) + rect(0, 258, 320, 62, "#fff", opacity=0.2)


STAGES: Final[tuple[Stage, ...]] = (spot, arch, hills, plinth, stripes, window)
