"""What every channel keeps to, whatever its receiver answers: over real sockets, through flow's `deliver`."""

import asyncio
import json
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest

from tests.domain.builders import THIS_WEEK
from tests.golden.digests import HOSTILE, NORMAL
from tests.support.contents import templates
from tests.support.many_readers import bundle, row
from tests.support.one_delivery import RecordingLedger, services_with
from tests.support.receivers import ADDRESSES, ANSWERS, BY_MAIL, LOCAL, NOBODY, Receiver, receiver
from worker.channels.sandbox.channel import SandboxChannels
from worker.channels.slack.channel import SlackChannel
from worker.domain.delivery import DeliveryKey, DeliveryState, Envelope, Part
from worker.domain.digest.model import Digest
from worker.domain.run import RunKey
from worker.domain.schedule import Subscription
from worker.flow.run.deliver import deliver
from worker.ports import Channel
from worker.ports.channels import Findable, Idempotent, Paced, RenderRequest
from worker.sandbox import names
from worker.sandbox.server import Sandbox
from worker.sandbox.slack_api import TOKEN

ENTRY = Subscription("r", "mail", "r@acme.example", "pipeline", "en_GB", "UTC")
SHORT = {
    "pipeline/email.subject.j2": "Pipeline",
    "pipeline/email.txt.j2": "Sent to {{ reader }}.",
    "pipeline/email.html.j2": "<p>Sent to {{ reader }}.</p>",
    "pipeline/slack.json.j2": '[{"text": "Pipeline"}]',
}
"""A message of one part on every channel."""

BOOKED: dict[str, tuple[DeliveryState, str]] = {
    "accepted": (DeliveryState.SENT, ""),
    "late": (DeliveryState.SENT, ""),
    "later": (DeliveryState.DEFERRED, ""),
    NOBODY: (DeliveryState.DEFERRED, ""),
    "silent before": (DeliveryState.DEFERRED, ""),
    "broken before": (DeliveryState.DEFERRED, ""),
    "broken within": (DeliveryState.UNKNOWN, ""),
    "silent within": (DeliveryState.UNKNOWN, ""),
    "silent after": (DeliveryState.UNKNOWN, ""),
    "broken after": (DeliveryState.UNKNOWN, ""),
    "unclear": (DeliveryState.UNKNOWN, ""),
    "address refused": (DeliveryState.REFUSED, "address"),
    "channel refused": (DeliveryState.REFUSED, "channel"),
    "message refused": (DeliveryState.REFUSED, ""),
}
"""What the ledger is told in each row, and what is suspended."""


REFUSALS = {booked for booked in BOOKED.values() if booked[0] is DeliveryState.REFUSED}
OF_AN_ADDRESS = {BOOKED["address refused"]}
NEVER: dict[str, set[tuple[DeliveryState, str]]] = {
    "slack webhook": OF_AN_ADDRESS,
    "webhook": OF_AN_ADDRESS,
    "apprise": REFUSALS | {BOOKED["later"]},
    "file": REFUSALS,
    "console": REFUSALS,
}
"""What a channel never says: a webhook is its own address, and Apprise cannot tell one refusal from another."""

UNPACED = {*BY_MAIL, *LOCAL, "webhook", "apprise"}
ONCE = {"webhook", "file"}
"""Their receiver takes a part once under one key."""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apprise's own HTTP client goes through the proxy of the environment."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


async def brought(kind: str, given: str, one: Receiver) -> tuple[DeliveryState | None, RecordingLedger]:
    entry = replace(ENTRY, address=ADDRESSES[kind])
    shared, told = services_with(one.channel, row(0, entry), bundle([entry], SHORT))
    bringing = asyncio.create_task(deliver(shared, told.given.key))
    if given == "late":
        await one.waiting()
        assert not bringing.done()
        one.release()
    return await bringing, told


@pytest.mark.parametrize(("kind", "given", "answer"), ANSWERS)
async def test_an_answer_is_booked_alike_on_every_channel(kind: str, given: str, answer: Any) -> None:
    async with receiver(kind, given, answer) as one:
        state, told = await brought(kind, given, one)
        begun = one.begun()
    suspended = told.calls["suspension"][0].split(" ")[0] if "suspension" in told.calls else ""
    assert (state, suspended) == BOOKED[given]
    assert begun <= 1
    assert begun == 1 or state not in {DeliveryState.SENT, DeliveryState.UNKNOWN}


@pytest.mark.parametrize("kind", ADDRESSES)
def test_every_channel_has_an_answer_of_each_class(kind: str) -> None:
    told = {BOOKED[given] for one, given, _ in ANSWERS if one == kind}
    assert {*BOOKED.values()} - told == NEVER.get(kind, set())


def envelope(kind: str, schedule: str = "weekly") -> Envelope:
    address = ADDRESSES[kind]
    return Envelope(DeliveryKey(RunKey.parse(f"{schedule}@2026-11-16T08:00:00Z"), f"r|{address}"), address, THIS_WEEK)


