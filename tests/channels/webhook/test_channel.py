"""What a webhook's receiver is given, and what becomes of its answers: against a receiver on a real socket."""

import base64
import logging
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from standardwebhooks import Webhook

from tests.domain.builders import THIS_WEEK
from tests.golden.digests import HOSTILE, NORMAL
from tests.support.contents import templates
from tests.support.scripted_http import Asked, Said, Scripted, scripted
from worker.channels.webhook.channel import WEBHOOK, WebhookChannel, open_webhook
from worker.domain.delivery import Attachment, DeliveryKey, Envelope, Receipt
from worker.domain.digest.model import Digest
from worker.domain.run import RunKey
from worker.domain.schedule import Subscription
from worker.errors import DeliveryDeferred, DeliveryError, DeliveryRefused, DeliveryUncertain, RenderError, RequestError
from worker.ports.channels import RenderRequest

OLD, NEW = (f"whsec_{base64.b64encode(letter * 32).decode()}" for letter in (b"o", b"n"))
ENTRY = Subscription("hook", "hook", None, "pipeline", "en_GB", "Europe/Berlin")
ENVELOPE = Envelope(DeliveryKey(RunKey.parse("weekly@2026-11-16T08:00:00Z"), "hook|webhook"), "webhook", THIS_WEEK)
HIDDEN, KEY = "only-we-know", "abcdefgh"


