"""A message for readers has words: no id of a query, no metric's code and no name of a parameter, whatever the source,
channel, state and language. A notice to the operator may name what the definitions name.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.golden import states, two_mondays
from tests.rendering.test_templates import ENTRY
from tests.support.contents import mail_of, posts_of
from worker.domain.digest.model import Digest
from worker.domain.schedule import Schedule, Subscription

GOLDEN = Path(__file__).parent
CODE = re.compile(r"(?<![\w/.@%-])[a-z][a-z0-9]*(?:[_.][a-z0-9]+)*_[a-z0-9]+(?:[_.][a-z0-9]+)*(?![\w/])")
ADDRESS = re.compile(r"https?://\S+")
PRINTED = frozenset({"text", "alt_text", "title", "label", "fallback", "y_label"})
"""Keys of a post whose texts a reader sees."""

HOSTILE = frozenset({"oppo_5"})
"""A deal without any name that can be seen is called by its id."""

MARK = "zq"
"""What every query's id begins with in these tests."""


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._styled = False

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._styled = tag == "style"

    def handle_endtag(self, _tag: str) -> None:
        self._styled = False

    def handle_data(self, data: str) -> None:
        if not self._styled:
            self.words.append(data)


def words_of(html: str) -> str:
    parser = _Words()
    parser.feed(html)
    return " ".join(parser.words)


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key in PRINTED and isinstance(one, str):
                yield one
            yield from texts_of(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts_of(one)


def codes(text: str) -> set[str]:
    return set(CODE.findall(ADDRESS.sub(" ", text))) - HOSTILE


def printed(path: Path) -> str:
    text = path.read_text("utf-8")
    if path.suffix == ".html":
        return words_of(text)
    return "\n".join(texts_of(json.loads(text))) if path.suffix == ".json" else text


def test_a_code_is_seen() -> None:
    assert codes("count_total_won and lcp_ms.p75, of https://a.example/x_y") == {"count_total_won", "lcp_ms.p75"}
    assert words_of("<style>.a_b{}</style><p title='c_d'>e_f</p>").strip() == "e_f"


@pytest.mark.parametrize("folder", ["email", "slack", "alert", "weeks"])
def test_no_stored_message_has_a_code(folder: str) -> None:
    found = {path.name: codes(printed(path)) for path in sorted((GOLDEN / folder).iterdir())}
    assert len(found) >= 6
    assert {name: seen for name, seen in found.items() if seen} == {}


def _marked(plan: Schedule) -> Schedule:
    """The same schedule, with ids that stand out."""
    return replace(
        plan,
        report=tuple(replace(item, id=f"{MARK}{item.id}") for item in plan.report),
        bridge=plan.bridge and f"{MARK}{plan.bridge}",
        key=plan.key and f"{MARK}{plan.key}",
    )


def messages(digest: Digest, entry: Subscription) -> Iterator[tuple[str, str]]:
    mail, posts = mail_of(digest, entry), posts_of(digest, entry)
    yield "subject", mail.subject
    yield "text", mail.text
    yield "html", words_of(mail.html)
    yield "posts", "\n".join(texts_of(list(posts.posts)))


@pytest.mark.parametrize("name", sorted(two_mondays.FILES))
async def test_no_message_has_an_id_of_a_query_or_a_code(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = two_mondays.schedule
    monkeypatch.setattr(two_mondays, "schedule", lambda *place: _marked(named(*place)))
    for state, digest in (await states.states(name, tmp_path)).items():
        assert all(line.query_id.startswith(MARK) for line in digest.sources)
        for locale in ("en_GB", "de_DE"):
            for part, text in messages(digest, replace(ENTRY, locale=locale)):
                assert text
                assert not re.findall(rf"(?i)\b{MARK}\w+", text), (state, locale, part)
                assert not codes(text), (state, locale, part)
