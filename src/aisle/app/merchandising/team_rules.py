"""The rules that the team publishes: looked at, tried, published, taken back and exported."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import tomlkit

from aisle.app.merchandising.preview import Preview, preview
from aisle.app.serve import Live
from aisle.app.serving.catalogue import LiveCatalogue
from aisle.app.serving.placements import placement_named, placement_with
from aisle.app.serving.published_rules import in_force, stored_form, values_of
from aisle.engine.placement import Placement
from aisle.engine.request import ShelfRequest
from aisle.engine.shelf.groups import Group, read_named
from aisle.shop import moments
from aisle.shop.errors import InputError, SettingsError
from aisle.shop.moments import from_moment
from aisle.storage.shelves import placement_rules, rule_drafts
from aisle.storage.shelves.placement_rules import RulesRow
from aisle.storage.shelves.rule_drafts import DraftRow
from aisle.storage.shoppers import erased

if TYPE_CHECKING:
    from aisle.app.estimating import Estimated

CLICK_DAYS: Final = 28
"""The clicks of so many days are asked about a draft."""

CLICKED_SHELVES: Final = 2_000
"""On so many shelves of these days, so that the answer takes seconds."""


class PlacementRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of a placement at this moment."""

    placement: str
    strategy: str
    version: int
    """The newest version; 0 before any. Whoever publishes says that they know it."""
    published: dict[str, Any]
    """The rules that override those of `aisle.toml` now."""
    rules: dict[str, Any]
    """All of its rules."""
    in_force: RulesRow | None
    """The version that counts now."""
    to_come: list[RulesRow]
    """Versions whose schedule is not over, but for the one that counts now."""
    drafts: list[DraftRow]


