"""The values of a request: its query, and a body that is never read past its limit."""

from typing import Final
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request

from aisle.ingest.api import MAX_BODY
from aisle.shop.errors import InputError
from aisle.shop.ids import check_id

MAX_SHELF: Final = 200
"""The longest shelf that a request may ask for."""

MAX_CART: Final = 100
"""The most items that a cart may name."""


def query_id(request: Request, name: str) -> str:
    """Return an id from the query.

    Raises
    ------
    InputError
        If it is missing or not a valid id.
    """
    value = request.query_params.get(name)
    if value is None:
        raise InputError(f"{name} is missing; add ?{name}=… to the address")
    return check_id(value, name)


def optional_id(request: Request, name: str) -> str | None:
    """Return an id from the query, or None if it is missing.

    Raises
    ------
    InputError
        If it is not a valid id.
    """
    return None if request.query_params.get(name) is None else query_id(request, name)


def query_visitor(request: Request) -> tuple[str | None, str | None]:
    """Return the ids of the shopper and of the session; one of them may be None.

    Raises
    ------
    InputError
        If both are missing, or one is not a valid id.
    """
    user_id, session_id = optional_id(request, "user_id"), optional_id(request, "session_id")
    if user_id is None and session_id is None:
        raise InputError("user_id is missing, and session_id too; add ?user_id=… or ?session_id=… to the address")
    return user_id, session_id


def query_ids(request: Request, name: str) -> list[str]:
    """Return the ids of a repeated parameter, `?cart=A&cart=B`; ids may contain commas.

    Raises
    ------
    InputError
        If there are more than `MAX_CART`, or one is not a valid id.
    """
    ids = request.query_params.getlist(name)
    if len(ids) > MAX_CART:
        raise InputError(f"{name} has {len(ids)} items; name the {MAX_CART} newest")
    return [check_id(value, name) for value in ids]


def query_n(request: Request) -> int:
    """Return how many items are requested; 10 by default.

    Raises
    ------
    InputError
        If `n` is not a whole number from 1 to `MAX_SHELF`.
    """
    value = request.query_params.get("n", "10")
    # More digits are out of range, and int() would take long to read them.
    n = int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else 0
    if not 1 <= n <= MAX_SHELF:
        raise InputError(f"n {value[:40]!r} is not a whole number from 1 to {MAX_SHELF}")
    return n


def query_flag(request: Request, name: str) -> bool:
    """Return whether a flag of the query is set, `?explain=1`.

    Raises
    ------
    InputError
        If the value is neither 1 nor 0.
    """
    value = request.query_params.get(name, "0")
    if value not in ("0", "1"):
        raise InputError(f"{name} {value[:40]!r} is neither 1 nor 0")
    return value == "1"


async def read_body(request: Request) -> bytes:
    """Return the body; reading stops as soon as it is larger than `MAX_BODY`.

    Raises
    ------
    HTTPException
        413, if it is larger.
    """
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise HTTPException(413, f"the body is larger than {MAX_BODY:,} bytes; send it in parts")
    return bytes(body)


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form; of a repeated field, the last value.

    Raises
    ------
    InputError
        If the body is not a URL-encoded form of a few fields.
    """
    body = await read_body(request)
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise InputError("the form cannot be read; send it URL-encoded, as UTF-8") from None
    return {name: values[-1] for name, values in fields.items()}
