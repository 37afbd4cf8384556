"""Clients of an application, without a socket."""

import re
from collections.abc import Mapping

from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient


def client_of(app: FastAPI, address: str = "127.0.0.1") -> TestClient:
    """Return a client at an address; by default it is on the same machine."""
    return TestClient(
        app, "http://127.0.0.1:8000", raise_server_exceptions=False, follow_redirects=False, client=(address, 50000)
    )


def form_token(client: TestClient) -> str:
    """Return what every form of a page carries for this client, as it is."""
    found = re.search(r'name="form_token" value="(\w+)"', client.get("/login").text)
    assert found
    return found[1]


def send_form(
    client: TestClient, path: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> Response:
    """Send a form as a browser does that got its page from the shop."""
    return client.post(path, data={**form, "form_token": form_token(client)}, headers=headers)
