"""Trainers that race, stand still and go on: what they publish stays in the order of their leases, on each database."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aisle.shop.errors import AisleError
from aisle.storage.connection import connect
from aisle.storage.work import leases, models
from tests import databases

KINDS = ("sqlite", "mysql", "postgresql")
RACERS = 4
RACES = 70
SILENCE = 0.15

RACER = """
import sys, time
from aisle.shop.errors import Busy, Overtaken, StorageError
from aisle.storage.work import leases
from aisle.storage.work import models
from aisle.storage.connection import connect

with connect(sys.argv[1]) as db:
    print("ready", flush=True)
    while True:
        try:
            with leases.held(db, "training", {silence}) as lease:
                version = models.add(db, recipe={{"token": lease.token}}, metrics={{}}, lease=lease).version
                models.promote(db, version, lease)
        except (Busy, Overtaken, StorageError):
            time.sleep(0.005)
"""


@pytest.mark.parametrize("kind", KINDS)
def test_trainers_that_race_and_stall_publish_one_after_the_other(kind: str, tmp_path: Path) -> None:
    databases.needed(kind)
    rng = random.Random(7)
    with databases.new_shop(kind, tmp_path) as url, connect(url) as db:
        command = [sys.executable, "-c", RACER.format(silence=SILENCE), url]
        racers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(RACERS)]
        try:
            for racer in racers:
                assert racer.stdout is not None
                racer.stdout.readline()
            end = time.monotonic() + 60
            while len(models.list_(db)) < RACES:
                assert time.monotonic() < end
                stalled = rng.choice(racers)
                os.kill(stalled.pid, signal.SIGSTOP)
                time.sleep(rng.uniform(0, 3 * SILENCE) if rng.random() < 0.3 else 0.01)
                os.kill(stalled.pid, signal.SIGCONT)
        finally:
            for racer in racers:
                racer.kill()
                racer.wait()
                assert racer.stdout is not None
                racer.stdout.close()
        rows = models.list_(db)
    tokens = [row.recipe["token"] for row in rows]
    assert tokens == sorted(set(tokens))
    promoted = sorted((row.promoted, row.version) for row in rows if row.promoted is not None)
    assert [version for _, version in promoted] == sorted(version for _, version in promoted)
    assert sum(row.status == "live" for row in rows) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_trainer_that_stands_still_is_fenced(kind: str, tmp_path: Path) -> None:
    script = f"""
import sys
from aisle.storage.work import leases
from aisle.storage.work import models
from aisle.storage.connection import connect

with connect(sys.argv[1]) as db, leases.held(db, "training", {SILENCE}) as lease:
    print("held", flush=True)
    sys.stdin.readline()
    models.add(db, recipe={{}}, metrics={{}}, lease=lease)
"""
    databases.needed(kind)
    with databases.new_shop(kind, tmp_path) as url, connect(url) as db:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        trainer = subprocess.Popen([sys.executable, "-c", script, url], **pipes)  # type: ignore[call-overload]
        trainer.stdout.readline()
        os.kill(trainer.pid, signal.SIGSTOP)
        taken = None
        while taken is None:
            try:
                taken = leases.take(db, "training")
            except AisleError:
                time.sleep(0.02)
        os.kill(trainer.pid, signal.SIGCONT)
        _, errors = trainer.communicate("\n", timeout=30)
        assert "Overtaken: this training stood still" in errors
        assert models.list_(db) == []
