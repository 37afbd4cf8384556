"""Load from programs in C: `wrk` for all that a server can take, `h2load` for a given number of requests a second.

Debian has them as `wrk` and `nghttp2-client`. Both run on a core of their own beside the server's.
"""

import json
import os
import re
import resource
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

SATURATED: Final = 0.95
"""A generator that uses more of its core measures itself."""

_LUA: Final = """
local calls = {}
for line in io.lines(os.getenv("CALLS")) do calls[#calls + 1] = line end
local post, next, id = os.getenv("METHOD") == "POST", 0, 0
local tag = os.getenv("TAG")
function setup(thread) id = id + 1; thread:set("id", id) end
function request()
  next = next + 1
  local call = calls[(next * 7919 + id * 104729) % #calls + 1]
  if not post then return wrk.format("GET", call) end
  local body = call:gsub("EVENT_ID", tag .. "-" .. id .. "-" .. next)
  return wrk.format("POST", os.getenv("URL_PATH"), {["Content-Type"] = "application/json"}, body)
end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('RESULT {"requests": %d, "microseconds": %d, "failed": %d, "lost": %d, "p99": %f}\\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(99) / 1000))
end
"""


class Capacity(NamedTuple):
    """What a server answered to a generator that never waits."""

    per_second: float
    """Answers with a status below 400."""
    failed: int
    """Answers with another status, and lost connections."""
    p99_ms: float
    generator_share: float
    """How much of its core the generator used; above `SATURATED` the figures are void."""


class Pace(NamedTuple):
    """What a server answered to so many requests a second."""

    asked_per_second: float
    """How many were sent."""
    good_per_second: float
    statuses: dict[int, int]
    p50_ms: float
    """Of the good answers."""
    p99_ms: float
    generator_share: float


def missing() -> list[str]:
    """Return the programs that are not installed."""
    return [name for name in ("wrk", "h2load", "taskset") if shutil.which(name) is None]


def capacity(
    address: str, calls: Sequence[str], seconds: float, connections: int, post_to: str | None = None, core: int = 1
) -> Capacity:
    """Send calls as fast as they are answered.

    Parameters
    ----------
    calls
        Paths; or with `post_to` the bodies that are posted there, in which `EVENT_ID` becomes a new id.
    core
        The core that the generator runs on.
    """
    with tempfile.TemporaryDirectory() as folder:
        script, file = Path(folder) / "calls.lua", Path(folder) / "calls"
        script.write_text(_LUA)
        file.write_text("\n".join(calls))
        env = {"CALLS": str(file), "METHOD": "POST" if post_to else "GET", "URL_PATH": post_to or "", "TAG": _tag()}
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds:.0f}s",
            "--timeout",
            "30s",
            "-s",
            str(script),
            address,
        ]
        output, share = _run(command, core, env)
    result = json.loads(re.findall(r"RESULT (.*)", output)[0])
    good = result["requests"] - result["failed"]
    return Capacity(good / (result["microseconds"] / 1e6), result["failed"] + result["lost"], result["p99"], share)


def pace(
    address: str, paths: Sequence[str], seconds: float, connections: int, per_second: float, core: int = 1
) -> Pace:
    """Send so many requests a second, whether or not the server keeps up with each connection.

    All connections send at the same microsecond, so that requests come in heaps of as many as there are connections.
    """
    with tempfile.TemporaryDirectory() as folder:
        uris, log = Path(folder) / "uris", Path(folder) / "log"
        uris.write_text("".join(f"{address}{path}\n" for path in paths))
        command = ["h2load", "--h1", f"-c{connections}", f"-D{seconds:.0f}", f"--rps={per_second / connections:.4f}"]
        _, share = _run([*command, f"--log-file={log}", f"-i{uris}"], core, {})
        lines = log.read_text().splitlines()
    return _seen(lines, seconds, share)


def by_chance(
    address: str, paths: Sequence[str], seconds: float, connections: int, per_second: float, core: int = 1
) -> Pace:
    """Send so many requests a second at moments of chance, as shoppers who know nothing of each other do.

    The moments are a Poisson process: the gaps of each connection are exponential, and its own.
    """
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        commands, logs = [], []
        for number in range(connections):
            script, log = Path(folder) / f"script-{number}", Path(folder) / f"log-{number}"
            gaps = rng.exponential(
                1000 * connections / per_second, size=round(2 * seconds * per_second / connections) + 9
            )
            moments = np.cumsum(gaps)
            calls = rng.integers(0, len(paths), len(moments))
            sent = moments[moments < 1000 * seconds]
            if len(sent) == 0:  # h2load takes no empty script
                continue
            lines = zip(sent, calls, strict=False)
            script.write_text("".join(f"{moment:.3f}\t{address}{paths[call]}\n" for moment, call in lines))
            commands.append(["h2load", "--h1", "-c1", f"--log-file={log}", f"--timing-script-file={script}"])
            logs.append(log)
        _, share = _run(["sh", "-c", " & ".join(map(shlex.join, commands)) + " & wait"], core, {})
        lines_seen = [line for log in logs for line in log.read_text().splitlines()]
    return _seen(lines_seen, seconds, share)


def _seen(log: Sequence[str], seconds: float, share: float) -> Pace:
    """Return what a log of h2load says: a line for each answer, with its status and microseconds."""
    lines = [line.split("\t") for line in log]
    statuses = np.array([int(line[1]) for line in lines])
    milliseconds = np.array([float(line[2]) / 1000 for line in lines])
    good = (statuses >= 200) & (statuses < 400)
    p50, p99 = np.quantile(milliseconds[good], (0.5, 0.99)) if good.any() else (np.nan, np.nan)
    counts = {int(status): int((statuses == status).sum()) for status in np.unique(statuses)}
    return Pace(len(lines) / seconds, good.sum() / seconds, counts, float(p50), float(p99), share)


def _run(command: Sequence[str], core: int, env: dict[str, str]) -> tuple[str, float]:
    """Run a program on a core; return its output, and how much of the core it used."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        ["taskset", "-c", str(core), *command], capture_output=True, text=True, check=True, env=os.environ | env
    )
    after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - started
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, used / seconds


def _tag() -> str:
    return f"{os.getpid()}-{time.monotonic_ns()}"
