from pathlib import Path

import numpy as np
import pytest

from aisle.recommenders.content.encoder import check_name, load_encoder
from aisle.shop.errors import SettingsError

STATIC = """
import numpy as np

class StaticModel:
    @classmethod
    def from_pretrained(cls, model):
        if model == "broken":
            raise OSError("broken is no folder\\nand no model of the hub")
        if model == "mute":
            raise RuntimeError
        return cls()

    def encode(self, sentences):
        return np.array([[len(sentence), 1.0] for sentence in sentences], np.float32)
"""

SENTENCES = """
import numpy as np

class SentenceTransformer:
    def __init__(self, model):
        self.width = int(model)

    def encode(self, sentences):
        return np.ones((len(sentences), self.width), np.float32)
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put packages in the way of imports that are called as the real ones, and have their interfaces."""
    (tmp_path / "model2vec.py").write_text(STATIC)
    (tmp_path / "sentence_transformers.py").write_text(SENTENCES)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("model2vec", "sentence_transformers"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)


@pytest.mark.parametrize(
    "encoder", ["tfidf", "model2vec:potion", "sentence_transformers:org/a-model", "model2vec:/a:b"]
)
def test_a_name_is_tfidf_or_a_package_and_its_model(encoder: str) -> None:
    check_name(encoder)


@pytest.mark.parametrize("encoder", ["", "bert", "tfidf:x", "model2vec", "model2vec:", "os:system", "my.module:Class"])
def test_any_other_name_is_refused(encoder: str) -> None:
    with pytest.raises(SettingsError, match='is unknown; choose one of "tfidf", "model2vec:MODEL", "sentence_trans'):
        check_name(encoder)


@pytest.mark.parametrize(("encoder", "name"), [("model2vec:m", "model2vec"), ("sentence_transformers:m", "sentence-")])
def test_a_missing_package_is_named(encoder: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aisle.recommenders.content.encoder.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=f'encoder = "{encoder}" needs {name}.*: pip install {name}'):
        load_encoder(encoder)


@pytest.mark.usefixtures("packages")
def test_models_of_both_packages_encode() -> None:
    assert load_encoder("model2vec:any").encode(["cup", ""]).tolist() == [[3, 1], [0, 1]]
    assert load_encoder("sentence_transformers:5").encode(["cup"]).shape == (1, 5)


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize(
    ("encoder", "reason"),
    [
        ("model2vec:broken", "broken is no folder"),
        ("model2vec:mute", "RuntimeError"),
        ("sentence_transformers:x", r"invalid literal for int\(\) with base 10: 'x'"),
    ],
)
def test_a_model_that_cannot_be_loaded_costs_one_line(encoder: str, reason: str) -> None:
    line = f'encoder = "{encoder}": the model cannot be loaded: {reason}; give the name of a published model, or the '
    with pytest.raises(SettingsError, match=line) as raised:
        load_encoder(encoder)
    assert "\n" not in str(raised.value)


@pytest.mark.usefixtures("packages")
def test_vectors_are_arrays() -> None:
    assert load_encoder("model2vec:any").encode(["a"]).dtype == np.float32
