"""Security headers: what browsers must refuse."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' https: http: data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

# Swagger UI's page starts with an inline script; it shows the API's description and nothing of the shop.
_DOCS_POLICY: Final = _POLICY.replace(
    "script-src 'self'; style-src 'self'", "script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"
)

DOCS: Final = "/docs"
"""The path of the API's description."""

HEADERS: Final[dict[str, str]] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""No script but our own, no guessing of types, no shopper's id in a referrer to another site."""

RAW_HEADERS: Final = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
"""The same, as a server sends them."""

_RAW_DOCS: Final = [(b"content-security-policy", _DOCS_POLICY.encode()), *RAW_HEADERS[1:]]
_NAMES: Final = frozenset(name for name, _ in RAW_HEADERS)


class SecurityHeaders:
    """Middleware that puts `HEADERS` on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the headers added."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [header for header in message.get("headers", ()) if header[0] not in _NAMES]
                message["headers"] = headers + (_RAW_DOCS if scope["path"] == DOCS else RAW_HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers)
