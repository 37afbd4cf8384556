"""The web application: the door, the JSON API, the page, and the API's description, over one live shop."""

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.staticfiles import StaticFiles

from aisle._version import __version__
from aisle.app.serve import Live
from aisle.web import errors
from aisle.web.access.door import Door
from aisle.web.access.headers import DOCS, SecurityHeaders
from aisle.web.openapi import describe
from aisle.web.pages import HERE, Pages
from aisle.web.routes import ENDPOINTS, table


def create_app(live: Live) -> FastAPI:
    """Return the application that serves one shop.

    Parameters
    ----------
    live
        The shop; the caller closes it.
    """
    app: FastAPI = FastAPIOffline(
        title="Aisle", version=__version__, docs_url=DOCS, redoc_url=None, favicon_url="/static/aisle.svg"
    )
    pages = Pages(live)
    pages.add_to(app)
    for endpoint in ENDPOINTS:
        app.add_route(endpoint.path, endpoint.serve(live), [endpoint.method])
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    serve = live.settings.serve
    answer = errors.install(app, pages.problem)
    app.add_middleware(
        Door,
        routes=table(),
        shop=live.shop_name,
        keys=live.keys,
        hosts=serve.hosts,
        per_second=serve.calls_per_second,
        answer=answer,
    )
    app.add_middleware(SecurityHeaders)
    description = describe(app)
    app.openapi = lambda: description  # type: ignore[method-assign] # FastAPI's own way to extend it
    return app
