import pytest

from aisle.app.serving.shelf import Because, HistoryLine, Shelf, ShelfItem
from aisle.cli.display.shelves import print_shelf, print_similar, shelf_title

TEA = ShelfItem("tea-1", "Green tea", "Tea", None, None, 12_500_000, "GBP", 0.75, None)
VIEW = HistoryLine("tea-2", "Black tea", "Tea", None, "rate", 1_700_000_000_000_000, None, None, 4.0)


def shelf(*items: ShelfItem, placement: str = "recommended-for-you", **values: object) -> Shelf:
    return Shelf(list(items), 1, values.get("fallback"), "id", placement, values.get("because"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "title"),
    [
        (shelf(), "Recommended for user-1"),
        (shelf(placement="buy-it-again"), "Buy it again, for user-1"),
        (shelf(because=Because("tea-1", "Green tea")), "Because of Green tea, for user-1"),
    ],
)
def test_a_shelf_has_the_title_of_its_placement(content: Shelf, title: str) -> None:
    assert shelf_title(content, "user-1") == title


def test_a_shelf_stands_beside_its_history(capsys: pytest.CaptureFixture[str]) -> None:
    print_shelf(shelf(TEA), "user-1", [VIEW])
    out = capsys.readouterr().out
    for text in ("tea-1", "Green tea", "£12.50", "0.750", "History", "2023-11-14", "rate 4★", "Black tea"):
        assert text in out
    assert "stars" not in out
    assert "why" not in out


def test_stars_and_reasons_have_columns_if_there_are_any(capsys: pytest.CaptureFixture[str]) -> None:
    rated = ShelfItem("tea-3", "Oolong", None, None, None, None, None, None, 4.25, "popular in Tea")
    print_shelf(shelf(TEA, rated), "user-1")
    out = capsys.readouterr().out
    for text in ("stars", "4.2 ★", "why", "popular in Tea"):
        assert text in out
    assert "History" not in out


def test_a_fallback_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    print_shelf(shelf(TEA, fallback="popular"), "user-1")
    assert "This is the popular shelf" in capsys.readouterr().out


def test_bestsellers_are_not_called_similar(capsys: pytest.CaptureFixture[str]) -> None:
    print_similar(shelf(TEA, fallback="popular_instead"), "tea-2")
    out = capsys.readouterr()
    assert "Bestsellers" in out.out
    assert "Similar to" not in out.out
    assert "nothing for this placement yet" in out.out + out.err


def test_similar_items_are_called_that(capsys: pytest.CaptureFixture[str]) -> None:
    print_similar(shelf(TEA), "tea-2")
    assert "Similar to tea-2" in capsys.readouterr().out
