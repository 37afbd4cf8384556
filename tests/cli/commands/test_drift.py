import shutil
from pathlib import Path

import msgspec

from aisle.app.settings import Settings
from aisle.shop.moments import DAY, now
from aisle.storage.connection import connect
from aisle.storage.log import events
from tests.runner import Runner
from tests.storage import samples


def test_a_shop_with_too_little_says_so(aisle: Runner, untrained_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(untrained_folder, tmp_path / "shop")
    ran = aisle("-C", folder, "drift")
    assert (ran.code, "Too little happened" in ran.out) == (0, True)


def test_what_has_drifted_is_told_and_the_exit_code_says_so(
    aisle: Runner, untrained_folder: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(untrained_folder, tmp_path / "shop")
    with connect(Settings.read(folder).database_url) as db:
        for days, kind in ((20, "purchase"), (3, "view_item")):
            moment = now() - days * DAY
            rows = (samples.event(days * 1000 + number, event=kind, timestamp=moment) for number in range(600))
            events.store(db, list(rows))
    ran = aisle("-C", folder, "drift")
    assert (ran.code, "event mix" in ran.out) == (1, True)
    read = msgspec.json.decode(aisle("-C", folder, "drift", "--json").out)
    assert [(one["what"], one["beyond"]) for one in read] == [("event mix", True)]
