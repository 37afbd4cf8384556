"""A new model fills a shelf of every placement before shoppers ask for one."""

import logging
from pathlib import Path

import pytest

from aisle.app.serve import Live
from aisle.app.serving.profiles import Profile
from aisle.app.serving.shelf import Shelf
from aisle.app.serving.warming import warm_up
from aisle.app.settings import Settings
from aisle.engine.model import TrainedModel
from aisle.engine.request import ShelfRequest
from aisle.storage.shelves import impressions


def test_every_placement_is_filled_for_nobody_and_for_a_shopper(live: Live) -> None:
    filled = set()

    def fill(request: ShelfRequest, profile: Profile, model: TrainedModel) -> Shelf:
        shelf = live.filled(request, profile, model)
        filled.add((shelf.placement, bool(profile.events)))
        return shelf

    warm_up(live.model_watch.current(), live.placements, fill)
    assert filled == {(placement, knows) for placement in live.placements for knows in (True, False)}


def test_a_placement_that_fails_is_told_and_the_others_go_on(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    filled = []

    def fill(request: ShelfRequest, profile: Profile, model: TrainedModel) -> Shelf:
        if request.placement == "trending":
            raise RuntimeError("broken")
        filled.append(request.placement)
        return live.filled(request, profile, model)

    with caplog.at_level(logging.ERROR):
        warm_up(live.model_watch.current(), ["trending", "bestsellers"], fill)
    assert filled == ["bestsellers", "bestsellers"]
    assert "fills no shelf of placement trending" in caplog.text


def test_a_server_has_computed_what_shelves_need_before_the_first_request(folder: Path, tmp_path: Path) -> None:
    with Live(Settings.read(folder), tmp_path) as live:
        model = live.model_watch.current()
        assert "tail" in vars(model)
        assert live._shared._kept is not None
        assert impressions.count(live.db) == 0