def built(channel: Channel[Any], kind: str, digest: Digest = NORMAL, schedule: str = "weekly") -> tuple[Part, ...]:
    request = RenderRequest(digest, replace(ENTRY, address=ADDRESSES[kind]))
    return channel.build(channel.content(request, templates(None)), envelope(kind, schedule))


def shown(kind: str, parts: tuple[Part, ...]) -> tuple[str, str]:
    """The line that names a message and its whole text, from the bytes that are sent."""
    if kind in BY_MAIL:
        mail = message_from_bytes(parts[0].draft, policy=policy.default)
        [html] = [part for part in mail.walk() if part.get_content_type() == "text/html"]
        return str(mail["Subject"]), str(html.get_content())
    if kind == "console":
        return parts[0].draft.decode().splitlines()[1], parts[0].draft.decode()
    posts = [json.loads(part.draft) for part in parts]
    if kind in {"webhook", "file"}:
        return posts[0]["data"]["subject"], json.dumps(posts[0])
    if kind == "apprise":
        return posts[0]["title"], posts[0]["body"]
    return posts[0]["text"], json.dumps([{k: post[k] for k in ("text", "blocks")} for post in posts])


@pytest.mark.parametrize("kind", ADDRESSES)
@pytest.mark.parametrize("digest", [NORMAL, HOSTILE], ids=["normal", "hostile"])
async def test_a_preview_is_what_is_sent(kind: str, digest: Digest) -> None:
    async with receiver(kind, NOBODY, None) as one:
        request = RenderRequest(digest, replace(ENTRY, address=ADDRESSES[kind]))
        preview = one.channel.preview(one.channel.content(request, templates(None)), ADDRESSES[kind])
        subject, text = shown(kind, built(one.channel, kind, digest))
    if kind in {*BY_MAIL, "console", "apprise"}:
        assert (preview.subject, preview.text.splitlines()) == (subject, text.splitlines())
    else:
        assert (preview.subject, json.loads(preview.text)) == (subject, json.loads(text))


@pytest.mark.parametrize("kind", ADDRESSES)
async def test_a_message_is_the_same_in_every_try_and_tells_its_delivery(kind: str) -> None:
    async with receiver(kind, NOBODY, None) as one, receiver(kind, NOBODY, None) as again:
        first, second = built(one.channel, kind), built(again.channel, kind)
        assert first == second
        assert one.channel.seal(first[0], []) == again.channel.seal(second[0], [])
        other = built(one.channel, kind, schedule="monthly")
        told = [(first[0], envelope(kind)), (second[0], envelope(kind)), (other[0], envelope(kind, "monthly"))]
    if isinstance(one.channel, Idempotent):
        keys = [one.channel.idempotency_key(*about) for about in told]
        assert keys[0] == keys[1] != keys[2]
    else:
        differs = first[0].draft != other[0].draft
        assert differs is (kind not in {"slack webhook", "apprise", "console"})  # whose messages carry no id


@pytest.mark.parametrize("kind", ADDRESSES)
async def test_the_key_of_a_pace_is_shared_by_those_who_wait_for_each_other_and_tells_no_secret(kind: str) -> None:
    async with receiver(kind, NOBODY, None) as one:
        if kind in UNPACED:
            assert not isinstance(one.channel, Paced)
            return
        assert isinstance(one.channel, Paced)
        key, seconds = one.channel.pace(ADDRESSES[kind])
        assert (key, seconds) == one.channel.pace(ADDRESSES[kind])
        assert seconds > 0
        assert "secret" not in key


@pytest.mark.parametrize("kind", ["slack token", "sandbox posts"])
async def test_a_receiver_that_can_be_asked_finds_what_came_and_nothing_else(kind: str) -> None:
    async with Sandbox(now=lambda: THIS_WEEK, names=names.HOSTILE) as box:
        group = SandboxChannels(box.describe())
        channel = SlackChannel(TOKEN, box.slack_url) if kind == "slack token" else group.channel("slack")
        assert isinstance(channel, Findable)
        part = built(channel, kind)[0]
        assert await channel.find(part, envelope(kind)) is None
        twice = [await channel.send(part, channel.seal(part, []), envelope(kind)) for _ in range(2)]
        assert await channel.find(part, envelope(kind)) in twice
        assert await channel.find(built(channel, kind, schedule="monthly")[0], envelope(kind, "monthly")) is None
        await channel.aclose()


@pytest.mark.parametrize("kind", [kind for kind in ADDRESSES if kind not in {"slack token", "sandbox posts"}])
async def test_a_receiver_that_nobody_can_ask_is_not_asked(kind: str) -> None:
    async with receiver(kind, NOBODY, None) as one:
        assert not isinstance(one.channel, Findable)
        assert isinstance(one.channel, Idempotent) is (kind in ONCE)
