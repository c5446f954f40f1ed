"""The sentence for a host that has no address. Each library wraps the resolver's error in an exception of its own.

Standard library only. HTTP, SMTP and Redis use this module.
"""

import socket


def is_unknown_host(error: BaseException | None) -> bool:
    """Whether the resolver's error is behind it. Resolvers have no common words."""
    while error is not None:
        if isinstance(error, socket.gaierror):
            return True
        error = error.__cause__ or error.__context__
    return False


def unknown_host(host: str) -> str:
    """The name is no secret, and whoever reads it sees a wrong letter."""
    return f"no address is known for the host {host}"
