"""A stand-in for Close with one very long list, whose answers are made from numbers and kept nowhere.

python -m benchmarks.long_list; GET /shown/2000/7 makes it 2,000 rows long, of which one in a hundred has version 7.
"""

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlsplit

from benchmarks.ground import say

PIPELINE, STAGES, PEOPLE = "pipe_long", 6, 40
ONE_IN = 100


def _deal(number: int, version: int) -> dict[str, object]:
    stage, owner = number % STAGES, number * 7 % PEOPLE
    value = 1_000 * (number % 977) + (version if number % ONE_IN == 0 else 0)
    return {
        "id": f"oppo_{number:024d}",
        "lead_id": f"lead_{number * 31:024d}",
        "lead_name": f"Customer {number * 48_271 % 2_147_483_647}",
        "user_id": f"user_{owner:024d}",
        "user_name": f"Person {owner}",
        "pipeline_id": PIPELINE,
        "status_id": f"stat_{stage}",
        "status_label": f"Stage {stage}",
        "status_type": "active",
        "value": value,
        "value_period": "one_time",
        "value_currency": "EUR",
        "annualized_value": value,
        "confidence": 10 * (number % 10),
        "date_created": f"2026-{1 + number % 9:02d}-{1 + number % 28:02d}T{number % 24:02d}:00:{number % 60:02d}+00:00",
        "date_updated": f"2026-10-{1 + number % 28:02d}T08:00:00+00:00",
        "date_won": f"2027-{1 + number % 12:02d}-{1 + number % 28:02d}",
        "date_lost": None,
        "is_stalled": number % 5 == 0,
    }


def _answer(path: str, asked: dict[str, list[str]], rows: int, version: int) -> dict[str, object]:
    statuses = [{"id": f"stat_{one}", "label": f"Stage {one}", "type": "active"} for one in range(STAGES)]
    if path == "/me/":
        return {"organizations": [{"id": "orga_long", "currency": "EUR"}]}
    if path == "/opportunity/":
        skip = int(asked["_skip"][0])
        end = min(rows, skip + int(asked["_limit"][0]))
        data = [_deal(number, version) for number in range(skip, end)]
        return {"data": data, "has_more": end < rows, "total_results": rows}
    lists: dict[str, list[dict[str, object]]] = {
        "/pipeline/": [{"id": PIPELINE, "name": "Long", "organization_id": "orga_long", "statuses": statuses}],
        "/status/opportunity/": [dict(one) for one in statuses],
        "/user/": [
            {"id": f"user_{one:024d}", "first_name": "Person", "last_name": str(one), "email": f"p{one}@acme.example"}
            for one in range(PEOPLE)
        ],
    }
    return {"data": lists[path], "has_more": False}


class LongList:
    def __init__(self) -> None:
        self._rows = self._version = 0

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                writer.write(self._said(head.split(" ", 2)[1]))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _said(self, target: str) -> bytes:
        parts = urlsplit(target)
        if parts.path.startswith("/shown/"):
            self._rows, self._version = map(int, parts.path.split("/")[2:])
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        body = json.dumps(_answer(parts.path, parse_qs(parts.query), self._rows, self._version)).encode()
        return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


async def serve() -> None:
    server = await asyncio.start_server(LongList().connection, "127.0.0.1", 0)
    say({"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"})
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
