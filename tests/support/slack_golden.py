"""The Slack posts of every hand-built digest, as files to be read: `python -m tests.support.slack_golden` writes them.

One block a line, so that a change shows where it is.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.golden.digests import DIGESTS
from tests.support.contents import posts_of
from worker.channels.slack.content import SlackContent
from worker.domain.delivery import Attachment
from worker.domain.digest.model import Digest
from worker.domain.schedule import Subscription

FOLDER = Path(__file__).parents[1] / "golden" / "slack"
CASES = [*((name, "en_GB") for name in DIGESTS), ("normal", "de_DE")]


def rendered(digest: Digest, locale: str = "en_GB", files: tuple[Attachment, ...] = ()) -> SlackContent:
    entry = Subscription("room", "slack", "C0123456789", "pipeline", locale, "Europe/Berlin")
    return posts_of(digest, entry, files)


def printed(posts: tuple[Mapping[str, Any], ...]) -> str:
    """A JSON list of posts, each block on a line of its own."""
    return "[\n" + ",\n".join("\n".join(_lines(post)) for post in posts) + "\n]\n"


def _lines(post: Mapping[str, Any]) -> Iterator[str]:
    yield f'{{"text": {_json(post["text"])}, "blocks": ['
    yield ",\n".join(f"  {_json(block)}" for block in post["blocks"])
    yield "]}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, locale in CASES:
        (FOLDER / f"{name}.{locale}.json").write_text(printed(rendered(DIGESTS[name], locale).posts), "utf-8")


if __name__ == "__main__":
    main()
