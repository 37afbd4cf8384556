"""What a request brings: a query of known names, and a body that is never read past its limits."""

import asyncio
from functools import lru_cache
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, parse_qsl

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

from aisle.ingest.json import check_object
from aisle.shop.errors import InputError
from aisle.shop.events import MAX_BODY
from aisle.shop.ids import check_id

BODY_SECONDS: Final = 30
"""How long a body may take to arrive."""

MAX_PARAMETERS: Final = 500
"""The most parameters of a query."""

MAX_FIELDS: Final = 60
"""The most fields of a form."""

MOST_REWRITTEN: Final = 64 * 1024
"""The most bytes of a body whose whole numbers are written anew, which takes longer than to read it."""

EXACT: Final = 2**53
"""Up to here every whole number is a float."""

T = TypeVar("T", bound=msgspec.Struct)


def read_query(request: Request, takes: type[T]) -> T:
    """Return the query as a type whose fields are the parameters; those with lists may be repeated.

    Raises
    ------
    InputError
        If a parameter is unknown, given twice, out of range or not UTF-8.
    """
    names, lists = _fields(takes)
    values: dict[str, Any] = {}
    for name, value in _pairs(request):
        if name not in names:
            known = ", ".join(names) or "none"
            raise InputError(f"parameter {name[:40]!r} is unknown; those of {request.url.path} are: {known}")
        if name in lists:
            values.setdefault(name, []).append(value)
        elif name in values:
            raise InputError(f"parameter {name!r} is given twice; send it once")
        else:
            values[name] = value
    try:
        return msgspec.convert(values, takes, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(_explained(str(error), values)) from None


def _pairs(request: Request) -> list[tuple[str, str]]:
    text = request.scope["query_string"].decode("latin-1")
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError:
        raise InputError("the query is not UTF-8; encode its bytes as %C3%A9 and the like") from None
    except ValueError:
        raise InputError(f"the query has more than {MAX_PARAMETERS} parameters; send fewer") from None


@lru_cache(maxsize=256)
def _fields(takes: type[msgspec.Struct]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the names of a type's fields, and of those that hold lists."""
    fields = msgspec.structs.fields(takes)
    lists = (field.encode_name for field in fields if isinstance(field.default, (tuple, list)))
    return tuple(field.encode_name for field in fields), frozenset(lists)


def _explained(message: str, values: dict[str, Any]) -> str:
    """Return msgspec's message with the value that it is about: `n 'ten': expected int`."""
    problem, _, path = message.partition(" - at `$.")
    name = path.rstrip("`").partition("[")[0]
    if name not in values:
        return message.replace("Object missing required field", "parameter is missing:")
    shown = values[name] if isinstance(values[name], str) else ", ".join(values[name])
    return f"{name} {shown[:40]!r}: {problem[:1].lower()}{problem[1:]}"


async def read_body(request: Request) -> bytes:
    """Return the body; reading stops as soon as it is larger than `MAX_BODY` or takes too long.

    Raises
    ------
    HTTPException
        413, if it is larger; 408, if it takes too long.
    """
    too_large = HTTPException(413, f"the body is larger than {MAX_BODY:,} bytes; send it in parts")
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length[:12]) > MAX_BODY:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MAX_BODY:
                    raise too_large
    except TimeoutError:
        raise HTTPException(408, f"the body took more than {BODY_SECONDS} s to arrive; send it in parts") from None
    return bytes(body)


def decode(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """Return a JSON body as the type of a decoder.

    Raises
    ------
    InputError
        If it nests too deeply or has a key twice.
    DecodeError
        If it is not JSON, or not of the type.
    """
    try:
        value = _decoded(decoder, body)
        check_object(body, 0)
    except msgspec.DecodeError:
        raise
    except (ValueError, RecursionError) as error:
        problem = "it nests too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"the body cannot be used: {problem}") from None
    return value


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """Return a body as the type of a decoder; a whole number may be written `10.0`, as JSON Schema has it."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        if "got `float`" not in str(error) or len(body) > MOST_REWRITTEN:
            raise
    return decoder.decode(msgspec.json.encode(_with_whole_numbers(msgspec.json.decode(body))))


def _with_whole_numbers(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= EXACT else value
    if isinstance(value, list):
        return [_with_whole_numbers(one) for one in value]
    if isinstance(value, dict):
        return {name: _with_whole_numbers(one) for name, one in value.items()}
    return value


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


def is_by_htmx(request: Request) -> bool:
    """Tell whether a script of our pages asks for a part of one."""
    return request.headers.get("hx-request") == "true"


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form; of a repeated field, the last value.

    Raises
    ------
    InputError
        If the body is not a URL-encoded form of a few fields.
    """
    body = await read_body(request)
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise InputError("the form cannot be read; send it URL-encoded, as UTF-8") from None
    return {name: values[-1] for name, values in fields.items()}
