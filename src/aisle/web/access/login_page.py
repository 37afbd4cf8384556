"""The pages on which people of the team log in and out, and the way there."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import FastAPI
from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from aisle.app.serving.logins import Logins
from aisle.shop.moments import SECOND
from aisle.storage.access.team_sessions import LONGEST
from aisle.web.access import cookies, forms, kept_form, origins
from aisle.web.access.kept_form import KeptForm
from aisle.web.requests import is_by_htmx

LOGIN: Final = "/login"
LOGOUT: Final = "/logout"

AT_ONCE: Final = 2
"""How many passwords a process checks at a time: each takes 32 MiB and all of a processor."""

WAITING: Final = 20
"""How many more may wait for that; others are sent away."""

_PRIVATE: Final = {"Cache-Control": "no-store"}


class LoginNeeded(Exception):
    """A page is for the team, and nobody is logged in."""


def is_by_browser(request: Request) -> bool:
    """Tell whether a person waits for the answer."""
    return "text/html" in request.headers.get("accept", "") or is_by_htmx(request)


class LoginPage:
    """Logging in and out, with a browser.

    Parameters
    ----------
    logins
        Who may, and who is.
    environment
        The templates.
    """

    def __init__(self, logins: Logins, environment: Environment) -> None:
        self._logins = logins
        self._environment = environment
        self._checks = CapacityLimiter(AT_ONCE)
        self._checking = 0  # the limiter counts those who wait too late for a flood

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route(LOGIN, self.show_login, include_in_schema=False)
        app.add_route(LOGIN, self.log_in, ["POST"], include_in_schema=False)
        app.add_route(LOGOUT, self.show_logout, include_in_schema=False)
        app.add_route(LOGOUT, self.log_out, ["POST"], include_in_schema=False)

    async def ask(self, request: Request) -> Response:
        """Ask a browser to log in, and go on from there: to the page that was wanted, or with what was typed."""
        if form := await kept_form.sent_with(request):
            # Asked for by a script of ours, it takes the place of the whole page.
            headers = {"HX-Retarget": "body", "HX-Reswap": "innerHTML"} if is_by_htmx(request) else {}
            return self._login_form(request, form.action, status=401, kept=form, headers=headers)
        if is_by_htmx(request):
            return Response(status_code=401, headers={"HX-Redirect": LOGIN})
        wanted = request.scope["path"] if request.method == "GET" else "/"
        if request.method == "GET" and (query := request.scope["query_string"]):
            wanted += f"?{query.decode('latin-1')}"
        return RedirectResponse(f"{LOGIN}?next={quote(wanted, safe='/')}", 303)

    async def show_login(self, request: Request) -> Response:
        """Show the form for a name and a password."""
        return self._login_form(request, request.query_params.get("next", "/"))

    async def log_in(self, request: Request) -> Response:
        """Start a session, and go on to the page that was wanted."""
        form = await forms.read(request)
        wanted, name = form.get("next", "/"), form.get("name", "")
        kept = KeptForm.of(wanted, form.get(kept_form.FIELD, ""))
        if not cookies.is_private(request):
            text = "Passwords are safe over https:// only; call this page so."
            return self._login_form(request, wanted, name, 403, text, kept=kept)
        address = request.client.host if request.client else ""
        attempt = await self._checked(self._logins.log_in, name, form.get("password", ""), address)
        if attempt.wait:
            text = f"Too many attempts. Try again in {_duration(attempt.wait)}."
            return self._login_form(request, wanted, name, 429, text, kept=kept, headers=_after(attempt.wait))
        if attempt.session_id is None:
            return self._login_form(request, wanted, name, 403, "The name or the password is wrong.", kept=kept)
        await self._end_session(request)
        answer: Response = RedirectResponse(wanted if origins.is_local_path(wanted) else "/", 303)
        secret = forms.new_secret()
        if kept is not None:
            answer = self._kept_form(kept, forms.token_of(secret, attempt.session_id))
        cookies.write(request, answer, cookies.SESSION, attempt.session_id, LONGEST // SECOND)
        forms.renew(request, answer, secret)
        return answer

    async def show_logout(self, request: Request) -> Response:
        """Ask whether to log out, or say that nobody is logged in."""
        session_id = cookies.session_id(request)
        person = await run_sync(self._logins.person, session_id) if session_id else None
        return self._page(request, "team/logout.html", person=person)

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        await forms.read(request)
        answer = RedirectResponse(LOGOUT, 303)
        await self._end_session(request)
        cookies.remove(request, answer, cookies.SESSION)
        forms.renew(request, answer)
        return answer

    async def _checked(self, check: Callable[..., Any], *arguments: str) -> Any:
        """Check a password in a thread, unless too many wait for theirs."""
        if self._checking >= AT_ONCE + WAITING:
            raise HTTPException(503, "too many people log in at once; try again in 1 s", {"Retry-After": "1"})
        self._checking += 1
        try:
            return await run_sync(check, *arguments, limiter=self._checks)
        finally:
            self._checking -= 1

    async def _end_session(self, request: Request) -> None:
        if session_id := cookies.session_id(request):
            await run_sync(self._logins.log_out, session_id)

    def _login_form(
        self,
        request: Request,
        wanted: str,
        name: str = "",
        status: int = 200,
        problem: str | None = None,
        *,
        kept: KeptForm | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        next_ = wanted if origins.is_local_path(wanted) else "/"
        return self._page(
            request, "team/login.html", status, headers, next=next_, name=name, problem=problem, kept=kept
        )

    def _kept_form(self, kept: KeptForm, form_token: str) -> Response:
        page = self._environment.get_template("team/kept_form.html").render(kept=kept, form_token=form_token)
        return HTMLResponse(page, headers=_PRIVATE)

    def _page(
        self, request: Request, template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any
    ) -> Response:
        page = self._environment.get_template(template).render(values, form_token=forms.token(request))
        answer = HTMLResponse(page, status, _PRIVATE | (headers or {}))
        forms.keep(request, answer)
        return answer


def _after(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}


def _duration(seconds: int) -> str:
    return f"{seconds} s" if seconds < 90 else f"{round(seconds / 60)} minutes"
