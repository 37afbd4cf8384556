"""Who sent a request, as the door found out, and whom they may ask about."""

import re
from typing import Final

from msgspec import Struct

from aisle.shop.access import Scope, may_person
from aisle.shop.errors import Forbidden, InputError
from aisle.storage.access.team_sessions import Session

_SESSION: Final = re.compile(r"[\w.:~-]{22,256}", re.ASCII)
"""128 random bits take 22 letters of base64."""


class Caller(Struct, frozen=True):
    """Who sent a request.

    Attributes
    ----------
    may
        The scopes of the routes that they may call.
    key_id
        The public id of their key; None for a person, and where there are no keys.
    user_id
        The signed user.
    is_page
        Whether it is a page in a shopper's browser, which may ask about one shopper only.
    person
        Who is logged in, with which role.
    address
        The network address of a page's browser, whose votes are capped.
    """

    may: frozenset[Scope]
    key_id: str | None = None
    user_id: str | None = None
    is_page: bool = False
    person: Session | None = None
    address: str | None = None

    def visitor(self, user_id: str | None, session_id: str | None) -> tuple[str | None, str | None]:
        """Return the shopper and the session that this caller asks about, if they may.

        Raises
        ------
        InputError
            If a page names a session that can be guessed.
        Forbidden
            If a page names a user who is not the signed one.
        """
        if not self.is_page:
            return user_id, session_id
        if user_id not in (None, self.user_id):
            raise Forbidden("a pk_ key may not name a user_id; let your server sign the user, see /docs")
        if session_id is not None and not _SESSION.fullmatch(session_id):
            raise InputError("session_id can be guessed; make it of 128 random bits, 22 letters or more without blanks")
        return self.user_id, session_id


NOBODY: Final = Caller(frozenset({Scope.OPEN}))
"""The caller of a route that is open to everybody."""


def logged_in(person: Session) -> Caller:
    """Return a person of the team as a caller: of the pages of their role, and of no route that needs a key."""
    return Caller(may_person(person.role), person=person)


ON_THIS_MACHINE: Final = Caller(frozenset(Scope))
"""Whoever calls a server on their own machine before there are keys and people."""
