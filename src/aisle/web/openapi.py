"""The API's description, for `/docs`. Routes answer with msgspec, which FastAPI cannot describe by itself."""

from typing import Any, Final, get_args

import msgspec
from fastapi import FastAPI
from msgspec import Struct

from aisle.app.serving.placements import STANDARD
from aisle.engine.request import MAIN_PLACEMENT, Exclude
from aisle.ingest.api import MAX_BODY, MAX_EVENTS
from aisle.shop import columns
from aisle.shop.events import KINDS
from aisle.web.requests import MAX_SHELF
from aisle.web.schemas import Feedback, Health, Merge, Merged, Problem, Rated, Received, Recommendations, Similar

Json = dict[str, Any]

_REF: Final = "#/components/schemas/{name}"

_TYPES: Final[dict[str, Json]] = {
    "str": {"type": "string"},
    "int32": {"type": "integer"},
    "int64": {"type": "integer"},
    "float64": {"type": "number"},
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
    400: "The body is not JSON.",
    404: "This shop has no such item or placement.",
    413: f"The body is larger than {MAX_BODY:,} bytes.",
    422: "A value is missing or out of range.",
    503: "No model is trained yet, or the database does not answer. With Retry-After: the shop is too busy.",
}


def describe(app: FastAPI) -> Json:
    """Return the OpenAPI description of every route of `api.Api`."""
    answers = [Recommendations, Similar, Feedback, Rated, Received, Merge, Merged, Health, Problem]
    _, schemas = msgspec.json.schema_components(answers, ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {"title": app.title, "version": app.version},
        "paths": _paths(),
        "components": {"schemas": schemas | {"Event": _event()}},
    }


def _event() -> Json:
    fields = {name: _FIELDS.get(name, _TYPES[kind]) for name, kind in columns.EVENTS.items()}
    return {"type": "object", "properties": fields, "required": [columns.EVENT]}


def _paths() -> Json:
    n = _query("n", "How many items.", {"type": "integer", "minimum": 1, "maximum": MAX_SHELF, "default": 10})
    exclude = _query(
        "exclude",
        "Items to exclude: none, or those that the shopper bought before.",
        {"type": "string", "enum": list(get_args(Exclude)), "default": "none"},
    )
    text = {"type": "string"}
    user_id = _query(
        "user_id", "The shopper; an unknown one gets the popular shelf. Required, unless session_id is given.", text
    )
    session_id = _query("session_id", "The session; its events count from the first click.", text)
    placement = _query(
        "placement", f"{', '.join(STANDARD)}, or another one of aisle.toml.", text | {"default": MAIN_PLACEMENT}
    )
    page = _query("item_id", "The item that the page shows.", text)
    cart = _query("cart", "The items in the cart; repeat the parameter for each.", {"type": "array", "items": text})
    item_id = _query("item_id", "The item.", text, required=True)
    explain = _query("explain", "1: each item has its reason.", {"type": "integer", "enum": [0, 1], "default": 0})
    event = {"$ref": _REF.format(name="Event")}
    events = {"type": "array", "items": event}
    batch = {"anyOf": [event, events, {"type": "object", "properties": {"events": events}, "required": ["events"]}]}
    return {
        "/api/recommendations": {
            "get": _operation(
                "A shopper's shelf",
                Recommendations,
                (404, 422, 503),
                parameters=[user_id, session_id, placement, page, cart, n, exclude, explain],
            )
        },
        "/api/similar": {
            "get": _operation("The items most like an item", Similar, (422, 503), parameters=[item_id, n])
        },
        "/api/feedback": {
            "post": _operation("Rate an item", Rated, (400, 404, 413, 422, 503), 201, body=_schema(Feedback))
        },
        "/api/events": {
            "post": _operation(
                f'Send one event, a list of events, or {{"events": […]}}; at most {MAX_EVENTS:,}',
                Received,
                (400, 413, 422, 503),
                body=batch,
            )
        },
        "/api/users/merge": {
            "post": _operation(
                "Give what a visitor did before signing in to the known user; may be repeated",
                Merged,
                (400, 413, 422, 503),
                body=_schema(Merge),
            )
        },
        "/api/health": {"get": _operation("The server's health and the version of the live model", Health, ())},
    }


def _operation(
    summary: str,
    answer: type[Struct],
    failures: tuple[int, ...],
    status: int = 200,
    parameters: list[Json] | None = None,
    body: Json | None = None,
) -> Json:
    responses = {str(status): _content(_schema(answer), summary)}
    responses |= {str(failure): _content(_schema(Problem), _FAILURES[failure]) for failure in failures}
    operation: Json = {"summary": summary, "tags": ["shop"], "parameters": parameters or [], "responses": responses}
    if body:
        operation["requestBody"] = _content(body, summary) | {"required": True}
    return operation


def _query(name: str, description: str, schema: Json, *, required: bool = False) -> Json:
    return {"name": name, "in": "query", "description": description, "required": required, "schema": schema}


def _content(schema: Json, description: str) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _schema(answer: type[Struct]) -> Json:
    return {"$ref": _REF.format(name=answer.__name__)}
