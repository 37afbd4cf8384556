"""The web process, for real: a socket, signals, a port that is taken."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aisle.shop.errors import SettingsError
from aisle.web import server

SERVE = """
import sys
from pathlib import Path
from aisle.app.settings import Settings
from aisle.web.workers import run

settings = Settings.read(Path(sys.argv[1]))
run(settings, "127.0.0.1", int(sys.argv[2]), 1, lambda line: print(line, flush=True), next_free=True)
print("stopped", flush=True)
"""


@pytest.fixture
def busy() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def test_a_process_serves_beside_a_busy_port_and_stops_when_told(folder: Path, busy: int) -> None:
    command = [sys.executable, "-c", SERVE, str(folder), str(busy)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        _note, first, second = (process.stdout.readline() for _ in range(3))
        address = second.split()[2]
        with urllib.request.urlopen(f"{address}/api/health") as answer:
            health = json.load(answer)
        process.send_signal(signal.SIGTERM)
        rest, problems = process.stdout.read(), process.stderr.read()
    assert first.startswith(f"Port {busy} is busy; using ")
    assert health["status"] == "ok"
    logged, stopped = rest.splitlines()
    assert '"route":"/api/health","status":200' in logged
    assert stopped == "stopped"
    assert problems == ""
    assert process.returncode == 0


def test_a_free_port_is_taken_as_asked() -> None:
    with server.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    with server.listen("127.0.0.1", port) as listener:
        assert listener.getsockname()[1] == port


def test_a_busy_port_gives_a_demonstration_the_next_free_one(busy: int) -> None:
    with server.listen("127.0.0.1", busy, next_free=True) as listener:
        assert busy < listener.getsockname()[1] < busy + server.PORTS_TRIED


def test_answers_do_not_wait_for_the_clients_acknowledgement() -> None:
    with server.listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            # asyncio sets TCP_NODELAY on connections of which it knows that they are TCP.
            assert accepted.proto == socket.IPPROTO_TCP


def test_too_many_busy_ports_are_said(busy: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PORTS_TRIED", 1)
    with pytest.raises(SettingsError, match=f"no port from {busy} to {busy} is free"):
        server.listen("127.0.0.1", busy, next_free=True)


def test_a_busy_port_is_an_error_in_production(busy: int) -> None:
    with pytest.raises(SettingsError, match=f"port {busy} is busy on 127.0.0.1; stop what listens there"):
        server.listen("127.0.0.1", busy)


@pytest.mark.parametrize("host", ["192.0.2.1", "::2"])
def test_an_address_of_another_machine_is_said(host: str) -> None:
    with pytest.raises(SettingsError, match=f"cannot listen on {host}"):
        server.listen(host, 0)


def test_a_server_says_that_it_runs_and_once_it_can_fill_a_shelf(
    client: TestClient, untrained_client: TestClient
) -> None:
    assert client.get("/health/ready").json()["model_version"] == 1
    assert untrained_client.get("/health/live").status_code == 200
    assert untrained_client.get("/health/ready").status_code == 503


def test_a_server_starts_and_takes_an_event_without_polars() -> None:
    code = (
        "import sys, aisle.web.workers; from aisle.ingest.api import parse_events\n"
        """assert parse_events(b'{"event": "view", "user_id": "u", "item_id": "i"}').accepted\n"""
        "print([name for name in ('polars', 'narwhals', 'pandera', 'sklearn') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
