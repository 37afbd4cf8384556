from pathlib import Path

from aisle.app.shop import Shop


def test_models_are_compared_with_the_first(folder: Path) -> None:
    with Shop.open(folder) as shop:
        als, popularity, repeated = shop.evaluate(["als", "popularity", "als"], 5)

    assert als.versus is None
    assert popularity.versus is not None
    assert popularity.versus.model == "als"
    assert popularity.versus.novel_ndcg is not None
    difference = popularity.versus.novel_ndcg.difference
    assert difference.low <= difference.value <= difference.high < 0
    assert repeated.versus is not None
    assert repeated.versus.ndcg.difference.value == 0
    assert repeated.versus.novel_ndcg is not None
    assert repeated.versus.novel_ndcg.finding == "no real difference"


def test_stars_are_those_of_the_personal_model(folder: Path) -> None:
    with Shop.open(folder) as shop:
        assert [measured.report.stars for measured in shop.evaluate(["als", "popularity"], 5)] == [None, None]
