"""A stand-in for Slack's Web API and incoming webhooks: the part that a sender of digests uses.

https://docs.slack.dev/reference/methods ; a refused method answers HTTP 200 with "ok": false, a refused webhook answers
a text body with an HTTP status.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from worker.sandbox.outbox import Outbox
from worker.sandbox.slack_limits import refusal
from worker.sandbox.slack_room import Post, Room, home

TOKEN = "xoxb-sandbox"  # noqa: S105  # opens nothing but this stand-in
WEBHOOK = "/slack/services/T0SANDBOX/B0SANDBOX/only-on-loopback"
ROOT = "/slack/api"
HOOKS = "/slack/hooks"
"""The addresses to which answers of commands and clicks are posted are below it. The caller chooses the last part of
the path.
"""

ANSWERS = 5
"""How often one of these addresses may be used."""

_CHANNEL = re.compile(r"[CGDUW][A-Z0-9]{2,20}")
_WEBHOOK_STATUS = {"no_service": 404, "no_active_hooks": 404, "channel_is_archived": 410, "action_prohibited": 403}

Arguments = Mapping[str, Any]


class SlackRefusal(Exception):
    """`error` is Slack's own string."""

    def __init__(self, error: str, detail: str = "") -> None:
        self.error = error
        self.detail = detail
        super().__init__(error)


class SlackStandIn:
    """Every channel exists except those in `unknown`. If `bot_reads_threads` is false, bots may not call
    conversations.replies. `answered`: what was posted to each response_url, by the last word of its path.

    `webhook_error`: what the incoming webhook answers instead of ok.
    """

    def __init__(self, room: Room, outbox: Outbox, upload_url: Callable[[], str]) -> None:
        self.room = room
        self.unknown: set[str] = set()
        self.bot_reads_threads = True
        self.webhook_error: str | None = None
        self.answered: dict[str, list[Mapping[str, Any]]] = {}
        self._outbox = outbox
        self._upload_url = upload_url

    def routes(self) -> list[Route]:
        methods: dict[str, Callable[[Arguments, bytes], dict[str, Any]]] = {
            "auth.test": self.auth_test,
            "chat.postMessage": self.post_message,
            "conversations.history": self.history,
            "conversations.replies": self.replies,
            "conversations.open": self.open,
            "files.getUploadURLExternal": self.upload_url,
            "files.completeUploadExternal": self.complete,
        }
        return [
            *(
                Route(f"{ROOT}/{name}", partial(self._call, method), methods=["GET", "POST"])
                for name, method in methods.items()
            ),
            Route("/slack/upload/{id}", self.upload, methods=["POST"]),
            Route("/slack/services/{team}/{bot}/{secret}", self.webhook, methods=["POST"]),
            Route(f"{HOOKS}/{{name}}", self.reply, methods=["POST"]),
        ]

    async def _call(self, method: Callable[[Arguments, bytes], dict[str, Any]], request: Request) -> Response:
        raw = await request.body()
        try:
            arguments = _arguments(request, raw)
            _authorised(request)
            told = {"ok": True, **method(arguments, raw)}
        except SlackRefusal as refused:
            told = {"ok": False, "error": refused.error}
            if refused.detail:
                told["response_metadata"] = {"messages": [f"[ERROR] {refused.detail}"]}
        return Response(json.dumps(told).encode(), 200, {}, "application/json; charset=utf-8")

    def auth_test(self, _given: Arguments, _raw: bytes) -> dict[str, Any]:
        return {"url": "https://acme.slack.example/", "team": "Acme", "team_id": "T0SANDBOX", "user_id": "U0SANDBOX"}

    def post_message(self, given: Arguments, raw: bytes) -> dict[str, Any]:
        channel = self._channel(given)
        _checked(given)
        thread = given.get("thread_ts")
        if thread is not None and self.room.find(channel, str(thread)) is None:
            raise SlackRefusal("thread_not_found")
        post = self.room.add(channel, given, thread=thread)
        self._outbox.keep("slack", channel, raw, self.room.now(), {"channel": post.channel, "ts": post.ts} | _in(post))
        return {"channel": post.channel, "ts": post.ts, "message": post.shown(metadata=True)}

    def history(self, given: Arguments, _raw: bytes) -> dict[str, Any]:
        return _listed(list(self.room.history(self._channel(given))), given)

    def replies(self, given: Arguments, _raw: bytes) -> dict[str, Any]:
        channel = self._channel(given)
        if not self.bot_reads_threads and home(channel)[0] != "D":
            raise SlackRefusal("missing_scope")
        parent = str(given.get("ts", ""))
        if self.room.find(channel, parent) is None:
            raise SlackRefusal("thread_not_found")
        return _listed(list(self.room.thread(channel, parent)), given)

    def open(self, given: Arguments, _raw: bytes) -> dict[str, Any]:
        return {"channel": {"id": home(self._channel({"channel": given.get("users")}))}}

    def upload_url(self, given: Arguments, _raw: bytes) -> dict[str, Any]:
        length = str(given.get("length", ""))
        if not given.get("filename") or not length.isdecimal() or int(length) == 0:
            raise SlackRefusal("missing_argument")
        file = self.room.expect(str(given["filename"]), int(length))
        return {"upload_url": f"{self._upload_url()}/slack/upload/{file.id}", "file_id": file.id}

    async def upload(self, request: Request) -> Response:
        file = self.room.files.get(request.path_params["id"])
        body = await request.body()
        if file is None or len(body) != file.length:
            return PlainTextResponse("bad upload", 400)
        file.body = body
        return PlainTextResponse(f"OK - {len(body)}")

    def complete(self, given: Arguments, _raw: bytes) -> dict[str, Any]:
        asked = given.get("files")
        if not isinstance(asked, list) or not asked:
            raise SlackRefusal("missing_argument")
        channel = self._channel({"channel": given.get("channel_id")})
        shown = tuple(self._shown(entry) for entry in asked)
        thread = given.get("thread_ts")
        post = self.room.add(channel, {"text": given.get("initial_comment", "")}, shown, thread)
        for entry in shown:
            file = self.room.files.pop(entry["id"])
            meta = {"channel": post.channel, "ts": post.ts, "title": str(entry["title"])} | _in(post)
            self._outbox.keep("upload", file.name, file.body or b"", self.room.now(), meta)
        return {"files": list(shown)}

    def _shown(self, entry: Any) -> Mapping[str, Any]:
        file = self.room.files.get(str(entry.get("id"))) if isinstance(entry, Mapping) else None
        if file is None or file.body is None:
            raise SlackRefusal("file_not_found")
        return {"id": file.id, "name": file.name, "title": entry.get("title") or file.name}

    async def webhook(self, request: Request) -> Response:
        """The webhook posts to one channel, without a token. Its answer contains no ts."""
        error = "no_service" if request.url.path != WEBHOOK else self.webhook_error
        raw = await request.body()
        if error is None:
            try:
                given = json.loads(raw)
                _checked(given if isinstance(given, Mapping) else {})
            except ValueError:
                error = "invalid_payload"
            except SlackRefusal as refused:
                error = refused.error
        if error is not None:
            return PlainTextResponse(error, _WEBHOOK_STATUS.get(error, 400))
        post = self.room.add("C0WEBHOOK", given)
        self._outbox.keep("slack", "webhook", raw, self.room.now(), {"channel": post.channel, "ts": post.ts})
        return PlainTextResponse("ok")

    async def reply(self, request: Request) -> Response:
        """An answer to a command or a click, later than with the request."""
        said = self.answered.setdefault(request.path_params["name"], [])
        if len(said) >= ANSWERS:
            return Response(b'{"ok":false,"error":"used_url"}', 404, {}, "application/json")
        try:
            given = json.loads(await request.body())
            _checked(given if isinstance(given, Mapping) else {})
        except ValueError:
            return PlainTextResponse("invalid_payload", 400)
        except SlackRefusal as refused:
            return Response(json.dumps({"ok": False, "error": refused.error}).encode(), 404, {}, "application/json")
        said.append(given)
        return PlainTextResponse("ok")

    def _channel(self, given: Arguments) -> str:
        channel = given.get("channel")
        if not isinstance(channel, str) or not _CHANNEL.fullmatch(channel) or channel in self.unknown:
            raise SlackRefusal("channel_not_found")
        return channel


