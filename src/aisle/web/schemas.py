"""What belongs to no kind of thing: ids, the server's health, and failures."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from aisle.shop.events import MAX_ID_BYTES

Id: TypeAlias = Annotated[
    str,
    Meta(
        extra_json_schema={"minLength": 1, "maxLength": MAX_ID_BYTES, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"}
    ),
]
"""An id in the description; `shop.ids.check_id` checks it, and says more."""


class Health(Struct, frozen=True):
    """The server's health, the version of the live model, and whether the database answers."""

    status: Literal["ok"]
    version: str
    model_version: Annotated[int | None, Meta(description="0 while bestsellers stand in for damaged models.")]
    database: Annotated[
        Literal["answers", "away"] | None, Meta(description="Null if it was not asked; shelves are filled without it.")
    ] = None


class Problem(Struct, frozen=True):
    """Why a request failed, and what to do (RFC 9457)."""

    title: str
    status: int
    detail: str
