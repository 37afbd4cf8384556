import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aisle.app.shop import Shop
from aisle.app.tracking.flavour import CARD, Scorer, _load_pyfunc
from aisle.shop.errors import BundleError, InputError
from tests import trackers
from tests.small_shop import TEAS, TOOLS


@pytest.fixture
def scorer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Scorer:
    trackers.needed("pandas")
    monkeypatch.chdir(folder)
    return _load_pyfunc(str(folder / "models" / "000001"))


def table(*rows: Mapping[str, Any]) -> Any:
    import pandas as pd

    return pd.DataFrame(list(rows))


def test_a_known_shopper_gets_the_ranking_of_the_shop(scorer: Scorer, folder: Path) -> None:
    (answer,) = scorer.predict(table({"user_id": "user-1"}), {"n": 5})
    with Shop.open(folder) as shop:
        shelf = shop.recommend("user-1", 5).items
    assert answer["items"] == [item.item_id for item in shelf]
    assert answer["scores"] == pytest.approx([item.score for item in shelf])
    assert answer["popular"] is False


def test_a_history_in_the_request_needs_no_database(folder: Path, tmp_path: Path, monkeypatch: Any) -> None:
    trackers.needed("pandas")
    monkeypatch.chdir(tmp_path)
    scorer = _load_pyfunc(str(folder / "models" / "000001"))
    taught, unknown = scorer.predict(table({"history": ["tea-1", "tea-2"]}, {"history": [], "user_id": "user-1"}))
    assert set(taught["items"][:5]) <= set(TEAS)
    assert (taught["popular"], unknown["popular"]) == (False, True)


def test_a_history_counts_more_than_the_database(scorer: Scorer) -> None:
    teas, tools = scorer.predict(
        table({"user_id": "user-1", "history": ["tea-1"]}, {"user_id": "user-1", "history": []}), {"n": 3}
    )
    assert set(teas["items"]) <= set(TEAS)
    assert set(tools["items"]) <= set(TOOLS)


def test_an_unknown_shopper_gets_the_popular_shelf(scorer: Scorer) -> None:
    for row in ({"user_id": "a stranger"}, {"user_id": None}, {"history": ["no such item"]}):
        (answer,) = scorer.predict(table(row), {"n": 4})
        assert answer["popular"] is True
        assert len(answer["items"]) == 4


def test_by_default_there_are_ten_items_and_never_more_than_the_catalogue_has(scorer: Scorer) -> None:
    assert len(scorer.predict(table({"user_id": "user-1"}))[0]["items"]) == 10
    (answer,) = scorer.predict(table({"user_id": "user-1"}), {"n": 100})
    assert len(answer["items"]) == 20
    json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize("n", [0, 1001])
def test_an_n_out_of_range_is_refused(scorer: Scorer, n: int) -> None:
    with pytest.raises(InputError, match=f"n = {n}; ask for 1 to 1000"):
        scorer.predict(table({"user_id": "user-1"}), {"n": n})


@pytest.mark.parametrize("row", [{"user_id": 5}, {"history": [5]}])
def test_ids_must_be_strings(scorer: Scorer, row: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="5 is not a string"):
        scorer.predict(table(row))


def test_a_damaged_bundle_is_refused(folder: Path) -> None:
    (folder / "models" / "000001" / "personal.item_vectors.npy").write_bytes(b"")
    with pytest.raises(BundleError, match=r"personal\.item_vectors"):
        _load_pyfunc(str(folder / "models" / "000001"))


def test_the_card_has_a_signature_that_mlflow_reads() -> None:
    trackers.needed("pandas", "mlflow")
    from mlflow.models.signature import ModelSignature

    signature = ModelSignature.from_dict(CARD["signature"])
    assert signature.inputs.input_names() == ["user_id", "history"]
    assert signature.outputs.input_names() == ["items", "scores", "popular"]
    assert signature.params.params[0].name == "n"
