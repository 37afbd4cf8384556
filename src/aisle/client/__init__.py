"""The client of a server's HTTP API, for a shop's own programs: `pip install aisle[client]`.

`Client` waits for each answer, `AsyncClient` is awaited; both have the same methods, one for each route. What the API
refuses is raised as an `ApiError`.
"""

from importlib.util import find_spec

if find_spec("httpx2") is None:
    raise ModuleNotFoundError("aisle.client needs httpx2: pip install 'aisle[client]'")

from aisle.client.async_client import AsyncClient
from aisle.client.calls import new_event_id
from aisle.client.client import Client
from aisle.shop.errors import ApiError
from aisle.shop.tokens import sign_mail, sign_user

__all__ = ["ApiError", "AsyncClient", "Client", "new_event_id", "sign_mail", "sign_user"]
