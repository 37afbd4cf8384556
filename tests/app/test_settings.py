from pathlib import Path

import pytest

from aisle.app.settings import FILE, TEMPLATE, Settings
from aisle.shop.errors import SettingsError


def write(folder: Path, text: str) -> Path:
    (folder / FILE).write_text(text)
    return folder


def test_a_folder_without_a_file_has_the_defaults(tmp_path: Path) -> None:
    settings = Settings.read(tmp_path)
    assert settings.train.model == "hybrid"
    assert settings.database_url == f"sqlite:///{tmp_path / 'aisle.db'}"
    assert settings.bundles == tmp_path / "models"


def test_the_file_is_read(tmp_path: Path) -> None:
    settings = Settings.read(write(tmp_path, '[shop]\nname = "Gifts"\n[models.als]\nfactors = 32\n'))
    assert settings.shop.name == "Gifts"
    assert settings.models == {"als": {"factors": 32}}


def test_the_environment_counts_more_than_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISLE_TRAIN__SEED", "7")
    assert Settings.read(write(tmp_path, "[train]\nseed = 3\n")).train.seed == 7


def test_arguments_count_more_than_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISLE_DATABASE__URL", "sqlite:///other.db")
    assert Settings.read(tmp_path, database={"url": "mysql://shop"}).database_url == "mysql://shop"


def test_an_absolute_database_path_stays(tmp_path: Path) -> None:
    assert Settings.read(tmp_path, database={"url": "sqlite:////data/a.db"}).database_url == "sqlite:////data/a.db"


def test_the_template_is_a_valid_file_with_the_defaults(tmp_path: Path) -> None:
    settings = Settings.read(write(tmp_path, TEMPLATE.format(name='"Gifts"')))
    assert settings.train == Settings.read(tmp_path / "nowhere").train


def test_what_the_template_shows_as_a_default_is_the_default(tmp_path: Path) -> None:
    shown = "\n".join(line.removeprefix("# ") for line in TEMPLATE.format(name='"My shop"').splitlines()[1:])
    shown = shown.replace('currency = "GBP"', "")
    settings, defaults = Settings.read(write(tmp_path, shown)), Settings.read(tmp_path / "nowhere")
    assert (settings.shop, settings.train, settings.serve) == (defaults.shop, defaults.train, defaults.serve)
    assert settings.database == defaults.database


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[train]\nseeds = 1\n", "train.seeds"),
        ("[trains]\n", "trains"),
        ("[train]\nseed = -1\n", "greater than or equal to 0"),
        ('[shop]\ncurrency = "pounds"\n', "shop.currency"),
        ("seed = \n", "cannot be read as TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.read(write(tmp_path, text))


@pytest.mark.parametrize("setting", ["diversity = 2", "prices = 1", 'pins = ["a", "a"]', "price_min = -1"])
def test_a_wrong_rule_names_its_placement(tmp_path: Path, setting: str) -> None:
    with pytest.raises(SettingsError, match=r"placements\.cart"):
        Settings.read(write(tmp_path, f"[placements.cart]\n{setting}\n"))


def test_settings_of_a_model_by_its_old_name_are_taken(tmp_path: Path) -> None:
    settings = Settings.read(write(tmp_path, "[models.welcome]\nprior = 2.0\n"))
    assert settings.models == {"newcomer_popularity": {"prior": 2.0}}


def test_settings_of_a_model_by_both_names_are_refused(tmp_path: Path) -> None:
    text = "[models.welcome]\n[models.newcomer_popularity]\n"
    with pytest.raises(SettingsError, match=r"\[models.welcome\] and \[models.newcomer_popularity\] are the same"):
        Settings.read(write(tmp_path, text))
