"""Pictures: one of its own for every item, well-formed, and nothing of an item's text in it is markup."""

from math import dist
from xml.etree import ElementTree as ET

import pytest

from aisle.simulator.vocabulary import LEAVES
from aisle.web.pictures.colours import PALETTES
from aisle.web.pictures.icons import ARCHIVE, icon
from aisle.web.pictures.picture import Subject, draw
from aisle.web.pictures.things import ANYTHING, THINGS, thing

LAMP = Subject("a-1", "Oakmere Classic brass table lamp, sage", "Home > Lighting > Lamps", "Oakmere", 0)
NOVEL = Subject("b-1", "The Silent Harbour (paperback)", "Books > Fiction > Crime", "Lantern Press", 9)


def test_the_same_item_has_the_same_picture() -> None:
    assert draw(LAMP) == draw(LAMP)


@pytest.mark.parametrize("subject", [LAMP, NOVEL])
def test_every_item_has_a_picture_of_its_own(subject: Subject) -> None:
    pictures = {draw(subject._replace(item_id=f"item-{number}")) for number in range(2000)}
    assert len(pictures) == 2000


def test_a_book_has_a_cover_with_its_title() -> None:
    texts = [element.text for element in ET.fromstring(draw(NOVEL)).iter() if element.tag.endswith("text")]
    assert texts == ["The Silent", "Harbour", "Lantern Press"]


@pytest.mark.parametrize(
    "text", ["</text><script>alert(1)</script>", "&\"'<", "\u202egnp.exe", "a\x00b\ud800", "x" * 300, ""]
)
def test_any_text_gives_a_well_formed_picture_without_scripts(text: str) -> None:
    for category in (text, "Books"):
        elements = {element.tag for element in ET.fromstring(draw(Subject("i", text, category, text, 3))).iter()}
        assert not any(tag.endswith("script") for tag in elements)


def test_the_last_known_phrase_of_a_title_names_the_thing() -> None:
    assert thing(["Casa Lume oak coffee table"], 0) == "coffee"
    assert thing(["Set of 2 tins, pantry"], 0) == "drum"
    assert thing(["Unheard-of", "Home > Lighting > Lamps"], 0) == "lamp"


def test_an_unknown_thing_has_one_of_several_icons() -> None:
    assert {thing(["zzz"], number) for number in range(8)} == set(ANYTHING)


@pytest.mark.skipif(not ARCHIVE.exists(), reason="the package was built without its browser files")
def test_every_named_icon_is_in_the_archive() -> None:
    box = icon("no such icon")
    assert [name for name in {*THINGS.values(), *ANYTHING} if icon(name) == box] == []


def test_every_kind_of_thing_in_the_simulated_shop_has_an_icon() -> None:
    texts = [[*leaf.nouns, *leaf.path.split(" > ")] for leaf in LEAVES]
    assert [text for text in texts if thing(text, 0) != thing(text, 1)] == []


# Machado, Oliveira, Fernandes (2009): what red-blind and green-blind eyes see of a colour, in linear light.
PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
NORMAL = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


@pytest.mark.parametrize("eye", [NORMAL, PROTANOPIA, DEUTERANOPIA])
def test_the_first_twelve_departments_are_told_apart_by_any_eye(eye: tuple[tuple[float, ...], ...]) -> None:
    seen = [[_lab(colour, eye) for colour in (palette.wall, palette.shape)] for palette in PALETTES]
    for number, palette in enumerate(seen):
        for other in seen[:number]:
            assert max(map(dist, palette, other)) > 15, (number, seen.index(other))


def _lab(colour: str, eye: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    """Return what an eye sees of a colour in CIELAB."""
    coded = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in coded]
    red, green, blue = (max(sum(a * b for a, b in zip(row, linear, strict=True)), 0) for row in eye)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)
