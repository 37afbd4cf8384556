"""Segments of a shop: made, kept up to date, exported; and what a model says of who will like what."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from aisle.app.progress import silent
from aisle.app.shop import Shop
from aisle.app.work.kinds import kind_named
from aisle.shop.errors import FileError, InputError, NoModel, NotFound
from aisle.shop.moments import now
from aisle.storage.log import events
from aisle.storage.migrations.versions.v0022_segments import STARTERS
from aisle.storage.shoppers import users
from tests.storage import samples

BUYERS = '{"rule":"did","events":["purchase"]}'


@pytest.fixture
def shop(folder: Path) -> Iterator[Shop]:
    with Shop.open(folder) as shop:
        yield shop


@pytest.fixture
def empty_shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop.open(tmp_path / "empty") as shop:
        yield shop


def test_a_segment_has_its_members_at_once(shop: Shop) -> None:
    made = shop.segments.create("tea drinkers", '{"rule":"did","category":"Tea","share":0.9}')
    assert (made.size, made.words) == (
        20,
        "viewed or put into the cart or bought items of Tea, at least 90% of all",
    )
    members = shop.segments.members("tea drinkers")
    assert members["user_id"].to_list() == sorted(f"user-{number}" for number in range(0, 40, 2))
    assert members["since"].n_unique() == 1
    assert shop.segments.sizes("tea drinkers")["members"].to_list() == [20]
    assert shop.segments.count(made.rule) == 20
    shop.segments.delete("tea drinkers")
    with pytest.raises(NotFound, match="no segment 'tea drinkers'"):
        shop.segments.members("tea drinkers")


def test_the_model_knows_who_will_like_what(shop: Shop) -> None:
    shop.segments.create("tea", '{"rule":"will_like","category":"Tea","most":20}')
    assert {int(user.split("-")[1]) % 2 for user in shop.segments.members("tea")["user_id"]} == {0}
    assert shop.segments.get("tea").size == 20
    assert shop.segments.create("nothing", '{"rule":"will_like","brand":"Nobody"}').size == 0


def test_without_a_model_such_a_segment_is_not_made(empty_shop: Shop) -> None:
    with pytest.raises(NoModel):
        empty_shop.segments.create("tea", '{"rule":"will_like","category":"Tea"}')
    assert [one.name for one in empty_shop.segments.all()] == list(STARTERS)


def test_segments_that_every_shop_has_are_found_when_asked_for(shop: Shop) -> None:
    assert {one.size for one in shop.segments.all()} == {None}
    assert shop.segments.members("lookers who did not buy").height == 0
    found = {one.name: one.size for one in shop.segments.all()}
    assert (found["lookers who did not buy"], found["lost customers"]) == (0, None)


def test_the_worker_brings_them_up_to_date_and_tells_what_failed(shop: Shop) -> None:
    shop.segments.create("buyers", BUYERS)
    shop.segments.create("fans", '{"rule":"will_like","category":"Tea"}')
    events.store(shop.db, [samples.event(1, event="purchase", user_id="newcomer", item_id="tea-1", timestamp=now())])
    job = kind_named("segments")
    assert job.run(shop, silent).startswith(f"{len(STARTERS) + 2} segments: ")
    assert "newcomer" in shop.segments.members("buyers")["user_id"]
    shop.erase_user("newcomer")
    assert shop.segments.update(["buyers"]).moved["buyers"] == (40, 0, 0)


def test_one_that_fails_keeps_its_members(shop: Shop, folder: Path) -> None:
    shop.segments.create("fans", '{"rule":"will_like","category":"Tea","most":3}')
    for manifest in folder.glob("models/**/manifest.json"):
        manifest.unlink()
    with Shop.open(folder) as later:
        updated = later.segments.update()
        assert list(updated.failed) == ["fans"]
        assert later.segments.members("fans").height == 3
        assert "fans: " in kind_named("segments").run(later, silent)


def test_a_mailing_goes_to_those_who_agreed(shop: Shop, tmp_path: Path) -> None:
    shop.segments.create("buyers", BUYERS)
    told = {"user-1": '{"consent": true, "email": "=cmd()"}', "user-2": '{"consent": "no"}', "user-3": '{"consent": 1}'}
    users.upsert(shop.db, list(told.items()))
    out = tmp_path / "buyers.csv"
    assert shop.segments.export("buyers", out, ["email"]) == 2
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [(row["user_id"], row["consented"], row["email"]) for row in rows] == [
        ("user-1", "True", "'=cmd()"),
        ("user-3", "True", ""),
    ]
    assert out.stat().st_mode & 0o077 == 0
    assert shop.segments.export("buyers", tmp_path / "all.json", everyone=True) == 40
    people = json.loads((tmp_path / "all.json").read_text())
    assert sorted(one["user_id"] for one in people if one["consented"]) == ["user-1", "user-3"]
    assert set(people[0]) == {"user_id", "since", "consented"}
    with pytest.raises(FileError, match="choose one of the two endings"):
        shop.segments.export("buyers", tmp_path / "buyers.txt")


@pytest.mark.parametrize("name", ["", " tea", "tea\n", "x" * 65])
def test_names_that_cannot_be(empty_shop: Shop, name: str) -> None:
    with pytest.raises(InputError, match="cannot name a segment"):
        empty_shop.segments.create(name, BUYERS)
