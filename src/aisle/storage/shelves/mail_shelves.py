"""The table of the shelves that e-mails show."""

from typing import NamedTuple

from sqlalchemy import delete, not_, select

from aisle.shop.moments import now
from aisle.storage.connection import Database
from aisle.storage.database.dialects import insert_new
from aisle.storage.digest import digest
from aisle.storage.shoppers import erased
from aisle.storage.tables import mail_shelves


class MailShelf(NamedTuple):
    """What an e-mail shows."""

    digest: bytes
    user_id: str
    filled: int
    expires: int
    sent: bool
    """Whether it was written into the e-mail and stays as it is; else it is that of the last opening."""
    shelf: str


def keep(db: Database, token: str, user_id: str, expires: int, *, sent: bool, shelf: str, after: int) -> MailShelf:
    """Keep the shelf of an e-mail's token, unless another process was first; return the one that is kept.

    Parameters
    ----------
    expires
        The moment from which the token is not valid any more; what has expired is removed.
    after
        One that was filled after this moment stays, and so does one that was sent. Nothing of erased people is kept.
    """
    row = MailShelf(digest(token), user_id, now(), expires, sent, shelf)
    this = mail_shelves.c.digest == row.digest
    with db.write() as connection:
        connection.execute(delete(mail_shelves).where(mail_shelves.c.expires < row.filled))
        if erased.among(connection, {user_id}):
            return row
        old = this & not_(mail_shelves.c.sent) & (mail_shelves.c.filled <= after)
        connection.execute(delete(mail_shelves).where(old))
        insert_new(connection, mail_shelves, [row])
        return MailShelf._make(connection.execute(select(mail_shelves).where(this)).one())


def get(db: Database, token: str) -> MailShelf | None:
    """Return what is kept for a token."""
    with db.read() as connection:
        row = connection.execute(select(mail_shelves).where(mail_shelves.c.digest == digest(token))).first()
    return MailShelf._make(row) if row else None
