"""Segments: whom each means, how many they are from day to day, a form for a new one, and the file for a mailing."""

from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from aisle.shop.access import Scope
from aisle.shop.errors import AisleError
from aisle.web.access import forms
from aisle.web.console.frame import Link, Page
from aisle.web.console.parts.filters import Choice, Option

if TYPE_CHECKING:
    from aisle.app.segments.segments import Segments as AllSegments

PATH: Final = "/console/segments"
CREATE: Final = f"{PATH}/create"
DELETE: Final = f"{PATH}/delete"
UPDATE: Final = f"{PATH}/update"
MAILING: Final = f"{PATH}/mailing"

SEGMENT: Final = Choice("segment", "Segment", lambda live: [Option(one.name, one.name) for one in _all(live).all()])

DEEDS: Final = {"view_item": "viewed", "add_to_cart": "put into the cart", "purchase": "bought"}
"""What the form offers of what shoppers did."""


class Segments(Page):
    """The page of segments."""

    LINK = Link(PATH, "Segments", "users")
    WAYS = (
        ("GET", PATH, Scope.TEAM),
        ("GET", MAILING, Scope.MERCHANDISER),
        ("POST", CREATE, Scope.MERCHANDISER),
        ("POST", DELETE, Scope.MERCHANDISER),
        ("POST", UPDATE, Scope.MERCHANDISER),
    )

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route(PATH, self.show, include_in_schema=False)
        app.add_route(MAILING, self.mailing, include_in_schema=False)
        for path in (CREATE, DELETE, UPDATE):
            app.add_route(path, self.change, ["POST"], include_in_schema=False)

    def show(self, request: Request) -> Response:
        """Show the page."""
        return self._page(request)

    def mailing(self, request: Request) -> Response:
        """Return the members of a segment who agreed to be written to, as a file."""
        name = self._frame.view(request, SEGMENT)[SEGMENT] or ""
        return self._frame.csv("mailing", _all(self._frame.live).mailing(name, ["email"]))

    async def change(self, request: Request) -> Response:
        """Make or delete a segment, or find the members of all anew."""
        form = await forms.read(request)
        return await run_in_threadpool(self._change, request, form)

    def _change(self, request: Request, form: dict[str, str]) -> Response:
        known, name, path = _all(self._frame.live), form.get("name", ""), request.url.path
        try:
            if path == DELETE:
                known.delete(name)
                return self._frame.done(request, PATH, f"{name} is deleted.")
            if path == UPDATE:
                failed = known.update().failed
                told = "".join(f" {one} is as it was: {why}." for one, why in failed.items())
                return self._frame.done(request, PATH, f"The members of all segments are those of now.{told}")
            made = known.create(name, form.get("rule", "").strip() or rule_of(form))
            return self._frame.done(request, PATH, f"{made.name}: {made.size or 0:,} shoppers, {made.words}.")
        except AisleError as error:
            return self._page(request, form, str(error), 400)

    def _page(
        self, request: Request, form: dict[str, str] | None = None, problem: str = "", status: int = 200
    ) -> Response:
        known, view = _all(self._frame.live), self._frame.view(request, SEGMENT)
        chosen: dict[str, Any] = {"chosen": None}
        if name := view[SEGMENT]:
            from aisle.report.segments import members_by_day

            sizes = known.sizes(name)
            chosen = {"chosen": known.get(name), "figure": members_by_day(name, sizes) if sizes.height else None}
        values = {"view": view, "segments": known.all(), "form": form or {}, "problem": problem, "deeds": DEEDS}
        return self._frame.show(request, "console/segments.html", status, **values, **chosen, mailing=MAILING)


def rule_of(form: dict[str, str]) -> str:
    """Return the rule that the fields of the form say together, as JSON."""
    import msgspec

    def filled(*names: str) -> dict[str, Any]:
        return {name: form[name].strip() for name in names if form.get(name, "").strip()}

    rules: list[dict[str, Any]] = []
    if form.get("rfm"):
        rules.append({"rule": "rfm", "groups": [form["rfm"]]})
    if form.get("customers"):
        rules.append({"rule": "customers", "groups": [form["customers"]]})
    if form.get("did"):
        numbers = {name: _number(value) for name, value in filled("at_least", "days").items()}
        rules.append({"rule": "did", "events": [form["did"]], **filled("category", "brand"), **numbers})
    if form.get("attribute"):
        values = [value.strip() for value in form.get("values", "").split(",") if value.strip()]
        rules.append({"rule": "attribute", "name": form["attribute"], "values": values})
    if liked := filled("like_category", "like_brand"):
        rules.append({"rule": "will_like", **{name.removeprefix("like_"): value for name, value in liked.items()}})
    return msgspec.json.encode(rules[0] if len(rules) == 1 else {"rule": "all", "rules": rules}).decode()


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text


def _all(live: Any) -> "AllSegments":
    from aisle.app.segments.segments import Segments as AllSegments

    return AllSegments(live.db, live.settings, live.model_watch.trained)
