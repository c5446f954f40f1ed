"""Reads URLs that may hold a password.

If one character of a password is not escaped, a part of the password is parsed as the host, the port, the path or the
fragment, and the standard library quotes it. So no sentence here repeats a part of the URL.

Standard library only. HTTP, SMTP, Redis and the broker all use this module.
"""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

ESCAPED = "in a user name or password, write # as %23, ? as %3F, / as %2F, @ as %40 and [ as %5B"


def split(url: str) -> SplitResult:
    """Splits a URL with one host, whose port is a number. Raises ValueError with what to write."""
    try:
        parts = urlsplit(url)
        wrong = parts.port == 0 or bool(parts.fragment) or "#" in url or "@" in parts.path + parts.query
    except ValueError:
        wrong = True
    if wrong or not url.isprintable():
        raise ValueError(f"found a URL that cannot be read; {ESCAPED}") from None
    return parts


def split_redis(url: str) -> SplitResult:
    """As `split`, for a URL whose path is the number of a database."""
    parts = split(url)
    if not re.fullmatch(r"(/[0-9]{0,5})?", parts.path):
        raise ValueError(f"found a path that is no database's number; {ESCAPED}")
    return parts


def base_url(text: str, *, without_tls: bool = False) -> str:
    """The address of an HTTP API without its final slash. Raises ValueError: what was found and what is expected.

    http:// is for this machine only, unless `without_tls` allows that a key travels unencrypted.
    """
    parts = split(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("found a URL without https:// and a host, expected one such as https://api.acme.example")
    if parts.username is not None or parts.password is not None:
        raise ValueError("found credentials in the URL, expected them under options of their own")
    if "?" in text:
        raise ValueError("found a query in the URL, expected nothing behind the path")
    if parts.scheme == "http" and not (without_tls or is_loopback(parts.hostname)):
        raise ValueError(
            "found http:// to another machine, expected https://: the key would travel unencrypted "
            "(http:// is for 127.0.0.1, ::1 and localhost; within a network of your own, `tls: never` allows it)"
        )
    return text.rstrip("/")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
