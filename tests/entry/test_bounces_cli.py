"""`bounces` reads what came back to the sender's mailbox, in any of the forms in which mail is kept."""

import mailbox
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.channels.email.test_bounce import REPORT
from tests.support.command_line import MAIL, CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import DeliveryState
from worker.entry.cli import app

ADDRESS = "sales@acme.example"
NO_BOUNCE = b"Subject: I am on holiday\n\nUntil Monday."


@pytest.fixture
def line(empty_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[CommandLine]:
    with command_line(empty_redis, tmp_path / "project", MAIL) as made:
        yield made


def bounce(line: CommandLine) -> bytes:
    """Of a mail that was sent just now to ADDRESS."""
    row = line.row(line.run(), "team")
    assert row.state is DeliveryState.SENT
    return REPORT.replace("ann@initech.example", ADDRESS).replace("0123abcd", row.key.digest).encode()


def suspended(line: CommandLine) -> set[str]:
    subject = f"address mail {ADDRESS}"
    return set(line.ask(lambda services: services.deliveries.suspended([subject])))


def test_a_mail_alone_suspends_the_address_and_a_deployment_lifts_it(line: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "bounce.eml"
    file.write_bytes(bounce(line))
    told = line.call("bounces", str(file))
    assert told.exit_code == 0
    assert ADDRESS in told.stdout
    assert suspended(line) == {f"address mail {ADDRESS}"}
    assert line.row(line.run(), "team").state is DeliveryState.SKIPPED
    line.deploy()
    found = line.document_of("bounces", str(file))
    assert found["bounces"][0]["followed"] == "nothing: it is older than the deployment"
    assert suspended(line) == set()


def test_an_mbox_a_maildir_and_an_input_are_read_alike(line: CommandLine, tmp_path: Path) -> None:
    raw = bounce(line)
    mbox, maildir = mailbox.mbox(tmp_path / "mbox"), mailbox.Maildir(tmp_path / "maildir")
    for box in (mbox, maildir):
        box.add(NO_BOUNCE)
        box.add(raw)
        box.close()
    found = [line.document_of("bounces", str(tmp_path / name)) for name in ("mbox", "maildir")]
    assert [document["other_mails"] for document in found] == [1, 1]
    assert [document["bounces"][0]["followed"] for document in found] == ["suspended", "already suspended"]
    words = ["--project", str(line.place), "bounces", "-", "--json"]
    piped = CliRunner().invoke(app, words, input=b"From MAILER-DAEMON Mon Nov 16 09:00:00 2026\n" + raw)
    assert "already suspended" in piped.stdout


def test_what_is_not_there_or_no_mailbox_is_one_sentence(line: CommandLine, tmp_path: Path) -> None:
    absent = line.call("bounces", str(tmp_path / "nowhere"))
    assert (absent.exit_code, "No such file" in absent.output) == (2, True)
    assert "expected a Maildir, an mbox or a mail" in line.call("bounces", str(tmp_path)).output
