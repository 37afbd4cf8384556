"""The web application: the JSON API, the page, and the API's description, over one live shop."""

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.staticfiles import StaticFiles

from aisle._version import __version__
from aisle.app.serve import Live
from aisle.web import errors
from aisle.web.api import Api
from aisle.web.openapi import describe
from aisle.web.pages import HERE, Pages
from aisle.web.security import DOCS, SecurityHeaders


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
    Api(live).add_to(app)
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.add_middleware(SecurityHeaders)
    errors.install(app, pages.problem)
    description = describe(app)
    app.openapi = lambda: description  # type: ignore[method-assign] # FastAPI's own way to extend it
    return app
