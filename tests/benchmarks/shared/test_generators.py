import http.server
import threading

import pytest

from benchmarks.shared.generators import by_chance, missing
from tests.databases import REQUIRED


def test_a_connection_that_has_nothing_to_send_is_none() -> None:
    if absent := missing():
        (pytest.fail if REQUIRED else pytest.skip)(f"{', '.join(absent)} is not installed")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        seen = by_chance(f"http://127.0.0.1:{server.server_port}", ["/nothing"], 1.0, connections=16, per_second=4.0)
        server.shutdown()
    assert 0 < seen.statuses[404] < 16
