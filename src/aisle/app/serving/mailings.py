"""The shelves of e-mails: filled when one is sent or opened, and kept so that links lead where the pictures say."""

from collections.abc import Callable
from typing import Final

import msgspec

from aisle.app.serving.shelf import Shelf
from aisle.engine.request import ShelfRequest
from aisle.shop.errors import StorageError
from aisle.shop.moments import MINUTE, SECOND, now
from aisle.shop.tokens import SignedMail
from aisle.storage.connection import Database
from aisle.storage.shelves import mail_shelves

PLACES: Final = 12
"""How many places a shelf in an e-mail has at most."""

OPENING: Final = 10 * MINUTE
"""What is opened again later than this is filled anew; the pictures of one opening are of one shelf."""

Fill = Callable[[ShelfRequest], Shelf]


class Mailings:
    """The e-mails of a shop; each is known by its token.

    Parameters
    ----------
    fill
        Fills a shelf, as `Live.shelf` does.
    """

    def __init__(self, db: Database, fill: Fill) -> None:
        self._db = db
        self._fill = fill

    def send(self, token: str, mail: SignedMail, n: int) -> Shelf:
        """Return the shelf that is written into an e-mail; however often it is asked for, it is the same."""
        return self._kept(token, mail, n, after=now(), sent=True)

    def open(self, token: str, mail: SignedMail) -> Shelf:
        """Return the shelf of an e-mail that is opened: as it was sent, or as it is now."""
        return self._kept(token, mail, PLACES, after=now() - OPENING, sent=False)

    def follow(self, token: str, mail: SignedMail) -> Shelf:
        """Return the shelf that somebody saw who follows a link: the one of the last opening."""
        return self._kept(token, mail, PLACES, after=0, sent=False)

    def _kept(self, token: str, mail: SignedMail, n: int, after: int, *, sent: bool) -> Shelf:
        """Return what is kept for a token if it was sent or filled after a moment, or fill it and keep that."""
        try:
            row = mail_shelves.get(self._db, token)
            if row is not None and (row.sent or (row.filled > after and not sent)):
                return _read(row)
        except StorageError:
            return self._filled(mail, n)
        shelf = self._filled(mail, n)
        text = msgspec.json.encode(shelf).decode()
        expires = mail.expires * SECOND
        try:
            return _read(mail_shelves.keep(self._db, token, mail.user_id, expires, sent=sent, shelf=text, after=after))
        except StorageError:
            return shelf

    def _filled(self, mail: SignedMail, n: int) -> Shelf:
        return self._fill(ShelfRequest(user_id=mail.user_id, placement=mail.placement, n=n))


def _read(row: mail_shelves.MailShelf) -> Shelf:
    return msgspec.json.decode(row.shelf, type=Shelf)
