"""Where a request comes from: the host it names, its page, and the machine."""

import re
from collections.abc import Collection
from functools import lru_cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from aisle.shop.errors import InputError, SettingsError

_LOCAL_NAMES: Final = ("localhost", "")
_LOCAL_PATH: Final = re.compile(r"/[!-\[\]-~]*", re.ASCII)
"""No blanks and controls, which browsers leave out, and no backslash, which they read as a slash."""

_HOST: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[\w.-]*)(?::\d{1,5})?")
"""An address or a name, and a port: what is written otherwise cannot be part of an address."""

_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip")


def check_origin(text: str) -> str:
    """Return a web origin as browsers write it: `https://shop.example`, with a port unless it is the usual one.

    Raises
    ------
    InputError
        If it is none.
    """
    problem = f"{text!r} is no web origin; write https://shop.example, without a path"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise InputError(problem) from None
    is_whole = text.lower() == f"{parts.scheme}://{parts.netloc.lower()}" and "@" not in text
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_whole:
        raise InputError(problem)
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in (None, usual) else f":{port}")


def note_for_start(host: str, *, is_locked: bool) -> str | None:
    """Return what whoever starts a server should know of its door; None if there is nothing to say.

    Parameters
    ----------
    host
        Where it listens.
    is_locked
        Whether the shop has keys or people.

    Raises
    ------
    SettingsError
        If it can be reached from other machines, and there are neither.
    """
    if is_locked:
        return None
    if host != "localhost" and not is_loopback(host):
        raise SettingsError(
            f"other machines can reach {host}, and this shop has neither keys nor people yet; make one first: "
            "aisle keys create server, or aisle people add NAME --role admin"
        )
    return "No keys and no people yet: whoever uses this machine may do everything. aisle keys create makes a key."


def is_known_host(request: Request, hosts: Collection[str]) -> bool:
    """Tell whether a request names this server by an address or a known name.

    A page whose own name leads to this machine (DNS rebinding) counts as same-origin in a browser, but it still sends
    that name. An address cannot be made to lead elsewhere.
    """
    if not _HOST.fullmatch(request.headers.get("host", "")):
        return False
    name = host_name(request)
    return name in _LOCAL_NAMES or name in hosts or is_address(name)


def is_same_origin(request: Request) -> bool:
    """Tell whether a request comes from a page of this server, or from no page at all."""
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    own = f"{request.scope['scheme']}://{request.headers.get('host', '')}"
    return site in ("same-origin", "none") and origin in (None, own)


def is_link(request: Request) -> bool:
    """Tell whether somebody followed a link to a page of this server: another page cannot read the answer."""
    headers = request.headers
    return request.method in ("GET", "HEAD") and headers.get("sec-fetch-mode") == "navigate" and "origin" not in headers


def is_local_path(text: str) -> bool:
    """Tell whether an address leads to a page of this server, however a browser reads it."""
    return bool(_LOCAL_PATH.fullmatch(text)) and not text.startswith("//")


def is_on_this_machine(request: Request) -> bool:
    """Tell whether the caller is on this machine, and no proxy that speaks for others."""
    address = request.client.host if request.client else ""
    return is_loopback(address) and not is_forwarded(request)


def is_forwarded(request: Request) -> bool:
    """Tell whether a proxy sent a request for somebody else, as far as it says so."""
    return any(name in request.headers for name in _FORWARDED)


@lru_cache(maxsize=1024)
def is_address(host: str) -> bool:
    """Tell whether a host is an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def is_loopback(host: str) -> bool:
    """Tell whether a host is an address of this machine that no other one can reach."""
    return is_address(host) and ip_address(host).is_loopback


def host_name(request: Request) -> str:
    """Return the name or address by which a request calls this server, without its port."""
    host = request.headers.get("host", "")
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.lower().removesuffix(".")
