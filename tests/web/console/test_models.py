"""The page of the models: what it tells, and what an admin does there."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import delete
from starlette.testclient import TestClient

from aisle.app.segments.ranking import ranks_for
from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.app.work.worker import Worker
from aisle.shop.moments import now
from aisle.storage.shoppers import segments
from aisle.storage.tables import trainings
from aisle.storage.work import jobs, leases
from aisle.web.app import create_app
from aisle.web.console.models import PATH
from tests.web.clients import client_of, send_form


@pytest.fixture(scope="module")
def twice_trained(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = shutil.copytree(trained_folder, tmp_path_factory.mktemp("console") / "models")
    with Shop.open(folder) as shop:
        shop.train("popularity", force=True)
    return folder


@pytest.fixture
def folder(twice_trained: Path, tmp_path: Path) -> Path:
    return shutil.copytree(twice_trained, tmp_path / "shop")


@pytest.fixture
def client(live: Live) -> TestClient:
    """The browser of somebody on this machine, who may do everything."""
    client = client_of(create_app(live))
    client.headers["accept"] = "text/html"
    return client


def watch(client: TestClient) -> Response:
    return client.get(f"{PATH}/job", headers={"HX-Request": "true"})


def follow(client: TestClient, answer: Response) -> str:
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"]).text


def live_version(live: Live) -> int | None:
    live.model_watch.refresh()
    return live.model_version()


@pytest.fixture
def working(folder: Path) -> Iterator[None]:
    never = {"train_hour": "never", "count_minutes": 0, "refresh_minutes": 0, "backups": 0}
    worker = Worker(Settings.read(folder, worker=never), silence=2.0)
    thread = threading.Thread(target=worker.run)
    thread.start()
    yield
    worker.stop()
    thread.join()


def test_a_segment_shows_how_each_version_ranks_for_its_members(client: TestClient, live: Live) -> None:
    members = [f"user-{number}" for number in range(0, 40, 2)]
    segments.set_members(live.db, segments.add(live.db, "tea <b>", "{}").number, members, now())
    segments.set_members(live.db, segments.add(live.db, "nobody", "{}").number, [], now())
    text = client.get(PATH, params={"segment": "tea <b>", "first": 1, "second": 2}).text
    assert "How they rank for tea &lt;b&gt;" in text
    with Shop(live.settings) as shop:
        for told in ranks_for(live.db, [one.row for one in shop.versions()], live.settings.bundles, members):
            assert told.ndcg is not None
            assert 0 < told.members < told.shoppers
            assert f"{told.ndcg.value:.3f}" in text
    assert '<input type="hidden" name="segment" value="tea &lt;b&gt;">' in text
    assert "Settings that differ" in text
    assert "How they rank for nobody" in client.get(PATH, params={"segment": "nobody"}).text
    assert client.get(PATH, params={"segment": "gone"}).status_code == 422


def test_versions_stand_with_their_figures_and_intervals(client: TestClient, live: Live) -> None:
    text = client.get(PATH).text
    with Shop(live.settings) as shop:
        for version in shop.versions():
            assert version.report is not None
            interval = version.report.intervals.ndcg
            assert f"{interval.value:.3f}" in text
            assert f"{interval.low:.3f} to {interval.high:.3f}" in text
    assert text.index('version=2"') < text.index('version=1"')
    assert "Roll back to model 1" in text


def test_a_version_tells_what_its_training_told(client: TestClient, live: Live) -> None:
    text = client.get(f"{PATH}/version?version=1").text
    for told in (
        "recommended-for-you",
        "Heavy shoppers",
        "240 events of 40 shoppers",
        "parts.personal.settings.factors",
    ):
        assert told in text
    with live.db.write() as connection:
        connection.execute(delete(trainings))
    text = client.get(f"{PATH}/version?version=1").text
    assert "Aisle did not store yet" in text
    assert "Heavy shoppers" in text  # the figures were always stored
    assert "not stored" in client.get(PATH).text


def test_two_versions_side_by_side(client: TestClient) -> None:
    text = client.get(f"{PATH}?first=1&second=2").text
    assert "parts.personal.model" in text
    assert "No shelf of theirs was counted" in text
    assert "they differ by their data alone" in client.get(f"{PATH}?first=1&second=1").text


@pytest.mark.parametrize("query", ["first=1&second=9", "first=1&second=x", "first=&second=1"])
def test_a_comparison_that_cannot_be_made_says_why(client: TestClient, query: str) -> None:
    answer = client.get(f"{PATH}?{query}")
    assert answer.status_code in (404, 422)
    assert "there is no model 9" in answer.text or "is not a whole number" in answer.text


def test_promote_asks_first_and_takes_effect(client: TestClient, live: Live) -> None:
    assert live_version(live) == 2
    assert "in place of model 2" in client.get(f"{PATH}/promote?version=1").text
    assert live_version(live) == 2
    text = follow(client, send_form(client, f"{PATH}/promote", {"version": "1"}))
    assert "Model 1 is live; every process follows within two seconds." in text
    assert live_version(live) == 1


def test_roll_back_asks_first_and_takes_effect(client: TestClient, live: Live) -> None:
    assert "Roll back to model 1" in client.get(f"{PATH}/rollback").text
    text = follow(client, send_form(client, f"{PATH}/rollback", {"version": "1"}))
    assert "Model 1 is live again" in text
    assert live_version(live) == 1
    assert "No earlier model" in client.get(f"{PATH}/rollback").text
    assert "no earlier model" in send_form(client, f"{PATH}/rollback", {"version": "1"}).text


def test_a_roll_back_to_another_model_than_was_shown_is_refused(client: TestClient, live: Live) -> None:
    answer = send_form(client, f"{PATH}/rollback", {"version": "2"})
    assert (answer.status_code, "meanwhile another model went live" in answer.text) == (422, True)
    assert live_version(live) == 2


def test_a_model_whose_files_are_gone_cannot_be_promoted(client: TestClient, live: Live) -> None:
    shutil.rmtree(live.settings.bundles / "000001")
    assert "its files are gone" in client.get(PATH).text
    assert "its files are gone" in client.get(f"{PATH}/version?version=1").text
    assert "Its files are not there any more" in client.get(f"{PATH}/promote?version=1").text
    answer = send_form(client, f"{PATH}/promote", {"version": "1"})
    assert (answer.status_code, "damaged or gone, so nothing has changed" in answer.text) == (422, True)
    assert str(live.settings.bundles) not in answer.text
    assert live_version(live) == 2


def test_a_damaged_model_is_not_promoted(client: TestClient, live: Live) -> None:
    file = next((live.settings.bundles / "000001").glob("personal.*.npy"))
    file.write_bytes(b"x" * file.stat().st_size)
    for what in ("promote", "rollback"):
        assert "damaged or gone" in send_form(client, f"{PATH}/{what}", {"version": "1"}).text
    assert live_version(live) == 2


def test_without_a_worker_the_page_says_how_to_start_one(client: TestClient, live: Live) -> None:
    text = follow(client, send_form(client, f"{PATH}/train", {}))
    assert "No worker runs" in text
    assert "aisle serve --with-worker" in text
    assert 'hx-trigger="every 2s"' in watch(client).text
    number = jobs.newest(live.db, "train")
    assert number is not None
    text = follow(client, send_form(client, f"{PATH}/cancel", {"number": str(number.number)}))
    assert "called off before it began" in text
    assert "is over" in send_form(client, f"{PATH}/cancel", {"number": str(number.number)}).text


@pytest.mark.usefixtures("working")
def test_a_training_is_watched_until_it_is_live(client: TestClient, live: Live) -> None:
    assert "asks for one" in watch(client).text
    follow(client, send_form(client, f"{PATH}/train", {}))
    seen, end = "", time.monotonic() + 60
    while "HX-Refresh" not in (answer := watch(client)).headers:
        seen += answer.text
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "read events" in seen + answer.text
    text = client.get(PATH).text
    assert "version=3" in text
    assert "status-done" in text


def test_a_training_that_fails_says_why(client: TestClient, live: Live) -> None:
    with leases.held(live.db, "worker") as lease:
        number = jobs.ask(live.db, "train", "vera").number
        jobs.start_next(live.db, lease)
        jobs.report(live.db, lease, number, "read events", 0.5, "12:00:00 read events\n")
        text = watch(client).text
        assert "read events" in text
        assert "50 %" in text
        jobs.end(live.db, lease, number, "failed", "there are no events; run aisle import", "12:00:00 read events\n")
    answer = watch(client)
    assert answer.headers["HX-Refresh"] == "true"
    assert "It failed: <bdi>there are no events; run aisle import</bdi>" in answer.text
    assert "The live model answers as before" in answer.text


def test_a_worker_that_died_in_a_training(client: TestClient, live: Live) -> None:
    lease = leases.take(live.db, "worker")
    number = jobs.ask(live.db, "train", "vera").number
    jobs.start_next(live.db, lease)
    leases.give_back(live.db, lease)
    assert "nobody goes on with it" in watch(client).text
    lease = leases.take(live.db, "worker")
    jobs.start_next(live.db, lease)
    assert jobs.get(live.db, number).status == "lost"
    assert "ended in the middle of it" in watch(client).text


def test_a_viewer_looks_and_does_nothing(browser_of: Callable[[str], TestClient]) -> None:
    vera = browser_of("vera")
    text = vera.get(PATH).text
    assert 'action="/console/models/train"' not in text
    assert "/promote" not in text
    for what in ("train", "cancel", "promote", "rollback"):
        assert send_form(vera, f"{PATH}/{what}", {"version": "1"}).status_code == 403
    assert 'action="/console/models/train"' in browser_of("ada").get(PATH).text


def test_a_shop_without_a_model(tmp_path: Path) -> None:
    with Shop.open(tmp_path / "empty") as shop:
        settings = shop.settings
    with Live(settings) as live:
        client = client_of(create_app(live))
        text = client.get(PATH, headers={"accept": "text/html"}).text
    assert "No model yet" in text
    assert "Two models" not in text


def test_without_a_script_the_part_leads_to_the_page(client: TestClient) -> None:
    assert client.get(f"{PATH}/job").headers["location"] == PATH
