from pathlib import Path

from aisle.app.shop import Shop


def test_models_are_compared_with_the_first(folder: Path) -> None:
    with Shop.open(folder) as shop:
        als, popularity, again = shop.evaluate(["als", "popularity", "als"], 5)

    assert als.versus is None
    assert popularity.versus is not None
    assert popularity.versus.model == "als"
    difference = popularity.versus.ndcg.difference
    assert difference.low <= difference.value <= difference.high < 0
    assert again.versus is not None
    assert again.versus.ndcg.difference.value == 0
    assert again.versus.novel_ndcg is not None
    assert again.versus.novel_ndcg.finding == "no real difference"


def test_stars_are_those_of_the_personal_model(folder: Path) -> None:
    with Shop.open(folder) as shop:
        assert [one.report.stars for one in shop.evaluate(["als", "popularity"], 5)] == [None, None]
