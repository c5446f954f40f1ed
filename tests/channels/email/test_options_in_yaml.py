"""`bounces` below an email channel, as funnelbeat.yaml has it."""

from pathlib import Path

import pytest

from tests.support.returned import SECRETS
from worker.adapters.definitions.load import Loaded, load
from worker.adapters.definitions.schema import schema
from worker.app import registry

PROJECT = """\
project: acme
channels:
  mail:
    type: email
    url: "smtp://mx.acme.example"
    from: reports@acme.example
    bounces: {BOUNCES}
"""
GOOD = '{mailbox: "imaps://bounces@mail.acme.example/INBOX", password: "${BOUNCES}", secret: "${BOUNCE_SECRET}"}'


def loaded(place: Path, bounces: str) -> Loaded:
    (place / "schedules").mkdir()
    (place / "funnelbeat.yaml").write_text(PROJECT.replace("{BOUNCES}", bounces), encoding="utf-8")
    return load(place, registry(), SECRETS)


def test_the_keys_below_it_become_options_and_their_secrets_stay_references(tmp_path: Path) -> None:
    found = loaded(tmp_path, GOOD)
    assert found.complaints == ()
    assert found.bundle is not None
    channel = found.bundle.channels["mail"]
    assert channel.options["bounces.password"] == "${BOUNCES}"
    assert channel.look_every == 300
    named = {(secret.holder, secret.place, secret.set) for secret in found.secrets}
    assert ("channels.mail.bounces.password", "funnelbeat.yaml:7:77", True) in named


@pytest.mark.parametrize(("bounces", "place", "words"), [
    ("often", "7:14", "`bounces` with text; write keys below it"),
    ("{}", "7:14", "`bounces` with nothing; write keys below it"),
    ("{mailbx: x}", "7:15", "`mailbx`, which `bounces` does not have; did you mean `mailbox`?"),
    ("{mailbox: [a]}", "7:24", "`mailbox` with a list; write text"),
    ('{mailbox: "${M}"}', "7:24", "`mailbox` with a reference, and this is no secret option"),
    ("{mailbox: pop3://a@b.example}", "7:15", "`mailbox` that cannot be used; expected imaps://user@host/INBOX"),
    ("{every: 5m}", "7:5", "`bounces` without `mailbox` and `secret`"),
])  # fmt: skip
def test_each_fault_is_named_at_its_place(tmp_path: Path, bounces: str, place: str, words: str) -> None:
    told = [str(one) for one in loaded(tmp_path, bounces).complaints]
    assert any(one.startswith(f"funnelbeat.yaml:{place}: {words}") for one in told), told


def test_a_secret_that_stands_in_the_file_is_a_warning(tmp_path: Path) -> None:
    found = loaded(tmp_path, GOOD.replace("${BOUNCES}", "hunter2"))
    assert [str(one).partition(";")[0] for one in found.warnings if "password" in str(one)] == [
        "funnelbeat.yaml:7:77: `password` with the secret itself"
    ]
    assert "hunter2" not in str(found.warnings)


def test_editors_know_the_keys() -> None:
    assert '"secret_previous"' in str(schema(registry())).replace("'", '"')
