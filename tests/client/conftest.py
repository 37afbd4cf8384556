"""The small shop behind a server, and both clients of it under one interface."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.client import AsyncClient, Client
from tests.client.serving import Flaky, served

Connect = Callable[..., Any]


class Awaited:
    """An `AsyncClient` whose methods are awaited elsewhere, so that the tests of `Client` are its tests too."""

    def __init__(self, portal: BlockingPortal, client: AsyncClient) -> None:
        self._portal = portal
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if not iscoroutinefunction(method):
            return method
        return lambda *args, **kwargs: self._portal.call(lambda: method(*args, **kwargs))


@pytest.fixture(scope="module")
def shop(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(Settings.read(shutil.copytree(trained_folder, tmp_path_factory.mktemp("client") / "shop"))) as live:
        yield live


@pytest.fixture(scope="module")
def url(shop: Live) -> Iterator[str]:
    with served(shop) as url:
        yield url


@pytest.fixture
def flaky(url: str) -> Iterator[Flaky]:
    way = Flaky(url)
    yield way
    way.close()


@pytest.fixture(params=["waits", "awaited"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """What makes a client, of each of the two kinds."""
    with ExitStack() as stack:
        if request.param == "waits":
            yield lambda *args, **kwargs: stack.enter_context(Client(*args, **kwargs))
        else:
            portal = stack.enter_context(start_blocking_portal())

            def make(*args: Any, **kwargs: Any) -> Awaited:
                client = AsyncClient(*args, **kwargs)
                stack.callback(portal.call, client.close)
                return Awaited(portal, client)

            yield make


@pytest.fixture
def aisle_api(connect: Connect, url: str) -> Any:
    return connect(url)
