"""Network addresses, as far as one of them tells callers apart."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

_NETWORK_BITS: Final = 64
"""A household or a machine gets an IPv6 network of so many bits, and calls from any address of it."""


@lru_cache(maxsize=1024)
def one_caller(address: str) -> str:
    """Return what is the same for all addresses of one caller; what is no address is itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), _NETWORK_BITS), strict=False))
