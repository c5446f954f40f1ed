"""The filters in a page's address: `?tag=sales&owner=Mara`. Empty fields of a form are not filters. An address with an
empty filter was probably built from an unset variable.
"""

from starlette.requests import Request

from worker.errors import RequestError


def filters(request: Request, name: str) -> tuple[str, ...]:
    """The values, none if the address has none. Raises RequestError for an empty one."""
    found = tuple(request.query_params.getlist(name))
    if all(one.strip() for one in found):
        return found
    raise RequestError(f"{name}: found an empty value, expected one, or leave it out")


def only_filter(request: Request, name: str) -> str:
    """The last value, empty if the address has none. Raises RequestError for an empty one."""
    return next(reversed(filters(request, name)), "")