class Hook:
    """A receiver that says what `said` holds, in turn, and then that all is well."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.server: Scripted

    def answer(self, _: Asked) -> Said:
        return self.said.pop(0) if self.said else Said({})


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    made = Hook()
    async with scripted(made.answer) as server:
        made.server = server
        yield made


async def sent(hook: Hook, digest: Digest = NORMAL, **options: str) -> Receipt:
    """One try of one delivery."""
    channel = open_webhook({"url": f"{hook.server.url}/{HIDDEN}", "secret": NEW} | options)
    return await hand_over(channel, digest)


async def hand_over(channel: WebhookChannel, digest: Digest, entry: Subscription = ENTRY) -> Receipt:
    try:
        content = channel.content(RenderRequest(digest, entry), templates(TEAMS if entry is not ENTRY else None))
        [part] = channel.build(content, ENVELOPE)
        return await channel.send(part, channel.seal(part, []), ENVELOPE)
    finally:
        await channel.aclose()


TEAMS = {"teams/webhook.json.j2": '{"type": "message", "text": {{ page.subject|tojson }}, "to": "{{ reader }}"}'}


async def test_a_message_is_signed_and_verified_by_the_specifications_own_library(hook: Hook) -> None:
    assert await sent(hook) == Receipt("HTTP 200")
    [asked] = hook.server.asked
    told = Webhook(NEW).verify(asked.body, dict(asked.headers))
    assert (told["type"], told["timestamp"]) == ("digest", "2026-11-16T08:00:00Z")
    assert told["data"]["subject"].startswith("€1,274,500 open")
    assert asked.headers["content-type"] == "application/json; charset=utf-8"
    assert "authorization" not in asked.headers


async def test_while_a_secret_is_changed_both_sign(hook: Hook) -> None:
    await sent(hook, secret=NEW, secret_previous=OLD, authorization="Bearer abc")
    [asked] = hook.server.asked
    for secret in (OLD, NEW):
        Webhook(secret).verify(asked.body, dict(asked.headers))
    assert asked.headers["authorization"] == "Bearer abc"


def identity(instant: datetime) -> datetime:
    return instant


async def test_every_try_has_the_same_id_and_bytes_and_the_time_of_its_own(hook: Hook) -> None:
    at = datetime.now(UTC)
    for now in (at, at + timedelta(minutes=3)):
        await hand_over(open_webhook({"url": hook.server.url, "secret": NEW}, partial(identity, now)), NORMAL)
    first, second = hook.server.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == f"msg_{ENVELOPE.key.digest}"
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 180


async def test_files_go_along_and_a_reader_is_named_in_the_text(hook: Hook) -> None:
    channel = open_webhook({"url": hook.server.url, "secret": NEW})
    request = RenderRequest(NORMAL, ENTRY, (Attachment("deals.csv", "text/csv", b"a,b\r\n"),))
    [part] = channel.build(channel.content(request, templates(None)), ENVELOPE)
    await channel.send(part, part.draft, ENVELOPE)
    await channel.aclose()
    data = hook.server.asked[0].json["data"]
    assert data["files"] == [{"name": "deals.csv", "media_type": "text/csv", "base64": "YSxiDQo="}]
    assert "Sent to webhook" in data["text"]
    assert "READER" not in str(data)


async def test_hostile_names_are_one_line_each_and_turn_nothing(hook: Hook) -> None:
    await sent(hook, HOSTILE)
    body = hook.server.asked[0].body.decode()
    assert not {"\u202e", "\u2066", "\x1b"} & set(body)
    assert "\\u001b" not in body


async def test_a_project_may_shape_the_body_itself(hook: Hook) -> None:
    channel = open_webhook({"url": hook.server.url, "signature": "none", "body": "template"})
    await hand_over(channel, NORMAL, replace(ENTRY, template="teams"))
    [asked] = hook.server.asked
    assert asked.json == {"type": "message", "text": asked.json["text"], "to": "webhook"}
    assert asked.json["text"].startswith("€1,274,500 open")
    assert asked.headers["webhook-id"] == f"msg_{ENVELOPE.key.digest}"
    assert "webhook-signature" not in asked.headers


async def test_a_message_past_the_limit_is_no_message(hook: Hook) -> None:
    channel = open_webhook({"url": hook.server.url, "secret": NEW})
    request = RenderRequest(NORMAL, ENTRY, (Attachment("deals.csv", "text/csv", b"x" * 4_000_000),))
    with pytest.raises(RenderError, match="past the limit of 5000000"):
        channel.build(channel.content(request, templates(None)), ENVELOPE)
    await channel.aclose()


REDIRECT = Said(None, 302, {"location": "https://elsewhere.example"})
ANSWERS = [
    (Said("why", 400), DeliveryRefused, None),
    (Said("", 410), DeliveryRefused, "channel"),
    (REDIRECT, DeliveryRefused, None),
    (Said("", 429, {"retry-after": "17"}), DeliveryDeferred, 17.0),
    (Said("", 429, {"retry-after": "99999999999"}), DeliveryDeferred, 86_400.0),
    (Said("", 503, {"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}), DeliveryDeferred, 0.0),
    (Said("", 503, {"retry-after": "soon"}), DeliveryDeferred, None),
    (Said("", 502, {"retry-after": "3"}), DeliveryDeferred, 3.0),
    (Said("", 500), DeliveryUncertain, None),
]


@pytest.mark.parametrize(("said", "kind", "more"), ANSWERS)
async def test_an_answer_has_its_class(
    hook: Hook, said: Said, kind: type[DeliveryError], more: str | float | None
) -> None:
    hook.said = [said]
    with pytest.raises(kind) as raised:
        await sent(hook)
    error = raised.value
    assert error.problem.startswith(f"HTTP {said.status}")
    if isinstance(error, DeliveryRefused):
        assert error.suspend == more
    if isinstance(error, DeliveryDeferred):
        assert error.retry_after == more


async def test_what_a_receiver_repeats_of_url_and_secrets_is_in_no_error_and_no_log(
    hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hook.said = [Said(f"who sent {NEW} to /{HIDDEN} with Bearer {KEY}?", 400)]
    with pytest.raises(DeliveryRefused) as refused:
        await sent(hook, authorization=f"Bearer {KEY}")
    told = "".join(traceback.format_exception(refused.value)) + caplog.text
    assert not [secret for secret in (NEW, HIDDEN, KEY) if secret in told]
    assert "who sent *** to" in refused.value.problem


async def test_a_host_inside_the_network_is_refused_and_the_channel_stays_away_from_it() -> None:
    channel = open_webhook({"url": "https://${HOST}/in".replace("${HOST}", "127.1"), "secret": NEW})
    with pytest.raises(DeliveryRefused, match="not public") as refused:
        await hand_over(channel, NORMAL)
    assert refused.value.suspend == "channel"


async def test_a_secret_that_is_none_is_found_when_it_is_needed_and_by_doctor(hook: Hook) -> None:
    """A message is also built where no secret is known: for a preview, a replay, a dry run."""
    channel = open_webhook({"url": hook.server.url, "secret": "https://nowhere.invalid/nothing"})
    with pytest.raises(RequestError, match="expected whsec_") as refused:
        await channel.check([])
    assert "nowhere" not in str(refused.value)
    with pytest.raises(RequestError, match="expected whsec_"):
        await hand_over(channel, NORMAL)
    assert hook.server.asked == []


async def test_doctor_sends_nothing(hook: Hook) -> None:
    channel = open_webhook({"url": hook.server.url, "secret": NEW, "secret_previous": OLD})
    assert await channel.check([]) == "signs with 2 secrets; its host has 1 address; nothing was sent"
    await channel.aclose()
    assert hook.server.asked == []


FAULTS = [
    ({"url": "${URL}"}, "`type: webhook` without `secret`"),
    ({"url": "${URL}", "secret": "${S}", "signature": "none"}, "`secret` beside `signature`"),
    ({"url": "${URL}", "signature": "no"}, "`signature` with 'no'"),
    ({"url": "${URL}", "secret": "${S}", "private": "true"}, "`private` with 'true'"),
    ({"url": "${URL}", "signature": "none", "secret_previous": "${S}"}, "`secret_previous` without `secret`"),
    ({"url": "http://hooks.acme.example", "secret": "${S}"}, "`url` with http:// to another machine"),
    ({"url": "https://10.0.0.5/in", "secret": "${S}"}, "`url` with the host's address 10.0.0.5, which is not public"),
]


@pytest.mark.parametrize(("options", "found"), FAULTS)
def test_options_that_do_not_go_together_are_named(options: dict[str, str], found: str) -> None:
    assert [fault.found for fault in WEBHOOK.faults(options)] == [found]


def test_options_that_go_together_have_no_fault() -> None:
    for options in (
        {"url": "${URL}", "secret": "${S}", "secret_previous": "${T}", "private": "allowed"},
        {"url": "https://10.0.0.5/in", "secret": "${S}", "private": "allowed"},
        {"url": "http://localhost:8000/in", "signature": "none", "body": "template"},
    ):
        assert WEBHOOK.faults(options) == ()


@pytest.mark.parametrize("url", ["http://hooks.acme.example/veryverysecret", "nothing-veryverysecret", ""])
def test_a_resolved_url_that_cannot_be_used_is_not_repeated(url: str) -> None:
    with pytest.raises(RequestError) as refused:
        open_webhook({"url": url, "secret": NEW})
    assert "veryverysecret" not in str(refused.value)
