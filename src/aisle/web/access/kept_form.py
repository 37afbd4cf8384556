"""A form that somebody sent when nobody was logged in any more: kept through the login, so that nothing typed is lost.

The page of the login holds it in a field, and after the login a page shows it again. It is sent by a click on that page
alone, with a token of the new session, so that no other site can have a form sent by whoever logs in.
"""

import re
from typing import Final, NamedTuple, Self
from urllib.parse import parse_qsl, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request

from aisle.web.access import forms, origins
from aisle.web.requests import read_body

FIELD: Final = "kept"
"""The field of the login that holds the form."""

LARGEST: Final = 200_000
"""Forms of more characters are not kept: none of ours is that long."""

_ENCODED: Final = "application/x-www-form-urlencoded"


class Field(NamedTuple):
    """A field of a form."""

    name: str
    value: str

    @property
    def label(self) -> str:
        """What the field is called on a page."""
        return re.sub(r"[_-]+", " ", self.name).capitalize()


class KeptForm(NamedTuple):
    """A form that is yet to be sent."""

    action: str
    """The path that takes it."""
    fields: tuple[Field, ...]

    @property
    def back(self) -> str:
        """Where the form stands, as far as it says so itself."""
        back = next((field.value for field in self.fields if field.name == "back"), "/")
        return back if origins.is_local_path(back) else "/"

    @property
    def written(self) -> str:
        """The fields in one text."""
        return urlencode(self.fields)

    @classmethod
    def of(cls, action: str, written: str) -> Self | None:
        """Return the form that a text holds; None if there is none."""
        try:
            pairs = parse_qsl(written[:LARGEST], keep_blank_values=True, max_num_fields=500)
        except ValueError:
            return None
        fields = tuple(Field(*pair) for pair in pairs if pair[0] not in (forms.FIELD, FIELD))
        return cls(action, fields) if written and origins.is_local_path(action) else None


async def sent_with(request: Request) -> KeptForm | None:
    """Return the form that a request sends from a page of ours; None if it sends none."""
    is_form = request.method == "POST" and request.headers.get("content-type", "").startswith(_ENCODED)
    if not is_form or not origins.is_same_origin(request):
        return None
    try:
        text = (await read_body(request)).decode()
    except (HTTPException, ValueError):
        return None
    return KeptForm.of(request.scope["path"], text) if len(text) <= LARGEST else None
