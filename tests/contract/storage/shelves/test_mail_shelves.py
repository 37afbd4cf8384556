"""The shelves of e-mails, on every database."""

from aisle.shop.moments import DAY, now
from aisle.storage.connection import Database
from aisle.storage.shelves import mail_shelves
from aisle.storage.shoppers import people


def keep(db: Database, token: str, shelf: str, *, sent: bool = False, after: int = 0, days: int = 1) -> str:
    expires = now() + days * DAY
    return mail_shelves.keep(db, token, "Ann", expires, sent=sent, shelf=shelf, after=after).shelf


def test_the_first_of_two_processes_decides_what_an_opening_shows(db: Database) -> None:
    assert keep(db, "token", "first") == "first"
    assert keep(db, "token", "second") == "first"
    kept = mail_shelves.get(db, "token")
    assert kept is not None
    assert (kept.shelf, kept.user_id, kept.sent) == ("first", "Ann", False)


def test_a_later_opening_shows_another_shelf(db: Database) -> None:
    keep(db, "token", "first")
    assert keep(db, "token", "second", after=now()) == "second"


def test_what_was_sent_stays(db: Database) -> None:
    keep(db, "token", "opened before")
    assert keep(db, "token", "sent", sent=True, after=now()) == "sent"
    assert keep(db, "token", "opened", after=now() + DAY) == "sent"
    assert keep(db, "token", "sent again", sent=True, after=now()) == "sent"


def test_what_has_expired_is_removed(db: Database) -> None:
    keep(db, "old", "shelf", days=-1)
    keep(db, "new", "shelf")
    assert mail_shelves.get(db, "old") is None
    assert mail_shelves.get(db, "new") is not None


def test_an_erased_person_has_no_shelf_and_gets_none(db: Database) -> None:
    keep(db, "token", "shelf")
    assert people.erase(db, "Ann").rows["mail_shelves"] == 1
    assert keep(db, "token", "again") == "again", "it is shown, as to anybody"
    assert mail_shelves.get(db, "token") is None, "and not kept"
