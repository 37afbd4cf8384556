"""The web application: the door, the JSON API, the page, and the API's description, over one live shop."""

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.requests import Request
from starlette.responses import Response

from aisle._version import __version__
from aisle.app.serve import Live
from aisle.web import assets, errors
from aisle.web.access.door import Door
from aisle.web.access.headers import DOCS, SecurityHeaders
from aisle.web.access.login_page import LoginPage
from aisle.web.access_log import Accesses, AccessLog, write_line
from aisle.web.admission import Admission, Places
from aisle.web.compression import CompressedPages
from aisle.web.console.pages import Console, is_of_console
from aisle.web.dispatch import Dispatch
from aisle.web.mail.routes import Mail
from aisle.web.metrics import Metrics
from aisle.web.openapi import describe
from aisle.web.refusals import Refusals
from aisle.web.routes import ENDPOINTS, table
from aisle.web.storefront.catalogue import Catalogue
from aisle.web.storefront.routes import Storefront
from aisle.web.templating import templates


def create_app(live: Live) -> FastAPI:
    """Return the application that serves one shop."""
    app: FastAPI = FastAPIOffline(
        title="Aisle",
        version=__version__,
        docs_url=DOCS,
        redoc_url=None,
        favicon_url="/static/aisle.svg",
        telemetry={"tracing": False, "metrics": False, "logs": False},  # `/metrics` and the access log tell more
    )
    pages = templates(live)
    catalogue = Catalogue(live)
    storefront = Storefront(live, catalogue, pages)
    storefront.add_to(app)
    Mail(live, catalogue, pages).add_to(app)
    console = Console(live, pages)
    console.add_to(app)
    login = LoginPage(live.logins, pages)
    login.add_to(app)
    short_ways = {(endpoint.path, endpoint.method): endpoint.serve(live) for endpoint in ENDPOINTS}
    for (path, method), respond in short_ways.items():
        app.add_route(path, respond, [method])
    app.add_route("/metrics", Metrics(live).answer, ["GET"])
    app.mount("/static", assets.Assets())
    app.add_route("/widget.js", assets.widget, include_in_schema=False)
    serve = live.settings.serve

    def problem(request: Request, status: int, message: str) -> Response:
        page = console if is_of_console(request) else storefront
        return page.problem(request, status, message)

    answer = errors.install(app, problem)
    app.add_middleware(Dispatch, table=short_ways, answer=answer)
    app.add_middleware(
        Door,
        routes=table(),
        shop=live.settings.shop.name,
        keys=live.keys,
        logins=live.logins,
        hosts=serve.hosts,
        per_second=serve.calls_per_second,
        answer=answer,
        to_login=login.ask,
        behind_proxies=bool(serve.proxies),
    )
    app.add_middleware(CompressedPages)
    app.add_middleware(SecurityHeaders)
    places, accesses = Places(), Accesses(table(), write_line if serve.access_log else None)
    app.add_middleware(Admission, places=places)
    app.add_middleware(AccessLog, accesses=accesses)
    app.state.refusals = Refusals(places, accesses)  # for the protocol, which sends away what is past the places
    description = describe(app)
    app.openapi = lambda: description  # type: ignore[method-assign] # FastAPI's own way to extend it
    return app
