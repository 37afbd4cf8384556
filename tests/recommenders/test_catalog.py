import subprocess
import sys

import pytest

from aisle.recommenders.catalog import NAMES, RENAMED, by_name, component_by_name, current_name
from aisle.shop.errors import SettingsError


@pytest.mark.parametrize("name", NAMES)
def test_a_model_goes_by_its_own_name(name: str) -> None:
    model = by_name(name)
    assert model.name == name
    assert model(model.config_type()).config == model.config_type.parse({})


def test_names_are_in_order() -> None:
    assert list(NAMES) == sorted(NAMES)


def test_an_unknown_name() -> None:
    with pytest.raises(SettingsError, match="'svm'; choose one of als, "):
        by_name("svm")


@pytest.mark.parametrize("old", RENAMED)
def test_an_old_name_is_understood(old: str) -> None:
    assert component_by_name(old) is component_by_name(current_name(old))
    assert component_by_name(old).name == current_name(old)


def test_a_current_name_stays() -> None:
    assert current_name("als") == "als"


def test_a_live_process_starts_without_what_only_training_needs() -> None:
    code = (
        "import sys\n"
        "from aisle.recommenders.catalog import NAMES, by_name\n"
        "import aisle.recommenders.similar\n"
        "assert all(map(by_name, NAMES))\n"
        "print(*{'numba', 'scipy', 'polars', 'narwhals'} & set(sys.modules))\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == ""
