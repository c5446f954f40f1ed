"""`heartbeat_url` and `webhooks` of funnelbeat.yaml."""

from pathlib import Path

import pytest

from worker.adapters.bundle_codec import decode, encode, outgoing
from worker.adapters.definitions.load import Loaded, load
from worker.app import registry
from worker.domain.definition_changes import definition_changes
from worker.domain.outgoing import EventWebhook, HeartbeatUrl, Outgoing

PROJECT = "project: acme\nconnections: {close: {type: sandbox}}\nchannels: {mail: {type: sandbox}}\n"
SIGNED = 'secret: "${HOOK_SECRET}"'


def loaded(place: Path, written: str) -> Loaded:
    (place / "funnelbeat.yaml").write_text(f"{PROJECT}{written}\n", encoding="utf-8")
    (place / "schedules").mkdir(exist_ok=True)
    return load(place, registry(), {"HOOK_SECRET": "x"})


def made(place: Path, written: str) -> Outgoing:
    found = loaded(place, written)
    assert found.complaints == ()
    assert found.bundle is not None
    assert outgoing(encode(found.bundle)) == Outgoing(found.bundle.heartbeat, found.bundle.webhooks)
    assert decode(encode(found.bundle)) == found.bundle
    return outgoing(encode(found.bundle))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"${BEAT}"', HeartbeatUrl("${BEAT}")),
        ('{url: "${file:/run/secrets/beat}", every: 5m}', HeartbeatUrl("${file:/run/secrets/beat}", 300)),
        ('{url: "https://10.0.0.5/ping", private: allowed}', HeartbeatUrl("https://10.0.0.5/ping", 60, private=True)),
        ("http://127.0.0.1:8000/ping", HeartbeatUrl("http://127.0.0.1:8000/ping")),
    ],
)
def test_a_heartbeat_url_is_a_url_or_says_how_often(tmp_path: Path, written: str, expected: HeartbeatUrl) -> None:
    assert made(tmp_path, f"heartbeat_url: {written}").heartbeat == expected


def test_a_webhook_says_which_events_it_wants(tmp_path: Path) -> None:
    hooks = made(
        tmp_path, f'webhooks: {{ops: {{url: "${{OPS}}", {SIGNED}, events: [run_ended.failed, slots_missed]}}}}'
    ).webhooks
    assert hooks == {
        "ops": EventWebhook("ops", {"url": "${OPS}", "secret": "${HOOK_SECRET}"}, ("run_ended.failed", "slots_missed"))
    }
    wanted = [("run_ended", "failed"), ("run_ended", "delivered"), ("slots_missed", ""), ("run_begun", "")]
    assert [hooks["ops"].wants(*one) for one in wanted] == [True, False, True, False]


def test_secrets_are_named_with_where_they_stand_and_whether_they_are_set(tmp_path: Path) -> None:
    found = loaded(
        tmp_path, f'heartbeat_url: "${{BEAT}}"\nwebhooks:\n  ops: {{url: "${{OPS}}", {SIGNED}, events: ["*"]}}'
    )
    assert {(one.name, one.holder, one.set) for one in found.secrets} == {
        ("BEAT", "heartbeat_url", False),
        ("OPS", "webhooks.ops.url", False),
        ("HOOK_SECRET", "webhooks.ops.secret", True),
    }
    assert found.warnings == () or all("no schedule" in one.found for one in found.warnings)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("heartbeat_url: http://beat.acme.example/x", "`heartbeat_url` with http:// to another machine"),
        ("heartbeat_url: https://169.254.169.254/x", "`heartbeat_url` with the host's address 169.254.169.254"),
        ("heartbeat_url: https://10.0.0.5/x", "`heartbeat_url` with the host's address 10.0.0.5"),
        ("heartbeat_url: ops", "`heartbeat_url` with a URL without https://"),
        ('heartbeat_url: "${BEAT"', "`heartbeat_url` with a reference that is malformed"),
        ("heartbeat_url: [a]", "`heartbeat_url` with a list"),
        ('heartbeat_url: {url: "${A}", every: 1s}', '`every` with "1s"'),
        ('heartbeat_url: {url: "${A}", every: 2h}', '`every` with "2h"'),
        ('heartbeat_url: {url: "${A}", private: yes}', '`private` with "yes"'),
        ('webhooks: {ops: {url: "${A}", events: ["*"]}}', "a webhook without `secret`"),
        (f'webhooks: {{ops: {{url: "${{A}}", {SIGNED}}}}}', "a webhook without `events`"),
        (f'webhooks: {{ops: {{url: "${{A}}", {SIGNED}, events: []}}}}', "`events` with nothing"),
        (f'webhooks: {{ops: {{url: "${{A}}", {SIGNED}, events: [run_end]}}}}', '`events` with "run_end"'),
        (f'webhooks: {{ops: {{url: "${{A}}", {SIGNED}, events: [run_ended.lost]}}}}', '`events` with "run_ended.lost"'),
        (f'webhooks: {{ops: {{url: "${{A}}", {SIGNED}, events: [run_begun.x]}}}}', '`events` with "run_begun.x"'),
        (f'webhooks: {{"a b": {{url: "${{A}}", {SIGNED}, events: ["*"]}}}}', 'the name "a b"'),
        ('webhooks: {ops: {url: "${A}", secret: whsec_short, events: ["*"]}}', "`secret` that cannot be used"),
        (f'webhooks: {{ops: {{url: "https://u:p@x.example/", {SIGNED}, events: ["*"]}}}}', "credentials in the URL"),
        ("webhooks: {ops: https://x.example/}", "in place of a webhook"),
    ],
)
def test_what_cannot_be_called_is_complained_of(tmp_path: Path, written: str, found: str) -> None:
    complaints = loaded(tmp_path, written).complaints
    assert len(complaints) == 1, complaints
    assert found in complaints[0].found
    assert complaints[0].expected


def test_a_url_in_the_file_is_warned_of_because_it_is_a_key(tmp_path: Path) -> None:
    warned = loaded(tmp_path, "heartbeat_url: https://beat.acme.example/a-key").warnings
    assert any("`heartbeat_url` with the secret itself" in one.found for one in warned)
    assert not any("a-key" in f"{one.found} {one.expected}" for one in warned)


def test_a_plan_tells_of_a_change_without_its_values(tmp_path: Path) -> None:
    before = loaded(tmp_path, 'heartbeat_url: "${A}"').bundle
    after = loaded(tmp_path, f'webhooks: {{ops: {{url: "${{OPS}}", {SIGNED}, events: ["*"]}}}}').bundle
    assert after is not None
    found = {(one.kind, one.name, one.change) for one in definition_changes(before, after)}
    assert found == {("heartbeat_url", "", "removed"), ("webhook", "ops", "added")}
