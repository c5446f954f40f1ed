"""Posts as a page: every golden post is shown whole, and no text of others is markup."""

import json
from pathlib import Path

import pytest

from worker.channels.slack.shown_posts import shown_posts

GOLDEN = sorted((Path(__file__).parents[2] / "golden" / "slack").glob("*.json"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_text_of_a_post_is_shown(path: Path) -> None:
    posts = json.loads(path.read_text("utf-8"))
    listed = posts if isinstance(posts, list) else [posts]
    page = shown_posts(listed)
    assert page.count("<section>") == len(listed)
    assert "<script" not in page
    assert "data_visualization" not in page


def test_what_is_escaped_for_slack_is_shown_as_slack_shows_it() -> None:
    escaped = {"type": "plain_text", "text": "Tallis &amp; Rowe &lt;b&gt;"}
    plain = {"type": "text", "text": "R&amp;D"}
    blocks = [
        {"type": "header", "text": escaped},
        {"type": "context", "elements": [escaped | {"type": "mrkdwn"}]},
        {"type": "actions", "elements": [{"type": "button", "text": escaped}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [plain]}]},
    ]
    page = shown_posts([{"text": "", "blocks": blocks}])
    assert page.count("Tallis &amp; Rowe &lt;b&gt;") == 3
    assert "R&amp;amp;D" in page


def test_texts_of_others_are_escaped_and_only_web_addresses_are_links() -> None:
    bad = "<script>alert(1)</script>"
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": bad}},
        {"type": "context", "elements": [{"type": "plain_text", "text": bad}]},
        {"type": "section", "text": {"type": "mrkdwn", "text": f"{bad}\nsecond"}, "fields": [{"text": bad}]},
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "link", "url": "javascript:x", "text": bad}]},
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": bad}]},
                {"type": "rich_text_list", "elements": [{"elements": [{"url": 'https://a.example/"x', "text": "a"}]}]},
            ],
        },
        {"type": "actions", "elements": [{"type": "button", "text": {"text": bad}}]},
        {"type": "table", "rows": [[{"type": "raw_text", "text": bad}]]},
        {"type": "divider"},
        {"type": bad},
    ]
    page = shown_posts([{"text": bad, "blocks": blocks}, {"text": bad}])
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 10
    assert "javascript" not in page
    assert 'href="https://a.example/&#34;x"' in page
