"""Database servers of a test's own, in a folder of their own: to be stopped, killed and started again.

The servers of the machine are left alone.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from aisle.shop.errors import StorageError
from aisle.storage.connection import connect

START_SECONDS: Final = 60.0
_SBIN: Final = "/usr/sbin"


class OwnServer:
    """One server: its URL, and what may befall it."""

    def __init__(self, url: str, command: list[str], user: str | None) -> None:
        self.url = url
        self._command = command
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            self._command,
            user=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        with connect(self.url) as db:
            while True:
                try:
                    with db.read() as connection:
                        connection.exec_driver_sql("SELECT 1")
                    return
                except StorageError:
                    if time.monotonic() > deadline or self._process.poll() is not None:
                        raise
                    time.sleep(0.1)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let it stand still: its sockets stay open, and nothing answers."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a crash does."""
        if self._process is not None and self._process.poll() is None:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def _signal(self, number: int) -> None:
        """Signal the server and its children, which have a session of their own."""
        assert self._process is not None
        os.killpg(self._process.pid, number)
        for child in _children(self._process.pid):  # PostgreSQL's are sessions, too
            with suppress(ProcessLookupError):  # one may end by itself meanwhile, above all when all go on
                os.kill(child, number)


@contextmanager
def own_server(kind: str) -> Iterator[OwnServer]:
    """Start a server with an empty database `test`, and remove both.

    Raises
    ------
    FileNotFoundError
        If the server is not installed.
    """
    user = {"mysql": "mysql", "postgresql": "postgres"}[kind] if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="aisle-server-"))
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    server = _MAKERS[kind](folder, _free_port(), user)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def is_installed(kind: str) -> bool:
    """Return whether the programs of a server are on this machine."""
    try:
        _program(kind)
    except FileNotFoundError:
        return False
    return True


def _mariadb(folder: Path, port: int, user: str | None) -> OwnServer:
    data = f"--datadir={folder}/data"
    _run(
        ["mariadb-install-db", data, "--auth-root-authentication-method=normal", *([f"--user={user}"] if user else [])]
    )
    (folder / "data" / "test").mkdir(exist_ok=True)
    if user is not None:
        shutil.chown(folder / "data" / "test", user)
    command = [_program("mysql"), "--no-defaults", data, f"--socket={folder}/socket", f"--port={port}"]
    command += ["--bind-address=127.0.0.1", "--skip-log-error"]
    return OwnServer(f"mysql+pymysql://root@127.0.0.1:{port}/test", command, user)


def _postgresql(folder: Path, port: int, user: str | None) -> OwnServer:
    server = _program("postgresql")
    _run(
        [str(Path(server).with_name("initdb")), "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8"],
        user,
    )
    command = [server, "-D", f"{folder}/data", "-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1"]
    return OwnServer(f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres", command, user)


_MAKERS: Final[dict[str, Callable[[Path, int, str | None], OwnServer]]] = {
    "mysql": _mariadb,
    "postgresql": _postgresql,
}


def _program(kind: str) -> str:
    found = [path for path in [shutil.which("mariadbd", path=f"{os.environ['PATH']}:{_SBIN}")] if path]
    if kind == "postgresql":
        found = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/postgres")))
    if not found:
        raise FileNotFoundError(f"the server of {kind} is not installed")
    return found[-1]


def _run(command: list[str], user: str | None = None) -> None:
    subprocess.run(command, user=user, check=True, capture_output=True, cwd="/")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
