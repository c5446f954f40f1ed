"""Commands on a project whose mail account is opened by a token."""

import base64
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.command_line import MAIL, CommandLine, command_line
from tests.support.mail_account import MailAccount, mail_account
from tests.support.token_endpoint import CLIENT, REFRESH, SECRET
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import Delivery, DeliveryState
from worker.flow.operate.on_demand import request
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.services import Services

KEY = base64.b64encode(b"k" * 32).decode()
GRANT = "client_secret: '${MAIL_SECRET}', scope: https://mail.example/.default"
REFRESHED = "client_secret: '${MAIL_SECRET}', refresh_token: '${MAIL_REFRESH}'"


@dataclass
class Mailing:
    line: CommandLine
    account: MailAccount

    def write(self, login: str, *, bounces: bool = False) -> None:
        """Writes the project. `login`: the options by which the channel logs in."""
        url = f"smtp://reports%40acme.example@127.0.0.1:{self.account.mails.port}?tls=never"
        mailbox = f", bounces: {{mailbox: '{self.account.mailbox.url}'}}" if bounces else ""
        text = (
            "project: acme\nconnections: {close: {type: sandbox}}\n"
            f"channels: {{mail: {{type: email, url: '{url}', from: reports@acme.example, {login}{mailbox}}}}}\n"
            "defaults: {timezone: Europe/Berlin, operator: ops@acme.example}\n"
        )
        (self.line.place / "funnelbeat.yaml").write_text(text, encoding="utf-8")

    def oauth(self, grant: str = GRANT, *, bounces: bool = False) -> None:
        login = f"oauth: {{token_url: '{self.account.endpoint.url}', client_id: {CLIENT}, {grant}}}"
        self.write(login, bounces=bounces)

    def tried(self) -> Delivery:
        """One try of the team's delivery, of a new run."""

        async def ran(services: Services) -> Delivery:
            run = await request(services, "asked", None, None)
            key = next(one for one in await produce(services, run) if one.reader.startswith("team|"))
            await deliver(services, key)
            row = await services.lookups.delivery(key)
            assert row is not None
            return row

        return self.line.ask(ran)


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailing]:
    monkeypatch.setenv("MAIL_SECRET", SECRET)
    monkeypatch.setenv("MAIL_REFRESH", REFRESH)
    with ExitStack() as stack:
        line = stack.enter_context(command_line(empty_redis, tmp_path / "project", MAIL))
        monkeypatch.setenv("FUNNELBEAT_SANDBOX", line.settings.sandbox)
        yield Mailing(line, stack.enter_context(mail_account()))


def test_doctor_and_send_test_log_in_with_a_token(here: Mailing) -> None:
    here.oauth(bounces=True)
    assert here.line.call("check", "--strict").exit_code == 0
    sent = here.line.call("send-test", "mail", "me@acme.example")
    assert sent.exit_code == 0, sent.output
    assert len(here.account.mails.accepted) == 1
    found = {one["what"]: one for one in here.line.document_of("doctor")}
    assert "sends as reports@acme.example" in found["channel mail"]["sentence"]
    assert found["mailbox of mail"]["sentence"].startswith("logged in; 0 mails are there")
    assert (found["channel mail"]["level"], found["mailbox of mail"]["level"]) == ("ok", "ok")


