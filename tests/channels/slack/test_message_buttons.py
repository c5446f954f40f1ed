"""Buttons below digests: one reader's own, and nothing of the rest of the message changes."""

import json
from dataclasses import replace

import pytest

from tests.golden.alerts import ALERTS
from tests.golden.digests import DIGESTS
from tests.support.contents import posts_of
from tests.support.slack_cases import ENVELOPE, ROOM
from tests.support.slack_requests import button_rows
from worker.channels.slack.channel import open_slack
from worker.channels.slack.limits import check
from worker.channels.slack.webhook import SlackWebhookChannel
from worker.domain.delivery import READER
from worker.domain.schedule import Subscription
from worker.rendering.page.links import link

ENTRY = Subscription("room", "slack", ROOM, "pipeline", "en_GB", "Europe/Berlin")
HOOK = "https://hooks.slack.com/services/T/B/x"


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_a_digest_has_one_button_below_everything_else(name: str) -> None:
    digest = DIGESTS[name]
    plain, answered = posts_of(digest, ENTRY), posts_of(digest, ENTRY, answers=True)
    (row,) = button_rows(answered.posts[0])
    assert answered.posts[0]["blocks"][-1] is row
    assert answered.posts[0]["blocks"][:-1] == plain.posts[0]["blocks"]
    assert answered.posts[1:] == plain.posts[1:]
    assert [button["value"] for button in row["elements"]] == [READER]


@pytest.mark.parametrize("options", [{"token": "xoxb-1", "answers": "yes"}, {"webhook_url": HOOK, "answers": "yes"}])
async def test_the_button_names_its_reader(options: dict[str, str]) -> None:
    opened = open_slack(options)
    main = json.loads(opened.build(posts_of(DIGESTS["normal"], ENTRY, answers=True), ENVELOPE)[0].draft)
    assert [one["value"] for one in button_rows(main)[0]["elements"]] == [f"weekly-pipeline room|{ROOM}"]
    assert READER not in json.dumps(main)
    await opened.aclose()


async def test_the_name_of_a_deal_is_no_reader() -> None:
    """What stands for the reader is replaced in buttons alone."""
    opened = SlackWebhookChannel(HOOK, answers=True)
    posts = posts_of(DIGESTS["normal"], ENTRY, answers=True).posts
    named = {**posts[0], "text": READER}
    content = replace(posts_of(DIGESTS["normal"], ENTRY), posts=(named,))
    assert json.loads(opened.build(content, ENVELOPE)[0].draft)["text"] == READER
    await opened.aclose()


def button(**other: object) -> dict[str, object]:
    return {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "A"}, **other}


@pytest.mark.parametrize(
    ("elements", "said"),
    [
        ([], "0 elements, 1 to 25"),
        ([button()] * 2, "an action_id stands twice"),
        ([button(text={"type": "plain_text", "text": "x" * 76})], "text: 76 characters, 1 to 75"),
        ([button(value="x" * 2001)], "value: 2001 characters"),
        ([button(value="")], "value: 0 characters"),
        ([button(url="x" * 3001)], "url: 3001 characters"),
        ([button(accessibility_label="x" * 76)], "accessibility_label: 76 characters"),
        ([button(action_id="x" * 256)], "action_id: 256 characters"),
    ],
)
def test_limits_of_buttons_are_checked(elements: list[object], said: str) -> None:
    post = {"text": "x", "blocks": [{"type": "actions", "elements": elements}]}
    assert any(said in complaint for complaint in check(post)), check(post)


def test_a_good_row_of_buttons_passes() -> None:
    post = {"text": "x", "blocks": [{"type": "actions", "elements": [button(value="v", url="https://a.example/")]}]}
    assert check(post) == ()


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_every_alert_that_has_a_page_has_a_button_that_opens_it(name: str) -> None:
    """One of several is named to a screen reader."""
    (post,) = posts_of(ALERTS[name], replace(ENTRY, template="alert"), answers=True).posts
    rows = {row["block_id"].removeprefix("alert "): row["elements"] for row in button_rows(post)}
    pages = {one.fingerprint: one.facts.url for one in ALERTS[name].findings if one.fingerprint in rows}
    opens = {alert: button for alert, buttons in rows.items() for button in buttons if button["action_id"] == "open"}
    assert {alert: button["url"] for alert, button in opens.items()} == {
        alert: link(url) for alert, url in pages.items() if link(url)
    }
    if len(rows) > 1:
        assert [one for one in opens.values() if not one["accessibility_label"].startswith("Open: ")] == []
