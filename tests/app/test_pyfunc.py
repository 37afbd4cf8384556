"""Models that older versions registered in MLflow name this module."""

import shutil
from pathlib import Path

import pandas as pd

from aisle.app import pyfunc
from aisle.app.tracking.flavour import Scorer


def test_an_old_registration_finds_its_loader(trained_folder: Path, tmp_path: Path) -> None:
    bundle = shutil.copytree(trained_folder / "models" / "000001", tmp_path / "000001")
    scorer = pyfunc._load_pyfunc(str(bundle))
    assert isinstance(scorer, Scorer)
    (answer,) = scorer.predict(pd.DataFrame({"history": [["tea-1", "tea-2"]]}), {"n": 3})
    assert len(answer["items"]) == 3
    assert not answer["popular"]