def _authorised(request: Request) -> None:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token != TOKEN:
        raise SlackRefusal("invalid_auth" if token else "not_authed")


def _in(post: Post) -> dict[str, str]:
    return {"thread": post.thread} if post.thread else {}


def _checked(given: Arguments) -> None:
    problem = refusal(given)
    if problem is not None:
        raise SlackRefusal(*problem)


def _arguments(request: Request, raw: bytes) -> Arguments:
    """The arguments from the query, or from a JSON body."""
    if request.method == "GET" or not raw:
        return dict(request.query_params)
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise SlackRefusal("invalid_post_type", "this stand-in reads JSON bodies only")
    try:
        given = json.loads(raw)
    except ValueError:
        raise SlackRefusal("invalid_json") from None
    if not isinstance(given, Mapping):
        raise SlackRefusal("json_not_object")
    return given


def _listed(posts: Iterable[Post], given: Arguments) -> dict[str, Any]:
    """One page: `oldest` and `latest` (excluded unless `inclusive`), `limit`, `cursor`."""
    inclusive = str(given.get("inclusive", "")).lower() in {"true", "1"}
    low, high = _number(given, "oldest", "0"), _number(given, "latest", "99999999999")
    found = [post for post in posts if _between(low, float(post.ts), high, inclusive=inclusive)]
    limit, start = int(_number(given, "limit", "100")), int(_number(given, "cursor", "next:0"))
    more = start + limit < len(found)
    metadata = str(given.get("include_all_metadata", "")).lower() in {"true", "1"}
    return {
        "messages": [post.shown(metadata=metadata) for post in found[start : start + limit]],
        "has_more": more,
        "response_metadata": {"next_cursor": f"next:{start + limit}" if more else ""},
    }


def _number(given: Arguments, name: str, default: str) -> float:
    text = str(given.get(name) or default).removeprefix("next:")
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", text):
        raise SlackRefusal(f"invalid_{name}" if name in {"cursor", "limit"} else f"invalid_ts_{name}")
    return float(text)


def _between(low: float, at: float, high: float, *, inclusive: bool) -> bool:
    return low <= at <= high if inclusive else low < at < high
