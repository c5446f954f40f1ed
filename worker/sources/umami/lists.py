"""Umami's lists, read page after page."""

from collections.abc import Mapping

from worker.errors import SourceIncomplete
from worker.sources.common.page_checks import fitting, settled
from worker.sources.common.parse import Node
from worker.sources.umami.client import UmamiClient, UmamiRequest

PAGE = 100
MOST_PAGES = 1_000


async def every(client: UmamiClient, path: str, params: Mapping[str, str], name: str = "") -> list[Node]:
    """Every row of a list, once. `name`: the name in messages, if the path has an id. Raises SourceError;
    SourceIncomplete if the list is not as long as the server counts.
    """
    return await settled(lambda: _pages(client, path, params, name))


async def _pages(client: UmamiClient, path: str, params: Mapping[str, str], name: str) -> list[Node]:
    """One reading, page after page: after the last one Umami gives an empty page and no error. Rows that are added or
    removed meanwhile show in the count of the first and of the last page, or as a row that comes twice.
    """
    endpoint, found, counts = f"GET {name or path}", list[Node](), list[int]()
    for page in range(1, MOST_PAGES + 1):
        asked = {**params, "page": str(page), "pageSize": str(PAGE)}
        answer = await client.read(UmamiRequest("GET", path, params=asked, name=name))
        rows, size = list(answer.get("data").items()), answer.get("pageSize")
        found += rows
        counts.append(answer.get("count").whole())
        if not rows or page * (PAGE if size.absent else size.whole()) >= counts[-1]:
            for count in {counts[0], counts[-1]}:
                fitting(endpoint, [row.get("id").id() for row in found], count)
            return found
    raise SourceIncomplete(endpoint, f"a list of more than {MOST_PAGES} pages is too long to read")
