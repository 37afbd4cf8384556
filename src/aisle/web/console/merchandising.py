"""Merchandising: placements as grids of real cards, edited as drafts that say what they cost before they hold."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from aisle.app.merchandising.editing import edited, from_toml, item_named, to_toml
from aisle.app.merchandising.team_rules import PlacementRules, TeamRules
from aisle.app.serving.published_rules import stored_form, values_of
from aisle.engine.request import MAIN_PLACEMENT
from aisle.engine.shelf.groups import ITEM, KINDS
from aisle.engine.shelf.rules import Rules
from aisle.shop.access import Scope
from aisle.shop.errors import AisleError, Conflict, InputError
from aisle.shop.ids import check_id
from aisle.shop.moments import to_moment
from aisle.storage.catalogue import browse
from aisle.storage.catalogue.browse import ItemFilter
from aisle.storage.shelves import rule_drafts
from aisle.storage.shelves.rule_drafts import DraftRow
from aisle.storage.shoppers import segments
from aisle.web.access import forms
from aisle.web.access.caller import NOBODY
from aisle.web.console.frame import Link, Page
from aisle.web.storefront.visitor import new_visitor
from aisle.web.storefront.window import Shopper

PATH: Final = "/console/merchandising"

PLACES: Final = 12
"""How many cards a shelf has on the page."""

NAMES: Final = 500
"""So many categories, and brands, are offered where one is typed."""

SHOPPERS: Final = 20
"""So many members of a segment are offered to look as."""

EVERYBODY: Final = "this machine"
"""The author where nobody logs in."""


class Looking(NamedTuple):
    """Whose shelf of which placement is looked at."""

    placement: str
    user_id: str | None
    segment: str | None
    item_id: str | None

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "Looking":
        """Read it from an address, or the fields of a form."""
        ids = {name: values.get(name, "").strip() or None for name in ("user_id", "segment", "item_id")}
        for name, value in ids.items():
            if value is not None:
                check_id(value, name)
        return cls(values.get("placement") or MAIN_PLACEMENT, **ids)

    @property
    def address(self) -> str:
        """The page that shows it."""
        from urllib.parse import urlencode

        return f"{PATH}?{urlencode({name: value for name, value in self._asdict().items() if value})}"


class Place(NamedTuple):
    """A card on the shelf, and what the rules say of its item."""

    card: Any
    named: str
    """How rules name it."""
    marks: list[str]


class Editing(NamedTuple):
    """What an author edits."""

    current: PlacementRules
    draft: DraftRow | None
    values: dict[str, Any]
    """What would be published."""
    rules: Rules
    """All rules with it."""

    @property
    def overtaken(self) -> bool:
        """Whether somebody published or took back rules since the draft was begun."""
        return self.draft is not None and self.draft.based_on != self.current.version

    @property
    def is_changed(self) -> bool:
        """Whether it differs from what is published."""
        return self.draft is not None and self.values != self.current.published


class Merchandising(Page):
    """The page on which the team decides what shelves show."""

    LINK = Link(PATH, "Merchandising", "layout-grid")
    WAYS = (
        ("GET", PATH, Scope.TEAM),
        ("GET", f"{PATH}/preview", Scope.TEAM),
        ("GET", f"{PATH}/clicks", Scope.TEAM),
        ("GET", f"{PATH}/rules.toml", Scope.TEAM),
        ("POST", f"{PATH}/edit", Scope.MERCHANDISER),
        ("POST", f"{PATH}/publish", Scope.MERCHANDISER),
        ("POST", f"{PATH}/discard", Scope.MERCHANDISER),
        ("POST", f"{PATH}/undo", Scope.MERCHANDISER),
    )

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route(PATH, self.show, include_in_schema=False)
        app.add_route(f"{PATH}/preview", self.preview, include_in_schema=False)
        app.add_route(f"{PATH}/clicks", self.clicks, include_in_schema=False)
        app.add_route(f"{PATH}/rules.toml", self.export, include_in_schema=False)
        for path, change in (
            ("edit", self._edit),
            ("publish", self._publish),
            ("discard", self._discard),
            ("undo", self._undo),
        ):
            app.add_route(f"{PATH}/{path}", self._changing(change), ["POST"], include_in_schema=False)

    # --- What is shown ------------------------------------------------------------------------------------------------

    def show(self, request: Request) -> Response:
        """Show a placement as somebody would see it with the draft."""
        return self._shown(request, Looking.of(request.query_params))

    def preview(self, request: Request) -> Response:
        """Show what the draft would do."""
        looking = Looking.of(request.query_params)
        values = self._told(self._editing(request, looking.placement))
        return self._frame.show(
            request, "console/merchandising_preview.html", **values, looking=looking, by_clicks=None
        )

    def clicks(self, request: Request) -> Response:
        """Show what logged clicks say of the draft."""
        by_clicks = self._by_clicks(self._editing(request, Looking.of(request.query_params).placement))
        return self._frame.show(request, "console/merchandising_clicks.html", by_clicks=by_clicks)

    def export(self, request: Request) -> Response:  # noqa: ARG002
        """Return what is published as `aisle.toml` would say it."""
        text = self._rules.export() or "# Nothing is published.\n"
        headers = {"Content-Disposition": 'attachment; filename="rules.toml"', "Cache-Control": "no-store"}
        return PlainTextResponse(text, headers=headers)

    def _shown(self, request: Request, looking: Looking, status: int = 200, **more: Any) -> Response:
        live, editing = self._frame.live, self._editing(request, looking.placement)
        members = self._members(looking.segment)
        user_id = looking.user_id or (members[0] if members else None)
        strategy = live.placements[looking.placement].strategy
        item_id, note = looking.item_id, None
        if strategy.about != "shopper" and item_id is None:
            top = live.recommend(n=1, placement="bestsellers").items
            item_id = top[0].item_id if top else None
        places: list[Place] = []
        try:
            asked = {"user_id": user_id, "n": PLACES, "item_id": item_id, "explain": True}
            cart = (item_id,) if strategy.about == "cart" and item_id else ()
            shelf = live.shelf(self._rules.request(looking.placement, editing.values, cart=cart, **asked))
            places, note = self._places([item.item_id for item in shelf.items], editing.rules), shelf.fallback
        except AisleError as error:
            note = str(error)
        values = {
            "looking": looking,
            "as_user": user_id,
            "about_item": item_id if strategy.about != "shopper" else None,
            "members": members,
            "segments": [row.name for row in segments.list_(live.db)],
            "placements": list(live.placements),
            "editing": editing,
            "places": places,
            "note": note,
            "entries": _entries(editing.rules),
            "skipped": self._rules.skipped(looking.placement, editing.values) if live.model_version() else {},
            "history": self._rules.history(looking.placement)[:20],
            "toml": to_toml(editing.values),
            "theirs": to_toml(editing.current.published),
            "typed": None,
            "kinds": KINDS,
            "categories": list(browse.categories(live.db))[:NAMES],
            "brands": list(browse.brands(live.db, ItemFilter()))[:NAMES],
            "sent": None,
            "told": self._told(editing) if request.query_params.get("preview") else None,
            "by_clicks": self._by_clicks(editing) if request.query_params.get("clicks") else None,
            "problem": None,
        }
        return self._frame.show(request, "console/merchandising.html", status, **values | more)

    def _places(self, item_ids: list[str], rules: Rules) -> list[Place]:
        cards = Shopper(self._frame.live, new_visitor()).cards(item_ids)
        named = [item_named(item_id) for item_id in item_ids]
        return [Place(card, name, _marks(name, card.item_id, rules)) for card, name in zip(cards, named, strict=True)]

    def _members(self, segment: str | None) -> list[str]:
        if segment is None:
            return []
        db = self._frame.live.db
        return [user_id for user_id, _ in segments.members(db, segments.get(db, segment).number)[:SHOPPERS]]

    def _told(self, editing: Editing) -> dict[str, Any]:
        """Return what the draft would do, or why that cannot be told."""
        try:
            found = self._rules.preview(editing.current.placement, editing.values)
        except AisleError as error:
            return {"found": None, "untold": str(error)}
        return {"found": found, "untold": None}

    def _by_clicks(self, editing: Editing) -> dict[str, Any]:
        """Return what logged clicks say of the draft, or why they say nothing."""
        try:
            found = self._rules.estimate(editing.current.placement, editing.values)
        except AisleError as error:
            return {"found": None, "untold": str(error)}
        return {"found": found, "untold": None}

    # --- What is changed ----------------------------------------------------------------------------------------------

    def _changing(self, change: Callable[[Request, Looking, dict[str, str]], Response]) -> Callable[[Request], Any]:
        """Return a route that changes something; what is refused is shown on the page, with what was typed."""

        async def answer(request: Request) -> Response:
            form = await forms.read(request)
            looking = Looking.of(form)

            def work() -> Response:
                try:
                    return change(request, looking, form)
                except (Conflict, InputError) as error:
                    status = 409 if isinstance(error, Conflict) else 422
                    typed = form.get("toml", form.get("what"))
                    return self._shown(request, looking, status, problem=str(error), typed=typed, sent=form)

            return await run_in_threadpool(work)

        return answer

    def _edit(self, request: Request, looking: Looking, form: dict[str, str]) -> Response:
        """Change the draft by one step, or by the whole text of it."""
        editing = self._editing(request, looking.placement)
        if "toml" in form:
            values = from_toml(form["toml"])
        else:
            what, action = _what(form), form.get("action", "")
            value = form.get("place" if action == "lock" else "value", "")
            values = edited(editing.rules, editing.values, action, what, value)
        self._rules.request(looking.placement, values)  # refuses what contradicts itself
        rule_drafts.save(
            self._frame.live.db,
            looking.placement,
            _author(request),
            stored_form(values),
            editing.draft.based_on if editing.draft else _whole(form, "version"),
            _whole(form, "revision"),
        )
        return self._frame.done(request, looking.address, "The draft is saved; shoppers see it once it is published.")

    def _publish(self, request: Request, looking: Looking, form: dict[str, str]) -> Response:
        """Publish the draft, over the version that its author has seen."""
        author, editing = _author(request), self._editing(request, looking.placement)
        if editing.draft is None or editing.draft.revision != _whole(form, "revision"):
            raise Conflict("your draft was changed or published in another window; look at it, then decide")
        starts, ends = _moment(form.get("starts")), _moment(form.get("ends"))
        after = _whole(form, "version")
        row = self._rules.publish(looking.placement, editing.values, author, after, starts, ends)
        rule_drafts.remove(self._frame.live.db, looking.placement, author)
        when = "holds in its time" if row.is_scheduled else "every process follows within two seconds"
        return self._frame.done(request, looking.address, f"Version {row.version} is published; {when}.")

    def _discard(self, request: Request, looking: Looking, form: dict[str, str]) -> Response:  # noqa: ARG002
        """Throw the draft away."""
        rule_drafts.remove(self._frame.live.db, looking.placement, _author(request))
        return self._frame.done(request, looking.address, "The draft is gone; the page shows what is published.")

    def _undo(self, request: Request, looking: Looking, form: dict[str, str]) -> Response:
        """Take back the newest version."""
        row = self._rules.undo(looking.placement, _author(request), _whole(form, "version"))
        return self._frame.done(request, looking.address, f"Version {row.version} is taken back.")

    # --- What is known ------------------------------------------------------------------------------------------------

    @property
    def _rules(self) -> TeamRules:
        return TeamRules(self._frame.live)

    def _editing(self, request: Request, placement: str) -> Editing:
        current = self._rules.show(placement)
        draft = rule_drafts.get(self._frame.live.db, placement, _author(request))
        values = values_of(draft.rules) if draft else current.published
        rules = Rules.parse(self._rules.request(placement, values).rules)
        return Editing(current, draft, values, rules)


def _author(request: Request) -> str:
    person = getattr(request.state, "caller", NOBODY).person
    return person.name if person else EVERYBODY


def _what(form: Mapping[str, str]) -> str:
    """Return the name of an item or a group, from one field or from its kind and its name."""
    what, kind = form.get("what", "").strip(), form.get("kind", "")
    if not what:
        raise InputError("nothing is named; write an item, a category, a brand or a range")
    return item_named(what) if kind == ITEM else f"{kind}:{what}" if kind else what


def _entries(rules: Rules) -> list[tuple[str, str, str]]:
    """Return what the rules say of items and groups: how it is named, what is done with it, and how far."""
    return [
        *((name, "pinned", "") for name in rules.pins),
        *((name, "locked", f"place {place}") for name, place in sorted(rules.locks.items(), key=lambda one: one[1])),
        *((key, "boosted" if factor > 1 else "buried", f"× {factor:g}") for key, factor in rules.boosts.items()),
        *((name, "hidden", "") for name in rules.exclude),
    ]


def _marks(named: str, item_id: str, rules: Rules) -> list[str]:
    """Return what the rules say of one item by itself."""
    own = (named, item_id, f"item:{item_id}")
    return [f"{done} {how}".strip() for name, done, how in _entries(rules) if name in own]


def _whole(form: Mapping[str, str], name: str) -> int:
    try:
        return int(form.get(name, ""))
    except ValueError:
        raise InputError(f"the form has no {name}; load the page again and send it once more") from None


def _moment(text: str | None) -> int | None:
    if not text:
        return None
    try:
        return to_moment(datetime.fromisoformat(text).replace(tzinfo=UTC))
    except ValueError:
        raise InputError(f"{text!r} is no moment; write it as 2024-01-31T18:00") from None
