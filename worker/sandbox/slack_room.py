"""What Slack stores: messages by channel with their ids, threads, metadata and files."""

import random
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

BOT = "B0SANDBOX"


@dataclass(frozen=True, slots=True)
class Post:
    """`ts` is Slack's id of a message, text that grows. `thread` is the parent's ts, None for a message in the channel
    itself.
    """

    channel: str
    ts: str
    body: Mapping[str, Any]
    thread: str | None = None
    files: tuple[Mapping[str, Any], ...] = ()

    def shown(self, *, metadata: bool) -> dict[str, Any]:
        """The message as the history lists it."""
        told: dict[str, Any] = {
            "type": "message",
            "ts": self.ts,
            "text": self.body.get("text", ""),
            "bot_id": BOT,
        }
        if "blocks" in self.body:
            told["blocks"] = self.body["blocks"]
        if self.thread:
            told["thread_ts"] = self.thread
        if self.files:
            told["files"] = list(self.files)
        if metadata and "metadata" in self.body:
            told["metadata"] = self.body["metadata"]
        return told


@dataclass
class UploadedFile:
    id: str
    name: str
    length: int
    body: bytes | None = None


@dataclass
class Room:
    """`posts` in order of arrival, duplicates included, so that a second post of the same message is visible."""

    now: Callable[[], datetime]
    posts: list[Post] = field(default_factory=list)
    files: dict[str, UploadedFile] = field(default_factory=dict)
    _last: int = 0
    _rng: random.Random = field(default_factory=lambda: random.Random(7))

    def add(
        self,
        channel: str,
        body: Mapping[str, Any],
        files: tuple[Mapping[str, Any], ...] = (),
        thread: str | None = None,
    ) -> Post:
        """If the channel is a person's id, it is the conversation with this person."""
        post = Post(home(channel), self._tick(), body, thread, files)
        self.posts.append(post)
        return post

    def expect(self, name: str, length: int) -> UploadedFile:
        file = UploadedFile(
            "F" + "".join(self._rng.choices(string.ascii_uppercase + string.digits, k=10)), name, length
        )
        self.files[file.id] = file
        return file

    def find(self, channel: str, ts: str) -> Post | None:
        return next((post for post in self.posts if post.channel == home(channel) and post.ts == ts), None)

    def history(self, channel: str) -> Iterator[Post]:
        """Newest first, without messages in threads."""
        return (post for post in reversed(self.posts) if post.channel == home(channel) and post.thread is None)

    def thread(self, channel: str, ts: str) -> Iterator[Post]:
        """The parent, then its replies, oldest first."""
        return (post for post in self.posts if post.channel == home(channel) and ts in {post.ts, post.thread})

    def _tick(self) -> str:
        micros = int(self.now().timestamp() * 1_000_000)
        self._last = max(micros, self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06}"


def home(channel: str) -> str:
    """The channel that stores posts to `channel`."""
    return "D" + channel[1:] if channel[:1] in {"U", "W"} else channel
