"""The API's description, for `/docs`, made from the table of routes."""

from typing import Any, Final

import msgspec
from fastapi import FastAPI

from aisle.shop import columns
from aisle.shop.access import PREFIXES, Scope
from aisle.shop.events import KINDS, MAX_BODY
from aisle.web.endpoint import Endpoint
from aisle.web.routes import ENDPOINTS
from aisle.web.schemas import Problem

Json = dict[str, Any]

_REF: Final = "#/components/schemas/{name}"

_TYPES: Final[dict[str, Json]] = {
    "str": {"type": "string"},
    "int32": {"type": "integer"},
    "int64": {"type": "integer"},
    "float64": {"type": "number"},
    "bool": {"type": "boolean"},
}

_FIELDS: Final[dict[str, Json]] = {
    columns.EVENT: {"type": "string", "examples": [kind.value for kind in KINDS]},
    columns.PRICE: {"type": "number", "description": "Of one piece, in units of the currency."},
    columns.TIMESTAMP: {
        "type": ["string", "number"],
        "description": "ISO 8601, or seconds, milliseconds or microseconds since 1970; by default, now.",
    },
    columns.PROPERTIES: {"type": "object"},
}
"""The fields of an event that differ between JSON and the database."""

_FAILURES: Final[dict[int, str]] = {
    400: "The request cannot be read: it is not JSON, or has two keys.",
    401: "The key is missing or not valid.",
    403: "The key may not do this, or not from this page.",
    404: "This shop has no such thing.",
    405: "The path has no such method.",
    408: "The body took too long.",
    409: "Too few events for this.",
    413: f"The body is larger than {MAX_BODY:,} bytes.",
    421: "The server does not go by the name in Host.",
    422: "A value is missing, unknown or out of range.",
    429: "Too many calls; Retry-After says when to try again.",
    503: "No model is trained yet, or the database does not answer. With Retry-After: the shop is too busy.",
}

_OF_ALL: Final = (400, 421, 422)
_OF_KEYS: Final = (401, 403, 429)
_OF_BODIES: Final = (408, 413)


def describe(app: FastAPI) -> Json:
    """Return the OpenAPI description of every route of `routes.ENDPOINTS`."""
    types = [each.takes for each in ENDPOINTS if each.has_body and each.takes is not bytes]
    _, schemas = msgspec.json.schema_components(
        [*types, *(each.gives for each in ENDPOINTS), Problem], ref_template=_REF
    )
    paths: Json = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": app.title, "version": app.version},
        "paths": paths,
        "components": {
            "schemas": schemas | {"Event": _event()},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(endpoint: Endpoint) -> Json:
    answer = _content(_schema(endpoint.gives), endpoint.summary, "application/json")
    operation: Json = {
        "summary": endpoint.summary,
        "description": _needs(endpoint.scope),
        "tags": [endpoint.path.split("/")[2]],
        "parameters": [] if endpoint.has_body else _parameters(endpoint),
        "responses": {str(endpoint.status): answer} | {str(status): _failure(status) for status in _failures(endpoint)},
        "security": [] if endpoint.scope is Scope.OPEN else [{"key": []}],
    }
    if endpoint.has_body:
        schema = _rows(endpoint) if endpoint.takes is bytes else _schema(endpoint.takes)
        operation["requestBody"] = _content(schema, endpoint.summary, "application/json") | {"required": True}
    return operation


def _needs(scope: Scope) -> str:
    return "For everybody." if scope is Scope.OPEN else f"Needs a key with the scope `{scope}`: `{PREFIXES[scope]}_…`."


def _failures(endpoint: Endpoint) -> list[int]:
    shared = _OF_ALL + (_OF_BODIES if endpoint.has_body else ()) + (() if endpoint.scope is Scope.OPEN else _OF_KEYS)
    return sorted({*shared, *endpoint.failures})


def _failure(status: int) -> Json:
    return _content(_schema(Problem), _FAILURES[status], "application/problem+json")


def _parameters(endpoint: Endpoint) -> list[Json]:
    """Return the fields of what a route takes, as parameters of its query."""
    _, schemas = msgspec.json.schema_components([endpoint.takes], ref_template=_REF)
    schema = schemas[endpoint.takes.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema["required"],
            "schema": field,
            "description": field.pop("description", ""),
        }
        for name, field in schema["properties"].items()
    ]


def _event() -> Json:
    fields = {name: _FIELDS.get(name, _TYPES[kind]) for name, kind in columns.EVENTS.items()}
    return {"type": "object", "properties": fields, "required": [columns.EVENT]}


def _events() -> Json:
    """Return the shapes of a body with events."""
    event = {"$ref": _REF.format(name="Event")}
    events = {"type": "array", "items": event}
    return {"anyOf": [event, events, {"type": "object", "properties": {"events": events}, "required": ["events"]}]}


def _rows(endpoint: Endpoint) -> Json:
    """Return the shapes of a body with rows of a table."""
    table = endpoint.path.removeprefix("/api/")
    if table == "events":
        return _events()
    row = {"type": "object", "properties": {name: _TYPES[kind] for name, kind in columns.TABLES[table].items()}}
    return {"anyOf": [row, {"type": "array", "items": row}]}


def _content(schema: Json, description: str, media_type: str) -> Json:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _schema(of: Any) -> Json:
    (schema,), _ = msgspec.json.schema_components([of], ref_template=_REF)
    return schema
