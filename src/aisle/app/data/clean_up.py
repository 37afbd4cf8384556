"""What is removed after a while: shelves that were served, of which the counts of their days stay."""

from aisle.app.progress import Progress, silent
from aisle.shop.moments import DAY, now
from aisle.storage.connection import Database
from aisle.storage.shelves import impressions

STAGE = "remove old shelves"


def clean_up(db: Database, keep_days: int, progress: Progress = silent) -> int:
    """Remove the shelves that were served more than some days ago, part by part, and return how many they were.

    Raises
    ------
    StorageError
        If the database refuses; what was removed by then stays removed.
    """
    before = now() - keep_days * DAY
    removed = 0
    while some := impressions.remove_older(db, before):
        removed += some
        progress(STAGE, removed, None, removed)
    return removed
