"""Every process forgets an erased person within the second that receipts promise, whoever erased them."""

import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from aisle.app.serving.erasure_watch import FORGOTTEN_SECONDS
from aisle.app.settings import Settings
from aisle.storage.connection import connect
from aisle.storage.shoppers import people

WORKER: Final = """
import sys, time
from aisle.app.serving.erasure_watch import ErasureWatch
from aisle.app.serving.profiles import Profiles
from aisle.storage.connection import connect

url, *shoppers = sys.argv[1:]
with connect(url) as db:
    profiles = Profiles(db)
    in_an_outage = profiles.read_from(db.as_if_away())
    watch = ErasureWatch(db, profiles)
    watch.check()
    for shopper in shoppers:
        profiles.of(shopper, None)
    watch.follow()
    print(all(in_an_outage.of(shopper, None).events for shopper in shoppers), flush=True)
    patience = time.time() + 20
    for shopper in shoppers:
        while time.time() < patience and in_an_outage.of(shopper, None).events:
            time.sleep(0.01)
        print(time.time(), flush=True)
    watch.close()
"""


def test_two_processes_forget_an_erased_person_within_a_second(folder: Path) -> None:
    url, shoppers = Settings.read(folder).database_url, ["user-0", "user-1", "user-2"]
    waits: list[float] = []
    with ExitStack() as stack:
        command = [sys.executable, "-c", WORKER, url, *shoppers]
        workers = [stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) for _ in range(2)]
        for worker in workers:
            stack.callback(worker.kill)
        replies = [worker.stdout for worker in workers if worker.stdout is not None]
        assert [reply.readline().strip() for reply in replies] == ["True", "True"]
        db = stack.enter_context(connect(url))
        for shopper in shoppers:
            people.erase(db, shopper)
            erased = time.time()
            waits.append(max(float(reply.readline()) for reply in replies) - erased)
    # The median, as a busy machine may hold a process up.
    assert statistics.median(waits) <= FORGOTTEN_SECONDS, waits
