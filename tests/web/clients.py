"""Clients of an application, without a socket."""

from fastapi import FastAPI
from starlette.testclient import TestClient


def client_of(app: FastAPI, address: str = "127.0.0.1") -> TestClient:
    """Return a client at an address; by default it is on the same machine."""
    return TestClient(
        app, "http://127.0.0.1:8000", raise_server_exceptions=False, follow_redirects=False, client=(address, 50000)
    )
