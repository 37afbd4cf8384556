"""What goes in and out of a shop: a part of `Shop`."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from aisle.app.progress import Progress, silent
from aisle.app.settings import Settings
from aisle.shop.ids import check_id
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.log import imports, undo
from aisle.storage.shoppers import merges

# What only some commands need is imported where it is used: a shelf for one shopper must not wait for Polars.
if TYPE_CHECKING:
    import polars as pl

    from aisle.app.data.backup import Copied
    from aisle.app.data.deletion import Which
    from aisle.app.data.export import Exported
    from aisle.app.data.importing import Imported
    from aisle.app.data.insights import Insights
    from aisle.app.data.replay import Replayed
    from aisle.app.data.sources import Reading
    from aisle.ingest.guessing.guess import Guess
    from aisle.ingest.plan import Plan
    from aisle.insights.quality import Quality
    from aisle.insights.selection import Selection
    from aisle.storage.catalogue.items import ItemMoment
    from aisle.storage.log.deletion import Found
    from aisle.storage.log.imports import ImportRow
    from aisle.storage.log.rejects import RejectRow
    from aisle.storage.log.undo import Taken
    from aisle.storage.shoppers.receipt import Receipt


class ShopData:
    """The methods of `Shop` about its tables and its people."""

    db: Database
    settings: Settings

    def import_events(self, source: object, **reading: "Unpack[Reading]") -> "Imported":
        """Import events; what the columns are is guessed, as the command `aisle import` does, where it is not said.

        Prices are in currency units, times text, dates or epoch numbers; what a known log says of items comes along.

        Parameters
        ----------
        source
            A path or several, a Polars, pandas or Arrow frame, or a list of dicts.
        reading
            How to read it: `mapping`, `event`, `map_values` and the other parameters of `Reading`.

        Raises
        ------
        InputError
            If the source, its columns or a parameter cannot be used.
        """
        return self._import(source, "events", reading)

    def import_items(self, source: object, **reading: "Unpack[Reading]") -> "Imported":
        """Import or change items, as `import_events` imports events."""
        return self._import(source, "items", reading)

    def import_users(self, source: object, **reading: "Unpack[Reading]") -> "Imported":
        """Import or change users, as `import_events` imports events; unknown columns become their attributes."""
        return self._import(source, "users", reading)

    def import_reviews(self, source: object, **reading: "Unpack[Reading]") -> "Imported":
        """Import reviews, as `import_events` imports events."""
        return self._import(source, "reviews", reading)

    def preview(self, source: object, table: str = "events", **reading: "Unpack[Reading]") -> "Guess":
        """Return what an import of a table would make of a source, and store nothing."""
        from aisle.app.data.sources import guess_rows

        return guess_rows(source, table, reading)[1]

    def _import(self, source: object, table: str, reading: "Reading") -> "Imported":
        from aisle.app.data.importing import import_rows
        from aisle.app.data.sources import guess_rows, parameters_named

        rows, guess = guess_rows(source, table, reading)
        with parameters_named():
            imported = import_rows(self.db, rows, guess.plan)
        imported.notes = list(guess.notes)
        return imported

    def import_files(self, files: Sequence[Path], plan: "Plan", progress: Progress = silent) -> "Imported":
        """Import files by a plan."""
        from aisle.app.data.importing import import_rows

        return import_rows(self.db, files, plan, progress)

    def import_export(self, folder: Path, progress: Progress = silent) -> "Imported":
        """Import what `export` wrote, through the same checks as any file."""
        from aisle.app.data.export import exported_files
        from aisle.app.data.importing import import_tables

        return import_tables(self.db, exported_files(folder), progress)

    def import_trusted(self, frames: "Iterable[tuple[str, pl.DataFrame]]", progress: Progress = silent) -> "Imported":
        """Store frames without checks: pairs of a table's name and a frame with the columns of `shop.columns`."""
        from aisle.app.data.importing import import_trusted

        return import_trusted(self.db, frames, progress)

    def imports(self) -> "list[ImportRow]":
        """Return every import, newest first."""
        return imports.list_(self.db)

    def undo_import(self, number: int) -> "dict[str, Taken]":
        """Take back what an import stored and changed, and return how many rows of each table that were."""
        return undo.undo(self.db, number)

    def delete_events(self, *, dry_run: bool = False, **which: "Unpack[Which]") -> "Found":
        """Delete the events to which all that is given applies, or only count them; another import brings them back."""
        from aisle.app.data.deletion import delete_events

        return delete_events(self.db, which, dry_run=dry_run)

    def rejects(self, n: int = 20) -> "tuple[list[RejectRow], int]":
        """Return the newest rejected rows, and how many rejects there are in all."""
        from aisle.storage.log import rejects

        return rejects.list_(self.db, n), rejects.count(self.db)

    def replay_rejects(
        self, plan: "Plan", source: str | None = None, corrected: Path | None = None, progress: Progress = silent
    ) -> "Replayed":
        """Check rejected rows again, by another plan or as a file has them corrected, and store those that pass."""
        from aisle.app.data.replay import replay

        return replay(self.db, plan, source, corrected, progress)

    def export_rejects(self, out: Path, source: str | None = None) -> int:
        """Write the rejected rows into a file, to be corrected there, and return how many there are."""
        from aisle.app.data.replay import export

        return export(self.db, out, source)

    def item_history(self, item_id: str) -> "list[ItemMoment]":
        """Return the prices and stocks that an item had, oldest first."""
        return items.history(self.db, item_id)

    def profile(self, progress: Progress = silent) -> "Quality":
        """Examine the quality of the data: what is odd, how often, and what to do about it."""
        from aisle.app.data.quality import profile

        return profile(self.db, self.settings, progress)

    def insights(
        self, names: Sequence[str] = (), progress: Progress = silent, selection: "Selection | None" = None
    ) -> "Insights":
        """Return what the data says, or a part of it, by these names or all: of each a small table and a sentence."""
        from aisle.app.data.insights import EVERYTHING, insights

        return insights(self.db, self.settings, names, progress, selection or EVERYTHING)

    def export(self, folder: Path, progress: Progress = silent) -> "Exported":
        """Write every table, and the cleaned interactions, into Parquet files in a new folder."""
        from aisle.app.data.export import export

        return export(self.db, self.settings, folder, progress)

    def backup(self, out: Path, progress: Progress = silent) -> "Copied":
        """Write every table, as of one moment, and the live model into one file."""
        from aisle.app.data.backup import backup

        return backup(self.db, self.settings, out, progress)

    # --- People -------------------------------------------------------------------------------------------------------

    def export_user(self, user_id: str) -> dict[str, Any]:
        """Return everything that is stored about a person, by table, as JSON values."""
        from aisle.app.data.people import export_person

        return export_person(self.db, user_id)

    def erase_user(self, user_id: str) -> "Receipt":
        """Remove a person from every table for good, and refuse whatever would bring them back."""
        from aisle.app.data.people import erase_person

        return erase_person(self.db, self.settings, user_id)

    def merge_users(self, anonymous_id: str, user_id: str) -> "Receipt":
        """Move what was stored under an anonymous id to a known user."""
        return merges.merge(self.db, check_id(anonymous_id, "anonymous_id"), check_id(user_id, "user_id"))

    def unmerge_users(self, anonymous_id: str, user_id: str) -> "Receipt":
        """Undo a merge: what came in under the anonymous id, before it and since, is its own again."""
        return merges.unmerge(self.db, anonymous_id, user_id)