class TeamRules:
    """What the team of one shop publishes."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._db = live.db

    # --- What there is ------------------------------------------------------------------------------------------------

    def all(self) -> list[PlacementRules]:
        """Return the rules of every placement."""
        moment = moments.now()
        rows = placement_rules.counting(self._db, moment)
        drafts = rule_drafts.list_(self._db)
        return [self._of(placement, rows, drafts, moment) for placement in self._live.placements.values()]

    def show(self, placement: str) -> PlacementRules:
        """Return the rules of one placement.

        Raises
        ------
        NotFound
            If there is none of this name.
        """
        placement_named(self._live.placements, placement)
        return next(one for one in self.all() if one.placement == placement)

    def history(self, placement: str) -> list[RulesRow]:
        """Return every version of a placement's rules, newest first."""
        return placement_rules.history(self._db, placement)

    def _of(self, placement: Placement, rows: list[RulesRow], drafts: list[DraftRow], moment: int) -> PlacementRules:
        name = placement.name
        own = [row for row in rows if row.placement == name]
        counts = in_force(own, moment).get(name)
        published = values_of(counts.rules) if counts else {}
        return PlacementRules(
            placement=name,
            strategy=placement.strategy.name,
            version=placement_rules.newest(self._db, name),
            published=published,
            rules=self._checked(name, published).rules.plain(),
            in_force=counts,
            to_come=[row for row in own if row.is_scheduled and row is not counts],
            drafts=[draft for draft in drafts if draft.placement == name],
        )

    # --- What is changed ----------------------------------------------------------------------------------------------

    def publish(
        self,
        placement: str,
        rules: Mapping[str, Any],
        author: str,
        after: int | None = None,
        starts: int | None = None,
        ends: int | None = None,
    ) -> RulesRow:
        """Publish the rules that override `aisle.toml` from now on, or for a time; every process follows in 2 seconds.

        Parameters
        ----------
        after
            The newest version that the author knows; None: whatever it is.
        starts, ends
            From which moment on, and up to which; None: from now on, and for good.

        Raises
        ------
        NotFound
            If there is no such placement.
        InputError
            If a rule is unknown, out of range or contradicts another one, or the schedule is over before it begins.
        Conflict
            If somebody else published or took back rules meanwhile; then nothing changes.
        """
        self._checked(placement, rules)
        now = moments.now()
        if ends is not None and ends <= max(now, starts or now):
            raise InputError(
                f"the schedule ends at {from_moment(ends):%Y-%m-%d %H:%M} UTC, before it begins; end it later"
            )
        known = placement_rules.newest(self._db, placement) if after is None else after
        row = placement_rules.publish(self._db, placement, stored_form(rules), author, known, starts, ends)
        self._live.rules_watch.look()
        return row

    def undo(self, placement: str, author: str, after: int | None = None) -> RulesRow:
        """Take back the newest version that counts now or later, and return it; the one before counts again.

        Raises
        ------
        NotFound
            If there is none.
        Conflict
            As for `publish`.
        """
        placement_named(self._live.placements, placement)
        known = placement_rules.newest(self._db, placement) if after is None else after
        row = placement_rules.undo(self._db, placement, author, known)
        self._live.rules_watch.look()
        return row

    # --- What a change would do ---------------------------------------------------------------------------------------

    def preview(self, placement: str, rules: Mapping[str, Any]) -> Preview:
        """Return what the published rules of a placement would do in place of those of now.

        Raises
        ------
        NotFound, InputError
            As for `publish`.
        NoModel
            If nothing was trained yet.
        NotEnoughData
            If training kept no shelves on which to try it.
        """
        now, draft = placement_named(self._live.placements, placement), self._checked(placement, rules)
        model = self._live.model_watch.current()
        return preview(model, self._catalogue(), now, draft, erased.all_digests(self._db))

    def estimate(self, placement: str, rules: Mapping[str, Any]) -> "Estimated":
        """Return what logged clicks say of the published rules of a placement, as `app.estimating`.

        Raises
        ------
        NotFound, InputError, NoModel
            As for `preview`; and InputError if the placement is about an item or a cart.
        NotEnoughData
            If the log tells too little of them; the message says why, and what helps.
        """
        from aisle.app.estimating import estimate_filled  # which brings SciPy

        return estimate_filled(self._live, self._checked(placement, rules), CLICK_DAYS, CLICKED_SHELVES)

    def skipped(self, placement: str, rules: Mapping[str, Any]) -> dict[str, str]:
        """Return the pinned and locked items that are on no shelf just now, and why, in words."""
        draft = self._checked(placement, rules).rules
        named = [read_named("pins", text) for text in (*draft.pins, *draft.locks)]
        catalogue = self._catalogue()
        ids = [name for name in named if not isinstance(name, Group)]
        items = catalogue.vocabulary.numbers(ids)
        catalogue.look_over(items)
        attributes, listed = catalogue.attributes(items), catalogue.listed(items)
        skipped: dict[str, str] = {}
        for place, item_id in enumerate(ids):
            why = {
                "is not in the catalogue": catalogue.rows([item_id])[0] is None and not listed[place],
                "is sold out": attributes.sold_out[place],
                "is hidden everywhere": attributes.hidden[place],
                "cannot be bought yet": attributes.to_come[place],
            }
            reasons = [words for words, applies in why.items() if applies]
            if reasons:
                skipped[item_id] = reasons[0]
        everything = catalogue.attributes(np.arange(catalogue.vocabulary.known, dtype=np.int32))
        for text, name in zip((*draft.pins, *draft.locks), named, strict=True):
            if isinstance(name, Group) and not (name.of(everything) & everything.available).any():
                skipped[text] = "has no item that can be sold"
        return skipped

    def request(self, placement: str, rules: Mapping[str, Any], **asked: Any) -> ShelfRequest:
        """Return the request for a shelf as it would be with these rules published."""
        return ShelfRequest(placement=placement, rules=self._checked(placement, rules).rules.plain(), **asked)

    # --- As a file ----------------------------------------------------------------------------------------------------

    def export(self, placement: str | None = None) -> str:
        """Return what is published now as `aisle.toml` would say it, of one placement or of all."""
        document = tomlkit.document()
        sections = tomlkit.table(is_super_table=True)
        for one in self.all() if placement is None else [self.show(placement)]:
            if one.published:
                section = tomlkit.table()
                for name, value in one.published.items():
                    if value is None:
                        section.add(tomlkit.comment(f"{name} is taken away: remove it from this section"))
                    else:
                        section.add(name, value)
                sections.add(one.placement, section)
        if sections:
            document.add("placements", sections)
        return tomlkit.dumps(document)

    def _checked(self, placement: str, rules: Mapping[str, Any]) -> Placement:
        try:
            return placement_with(self._live.settings, placement, rules)
        except SettingsError as error:
            raise InputError(str(error)) from None

    def _catalogue(self) -> "TrialCatalogue":
        model = self._live.model_watch.current()
        return TrialCatalogue(model.items, self._live.catalogue_watch.current(model), self._live.db)


class TrialCatalogue(LiveCatalogue):
    """The catalogue in memory, for many shelves that nobody sees: the database is not asked about each."""

    def look_over(self, items: Any) -> None:
        """Read which items cannot be sold at this moment."""
        super().withdraw(items)

    def withdraw(self, items: Any) -> bool:  # noqa: ARG002
        """Return False: nobody buys from these shelves."""
        return False