@pytest.mark.parametrize("words", [["doctor"], ["send-test", "mail", "me@acme.example"]])
def test_a_refused_client_is_one_sentence_without_a_secret(
    here: Mailing, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_SECRET", "hush/hush=1")
    here.oauth()
    seen = here.line.call(*words)
    assert seen.exit_code == 1
    assert "client_id or client_secret was not accepted (invalid_client, AADSTS7000215)" in seen.output
    assert "hush" not in seen.output


def test_what_a_run_sent_is_made_again_to_the_byte_without_any_token(
    here: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.oauth()
    here.line.deploy()
    run = here.line.run()
    assert here.line.row(run, "team").state is DeliveryState.SENT
    asked = len(here.account.endpoint.forms)
    monkeypatch.delenv("MAIL_SECRET")
    again = here.line.call("replay", run)
    assert again.exit_code == 0, again.output
    assert "differs" not in again.output
    assert len(here.account.endpoint.forms) == asked


def test_what_is_only_built_needs_no_key(here: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here.line.place)  # where `preview` writes
    here.oauth(REFRESHED)
    here.line.deploy()
    seen = here.line.call("preview", "asked")
    assert seen.exit_code == 0, seen.output
    assert here.account.endpoint.forms == []


def test_a_refresh_token_without_the_key_waits_and_says_what_to_set(here: Mailing) -> None:
    here.oauth(REFRESHED)
    here.line.deploy()
    row = here.tried()
    assert row.state is DeliveryState.DEFERRED
    assert "refresh_token needs FUNNELBEAT_TOKEN_KEY" in row.sentence


LOGINS = {
    "password": ("password: '${MAIL_SECRET}'", "535"),
    "oauth": ("", "535 auth: the token endpoint at 127.0.0.1: client_id or client_secret was not accepted"),
}


@pytest.mark.parametrize("login", LOGINS)
def test_a_wrong_secret_is_treated_as_a_wrong_password_is(
    here: Mailing, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The channel stops, its readers do not; once it is mended and deployed, `retry` sends what was not."""
    monkeypatch.setenv("MAIL_SECRET", "wrong-one")
    here.account.logins.offered = ("XOAUTH2", "PLAIN") if login == "password" else ("XOAUTH2",)
    text, words = LOGINS[login]
    here.write(text) if text else here.oauth()
    here.line.deploy()
    run = here.line.run()
    first, second = here.line.row(run, "team"), here.line.row(run, "held")
    assert {first.state, second.state} <= {DeliveryState.REFUSED, DeliveryState.SKIPPED}
    assert words in first.sentence + second.sentence
    found = {one["what"]: one["sentence"] for one in here.line.document_of("doctor")}
    assert [what for what in found if what.startswith("suspended")] == ["suspended channel mail"]
    asked = len(here.account.endpoint.forms)
    assert here.line.row(here.line.run(), "team").reason == "suspended"
    assert len(here.account.endpoint.forms) == asked, "a stopped channel asks for no token"
    if login == "oauth":
        monkeypatch.setenv("MAIL_SECRET", SECRET)
        here.line.deploy()
        here.line.call("retry", run)
        last = here.line.run()
        assert here.line.row(last, "team").state is DeliveryState.SENT


def test_an_endpoint_that_is_down_defers_and_stops_nobody(here: Mailing) -> None:
    here.oauth()
    here.line.deploy()
    here.account.endpoint.down = True
    row = here.tried()
    assert (row.state, row.reason) == (DeliveryState.DEFERRED, "backoff")
    assert row.sentence == "auth: the token endpoint at 127.0.0.1: the access token could not be renewed (503)"
    assert not [one for one in here.line.document_of("doctor") if one["what"].startswith("suspended")]
    here.account.endpoint.down = False
    assert here.line.row(here.line.run(), "team").state is DeliveryState.SENT


def test_processes_with_the_key_share_one_token(here: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNNELBEAT_TOKEN_KEY", KEY)
    here.oauth(REFRESHED)
    here.account.endpoint.rotates = True
    here.account.endpoint.after = 0.5
    command = [sys.executable, "-m", "worker.entry", "--project", str(here.line.place), "send-test", "mail"]
    children = [
        subprocess.Popen([*command, f"me{n}@acme.example"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for n in range(3)
    ]
    said = [child.communicate()[0].decode() for child in children]
    assert [child.returncode for child in children] == [0, 0, 0], said
    assert len(here.account.mails.accepted) == 3
    assert here.account.endpoint.granted == ["ya29.0"]
    assert not any(secret in "".join(said) for secret in (SECRET, REFRESH, "ya29"))
