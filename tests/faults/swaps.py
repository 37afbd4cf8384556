"""Models that are exchanged while shoppers ask for shelves."""

import json
import shutil
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from aisle.app.settings import FILE, Settings
from aisle.app.shop import Shop
from aisle.models import registry
from aisle.storage.connection import connect as connect_database
from tests.faults.load import Answer, Answers, Call, ask, connect, load, until
from tests.web.serving import serving

SHOPPERS: Final = 40
CLIENTS, PER_SECOND = 4, 25.0
CALM_SECONDS: Final = 5.0
PATIENCE_SECONDS: Final = 60.0
SLOWER_MS: Final = 50.0


class Swaps(NamedTuple):
    """What the clients saw."""

    swaps: int
    """How many times all workers changed over."""
    slowest_seconds: float
    """The longest that it took until no worker answered from the old model."""
    requests: int
    errors: int
    mixed: list[Answer]
    """Shelves that are not those of the model that they name."""
    usual_ms: float
    """The slowest of 1,000 requests, before the swaps."""
    slower: int
    """How many requests took 50 ms longer than that."""
    worst_ms: float


def two_shelves(folder: Path, source: Path) -> Path:
    """Copy a shop that has one model, and train another one that fills shelves differently.

    Its server waits for the database: a shelf without it would be that of neither model.
    """
    shutil.copytree(source, folder)
    settings = (folder / FILE).read_text()
    (folder / FILE).write_text(settings.replace("[serve]\n", "[serve]\ndatabase_seconds = 10\n"))
    with Shop.open(folder) as shop:
        shop.train("item_knn")
    return folder


def swap(folder: Path, times: int, workers: int = 2) -> Swaps:
    """Exchange the two newest models of a shop again and again while clients call its server."""
    settings = Settings.read(folder)
    with connect_database(settings.database_url) as db, serving(folder, workers) as (_, address):
        versions = [row.version for row in registry.list_(db)[-2:]]
        expected: dict[int, dict[str, list[str]]] = defaultdict(dict)
        for version in versions:
            registry.promote(db, settings.bundles, version)
            until(partial(_all_serve, address, version), PATIENCE_SECONDS)
            for call in map(_shelf_of, range(SHOPPERS)):
                expected[version][call.path] = _items(_answered_by(version, address, call))
        took = []
        with load(address, _shelf_of, CLIENTS, PER_SECOND) as answers:
            time.sleep(CALM_SECONDS)
            began = time.monotonic()
            for number in range(times):
                version = versions[number % 2]
                registry.promote(db, settings.bundles, version)
                took.append(until(partial(_all_serve, address, version), PATIENCE_SECONDS))
            ended = time.monotonic()
    meanwhile, calm = answers.between(began, ended), answers.between(0.0, began)
    usual = calm.quantile(0.999)
    return Swaps(
        swaps=sum(seconds < PATIENCE_SECONDS for seconds in took),
        slowest_seconds=max(took),
        requests=len(meanwhile),
        errors=sum(answer.status != 200 for answer in meanwhile),
        mixed=_mixed(meanwhile, expected),
        usual_ms=usual,
        slower=sum(answer.seconds * 1000 > usual + SLOWER_MS for answer in meanwhile),
        worst_ms=meanwhile.quantile(1.0),
    )


def _mixed(answers: Answers, expected: dict[int, dict[str, list[str]]]) -> list[Answer]:
    shelves = [answer for answer in answers if answer.status == 200]
    return [shelf for shelf in shelves if _items(shelf) != expected[_version(shelf)][shelf.call.path]]


def _all_serve(address: str, version: int) -> bool:
    """Ask on connections of their own, so that each worker gets some."""
    return all(_version(_ask(address, _shelf_of(0))) == version for _ in range(12))


def _answered_by(version: int, address: str, call: Call) -> Answer:
    """Return the answer of a worker that serves a model: all connections of `_all_serve` may have been one worker's."""
    answer = _ask(address, call)
    while _version(answer) != version:
        answer = _ask(address, call)
    return answer


def _ask(address: str, call: Call) -> Answer:
    connection = connect(address)
    try:
        return ask(connection, call)
    finally:
        connection.close()


def _shelf_of(number: int) -> Call:
    return Call(f"/api/recommendations?user_id=user-{number % SHOPPERS}")


def _version(answer: Answer) -> int:
    return int(json.loads(answer.body)["model"])


def _items(answer: Answer) -> list[str]:
    return [item["item_id"] for item in json.loads(answer.body)["items"]]
