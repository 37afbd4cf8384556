"""What may be shown of the place that Spark reads: a URL can hold a user and a password."""

import re
from typing import Final

_JDBC: Final = re.compile(r"\b(jdbc:[\w+.-]*:)(/{0,2})(.*)", re.IGNORECASE)
"""A JDBC URL with all that follows it in its line, as a password may hold spaces."""

_USERINFO: Final = re.compile(r"\b([a-z][\w+.-]*:/{1,2})[^\s/]*:\S*@", re.IGNORECASE)
"""User and password at the beginning of any other URL."""

_OPTIONS: Final = re.compile(r"""[?;(,'"&]""")
"""What can stand before a JDBC URL's options, among them the password."""


def hide_credentials(text: str) -> str:
    """Return a text without what could be a user or a password in the URLs that it holds.

    Of a JDBC URL no more than driver, host and database is left, and only the driver where an `@` among the options may
    belong to a password.
    """
    return _USERINFO.sub(r"\1…@", _JDBC.sub(_hide, text))


def _hide(url: re.Match[str]) -> str:
    driver, slashes, rest = url.groups()
    place, *options = _OPTIONS.split(rest)
    if "@" in "".join(options):
        return f"{driver}…"
    _, user, host = place.rpartition("@")
    return f"{driver}{slashes}…@{host}" if user else f"{driver}{slashes}{place}"


def cause(error: Exception) -> Exception | None:
    """Return an error to be named as the cause of another, or None if it shows credentials."""
    text = str(error)
    return error if hide_credentials(text) == text else None
