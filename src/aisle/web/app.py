"""The web application: the door, the JSON API, the page, and the API's description, over one live shop."""

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from aisle._version import __version__
from aisle.app.serve import Live
from aisle.web import assets, errors
from aisle.web.access.door import Door
from aisle.web.access.headers import DOCS, SecurityHeaders
from aisle.web.admission import Admission
from aisle.web.openapi import describe
from aisle.web.routes import ENDPOINTS, table
from aisle.web.storefront.routes import Storefront


def create_app(live: Live) -> FastAPI:
    """Return the application that serves one shop."""
    app: FastAPI = FastAPIOffline(
        title="Aisle", version=__version__, docs_url=DOCS, redoc_url=None, favicon_url="/static/aisle.svg"
    )
    storefront = Storefront(live)
    storefront.add_to(app)
    for endpoint in ENDPOINTS:
        app.add_route(endpoint.path, endpoint.serve(live), [endpoint.method])
    app.mount("/static", assets.Assets())
    serve = live.settings.serve
    answer = errors.install(app, storefront.problem)
    app.add_middleware(
        Door,
        routes=table(),
        shop=live.shop_name,
        keys=live.keys,
        hosts=serve.hosts,
        per_second=serve.calls_per_second,
        answer=answer,
    )
    app.add_middleware(Admission)
    app.add_middleware(SecurityHeaders)
    description = describe(app)
    app.openapi = lambda: description  # type: ignore[method-assign] # FastAPI's own way to extend it
    return app
