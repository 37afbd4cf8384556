"""The door: middleware that lets a request in if the table of routes, its key and its origin allow it.

What is not in the table is refused. A request is checked in this order: the host it names, the route, the key or who is
logged in, the origin of its page, the rate.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aisle.app.serving.key_ring import KeyRing
from aisle.app.serving.logins import Logins
from aisle.shop import access
from aisle.shop.addresses import one_caller
from aisle.shop.errors import AisleError, Forbidden
from aisle.shop.tokens import read_token
from aisle.storage.access.keys import KeyRow
from aisle.web.access import cookies, credentials, origins
from aisle.web.access.caller import NOBODY, ON_THIS_MACHINE, Caller, logged_in
from aisle.web.access.credentials import USER_HEADER, Credentials
from aisle.web.access.login_page import LoginNeeded, is_by_browser
from aisle.web.access.rate_limit import RateLimit
from aisle.web.requests import read_body

Routes = Mapping[str, Mapping[str, access.Scope]]
"""The scope of each path and method; a path that ends with `/*` stands for all below it."""

Answer = Callable[[Request, Exception], Awaitable[Response]]
ToLogin = Callable[[Request], Awaitable[Response]]

BEACON: Final = "text/plain"
"""The content type of a body that holds its own key."""

EVENTS: Final = "/api/events"
"""The path that takes expired tokens too."""

LATE_SECONDS: Final = 7 * 24 * 3600
"""For how long."""

_log: Final = logging.getLogger(__name__)

_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": f"Authorization, Content-Type, {USER_HEADER}",
    "Access-Control-Max-Age": "600",
}


class Door:
    """Middleware that lets requests in; the routes find the `Caller` in `request.state.caller`.

    Parameters
    ----------
    shop
        The shop's name, which user tokens name as theirs.
    keys, logins
        What lets programs in, and what people.
    hosts
        The names by which this server may be called.
    per_second
        How many calls with a browser key one address may make.
    behind_proxies
        Whether the proxies before this server are known, so that requests have the addresses of those who called them.
    answer
        Returns the answer to a request that is refused.
    to_login
        Returns the answer to a request of a browser in which nobody is logged in.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: Routes,
        shop: str,
        keys: KeyRing,
        logins: Logins,
        hosts: Collection[str],
        per_second: float,
        answer: Answer,
        to_login: ToLogin,
        *,
        behind_proxies: bool = False,
    ) -> None:
        self._app = app
        self._routes = routes
        self._shop = shop
        self._keys = keys
        self._logins = logins
        self._hosts = frozenset(host.lower() for host in hosts)
        self._rate = RateLimit(per_second)
        self._answer = answer
        self._to_login = to_login
        self._told = behind_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._keys.is_old:
            await run_in_threadpool(self._keys.refresh)
        request = Request(scope, receive)
        send = self._for_origin(request.headers.get("origin"), send)
        try:
            if _is_preflight(request):
                await self._preflight(request)(scope, receive, send)
                return
            receive = await self._let_in(request)
        except (LoginNeeded, HTTPException, AisleError) as error:
            asked = isinstance(error, LoginNeeded)
            refusal = await self._to_login(request) if asked else await self._answer(request, error)
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _let_in(self, request: Request) -> Receive:
        """Note who calls, and return where the body is to be read from."""
        self._check_host(request)
        needed = self._needed(request)
        if needed is access.Scope.OPEN:
            request.state.caller = NOBODY
            return request.receive
        if request.method == "POST" and request.headers.get("content-type", "").startswith(BEACON):
            body = await read_body(request)
            shown, receive = credentials.of_beacon(request, body), _again(body)
        else:
            shown, receive = credentials.of_headers(request), request.receive
        caller = await self._person(request, needed) or self._caller(request, shown, needed)
        request.state.caller = caller
        if needed not in caller.may:
            raise HTTPException(403, _refusal(caller, needed))
        if caller.address is not None and (wait := self._rate.wait(caller.address)):
            raise HTTPException(429, f"too many calls; try again in {wait} s", {"Retry-After": str(wait)})
        return receive

    def _check_host(self, request: Request) -> None:
        if not origins.is_known_host(request, self._hosts):
            raise HTTPException(421, "this server does not go by that name; add it to [serve] hosts in aisle.toml")

    def _needed(self, request: Request) -> access.Scope:
        """Return the scope of the route."""
        path, method = request.scope["path"], "GET" if request.method == "HEAD" else request.method
        folder = path.removeprefix("/").partition("/")[0]
        methods = self._routes.get(path) or self._routes.get(f"/{folder}/*")
        if methods is None:
            raise HTTPException(404, "there is no such page; the API is described at /docs")
        if method not in methods:
            raise HTTPException(405, f"{path} answers {', '.join(methods)}", {"Allow": ", ".join(methods)})
        return methods[method]

    async def _person(self, request: Request, needed: access.Scope) -> Caller | None:
        """Return the person who is logged in; where a key is needed, nobody asks."""
        session_id = cookies.session_id(request) if needed in access.PEOPLE else None
        if session_id is None:
            return None
        person = await run_in_threadpool(self._logins.person, session_id)
        if person is None:
            return None
        _check_page(request, needed)
        return logged_in(person)

    def _caller(self, request: Request, shown: Credentials, needed: access.Scope) -> Caller:
        if shown.key is not None:
            return self._caller_with(request, shown.key, shown.user_token)
        if shown.user_token is not None:
            raise HTTPException(400, "a user token goes with a pk_ key; send both")
        if self._keys.is_locked or not origins.is_on_this_machine(request):
            if needed in access.PEOPLE and is_by_browser(request):
                raise LoginNeeded
            raise HTTPException(401, f"this route needs {_KEYS[needed]}", _BEARER)
        _check_page(request, needed)
        return ON_THIS_MACHINE

    def _caller_with(self, request: Request, key: str, user_token: str | None) -> Caller:
        row = self._keys.find(key)
        if row is None:
            raise HTTPException(401, "the key is not valid; aisle keys list shows those that are", _BEARER)
        if not _is_from_its_origins(request, row):
            raise HTTPException(403, "this key may not be used by that page; aisle keys create --origin says where")
        is_page = row.scope is access.Scope.BROWSER
        if not is_page and user_token is not None:
            raise HTTPException(400, "a user token goes with a pk_ key; with this one, name the user_id")
        user_id = None if user_token is None else self._signed(request, user_token)
        address = self._address(request) if is_page else None
        return Caller(access.may(row.scope), row.key_id, user_id, is_page=is_page, address=address)

    def _address(self, request: Request) -> str:
        """Return the network address of a page's browser; with undeclared proxies it is theirs, which is told once."""
        if not self._told and origins.is_forwarded(request):
            self._told = True
            _log.warning(
                "a proxy forwards requests, and [serve] proxies in aisle.toml names none: all shoppers behind it count "
                "as one address, which may call and count for little"
            )
        return one_caller(request.client.host if request.client else "")

    def _signed(self, request: Request, user_token: str) -> str:
        """Return the signed user; a token that has expired is good for events that a browser kept until now."""
        try:
            user = read_token(user_token, self._keys.secrets, self._shop)
        except Forbidden as error:
            raise HTTPException(401, str(error), _BEARER) from None
        late = time.time() - user.expires
        if late > (LATE_SECONDS if request.scope["path"] == EVENTS else 0):
            raise HTTPException(401, "the user token has expired; let the shop's server sign a new one", _BEARER)
        return user.user_id

    def _preflight(self, request: Request) -> Response:
        """Answer a browser that wants to know whether a page of another site may call."""
        if request.headers["origin"] not in self._keys.origins:
            raise HTTPException(403, "no key allows pages of this origin; aisle keys create --origin says where")
        return Response(status_code=204, headers=_PREFLIGHT)

    def _for_origin(self, origin: str | None, send: Send) -> Send:
        """Let the pages for which there are keys read the answers, refusals too."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"vary", b"Origin")]
                if origin in self._keys.origins:
                    headers = MutableHeaders(scope=message)
                    headers["Access-Control-Allow-Origin"] = str(origin)
                    headers["Access-Control-Expose-Headers"] = "Retry-After"
            await send(message)

        return send_with_headers


_KEYS: Final = {
    access.Scope.BROWSER: "a key",
    access.Scope.SERVER: "an sk_ key, of the shop's own server",
    access.Scope.ADMIN: "an ak_ key, of an administrator",
    access.Scope.TEAM: "a person of the team, logged in",
    access.Scope.MERCHANDISER: "a person with the role merchandiser or admin, logged in",
    access.Scope.TEAM_ADMIN: "a person with the role admin, logged in",
}
_BEARER: Final = {"WWW-Authenticate": "Bearer"}


def _refusal(caller: Caller, needed: access.Scope) -> str:
    """Return why a caller may not do what they want to."""
    person = caller.person
    if person is None or needed not in access.PEOPLE:
        return f"this route needs {_KEYS[needed]}; see aisle keys routes"
    return (
        f"this needs {_KEYS[needed]}; {person.name} has the role {person.role}. Whoever runs the shop gives another: "
        "aisle people role NAME --role ROLE"
    )


def _is_preflight(request: Request) -> bool:
    headers = request.headers
    return request.method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def _check_page(request: Request, needed: access.Scope) -> None:
    """Make sure that no page of another site sends a request of somebody whom their browser or machine vouches for."""
    if not (origins.is_same_origin(request) or (needed in access.PEOPLE and origins.is_link(request))):
        raise HTTPException(403, "pages of other sites may not call this server; give them a pk_ key")


def _is_from_its_origins(request: Request, row: KeyRow) -> bool:
    """Tell whether a key is used by a page that it is for, or by no page."""
    return request.headers.get("origin") in (None, *row.origins) or origins.is_same_origin(request)


def _again(body: bytes) -> Receive:
    """Return what gives a body that was read already."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
