"""`send-test`: one channel tried with a sample, over a real mail server and chat."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis
from worker.entry.moving_sandbox import moving_sandbox


@pytest.fixture
def line(tmp_path: Path, empty_redis: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandLine]:
    with command_line(empty_redis, tmp_path) as here:
        monkeypatch.setenv("FUNNELBEAT_SANDBOX", here.settings.sandbox)
        yield here


def test_a_sample_arrives_and_nothing_is_stored(line: CommandLine) -> None:
    sent = line.document_of("send-test", "mail", "me@acme.example")
    assert (sent["channel"], sent["address"]) == ("mail", "me@acme.example")
    assert sent["receipt"]
    assert len(line.received()) == 1
    assert line.document_of("runs") == {"runs": [], "missed": []}
    said = line.call("runs").stdout
    assert said.startswith("There is no run yet: `funnelbeat --project ")
    assert said.endswith(" run ID` starts one.\n")


def test_a_post_arrives_in_its_room(line: CommandLine) -> None:
    assert "Sent a sample to C0123456789" in line.call("send-test", "chat", "C0123456789").output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["letter", "me@acme.example"], "found the channel 'letter', expected one of funnelbeat.yaml: chat, mail"),
        (["mail", "not an address"], "channel mail: found the address 'not an address', expected a mail address like"),
        (["mail"], "found no address for the channel 'mail' (type sandbox), which sends where an address says; write"),
    ],
)
def test_what_cannot_be_sent_is_said(line: CommandLine, words: list[str], sentence: str) -> None:
    seen = line.call("send-test", *words)
    assert (seen.exit_code, sentence in seen.output) == (2, True)


@pytest.mark.parametrize("verb", ["send-test", "run"])
@pytest.mark.parametrize(
    ("channel", "address", "sentence"),
    [
        ("post", "ben.acme.example", "found the address 'ben.acme.example', expected one like name@example.com (An"),
        ("room", "ben@acme.example", "found 'ben@acme.example', expected the id of a channel or person"),
        ("hook", "ben@acme.example", "found the address 'ben@acme.example', expected none, because the channel has"),
    ],
)
def test_an_address_that_a_channel_does_not_take_is_refused_with_what_it_expects(
    line: CommandLine, verb: str, channel: str, address: str, sentence: str
) -> None:
    """The sentence was "which the channel post does not take", and nothing else."""
    project = line.place / "funnelbeat.yaml"
    more = (
        "post: {type: email, url: 'smtp://127.0.0.1:9?tls=never', from: a@acme.example}, "
        "room: {type: slack, token: x}, hook: {type: webhook, url: 'http://127.0.0.1:9/', signature: none}, "
    )
    project.write_text(project.read_text("utf-8").replace("channels: {", f"channels: {{{more}"), "utf-8")
    words = ["run", "asked", "--to", f"{channel}:{address}"] if verb == "run" else ["send-test", channel, address]
    seen = line.call(*words)
    assert seen.exit_code == 2
    assert f"channel {channel}: {sentence}" in " ".join(seen.output.split())


def test_a_refusal_is_told_in_the_servers_words(line: CommandLine) -> None:
    assert line.box is not None
    line.box.call(lambda box: box.mail.faults.refuse("me@acme.example", 550))
    seen = line.call("send-test", "mail", "me@acme.example")
    assert (seen.exit_code, "550" in seen.output) == (1, True)


@pytest.mark.parametrize(
    ("words", "count"), [(["send-test", "mail", "me@acme.example"], "1 message"), (["run", "asked"], "messages")]
)
def test_messages_to_a_sandbox_of_the_command_lie_in_the_projects_outbox(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch, words: list[str], count: str
) -> None:
    """The sandbox ends with the command, and nobody could see what it had received."""
    monkeypatch.delenv("FUNNELBEAT_SANDBOX")
    outbox = line.place / ".funnelbeat" / "outbox"
    seen = line.call(*words)
    assert count in seen.stderr
    assert f"written to {outbox}" in seen.stderr
    first = sorted(outbox.iterdir())
    assert any(path.suffix == ".eml" for path in first)
    line.call("send-test", "mail", "later@acme.example")
    assert "later" in max(outbox.iterdir()).name
    assert len(list(outbox.iterdir())) == len(first) + 1


@pytest.mark.parametrize("words", [["send-test", "mail", "me@acme.example"], ["run", "asked"]])
def test_beside_up_a_command_uses_its_sandbox(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """`run` had a sandbox of its own: the next digest of `up` told movements that nobody had made."""
    monkeypatch.delenv("FUNNELBEAT_SANDBOX")
    with moving_sandbox(line.place, line.settings.sandbox, "funnelbeat"):
        seen = line.call(*words)
        line.call("preview", "asked", "--out", str(line.place / "shown.html"))
    assert line.received()
    assert f"The sandbox of `up` has the messages and writes them to {line.place}" in "".join(seen.stderr.splitlines())
    assert not list((line.place / ".funnelbeat").glob("outbox/*")), "a sandbox of its own writes there"


def test_the_sandbox_of_an_up_that_was_killed_is_not_used(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FUNNELBEAT_SANDBOX")
    for left in ('{"control": "http://127.0.0.1:9/control"}', "{}", "[]", "no JSON"):
        (line.place / ".funnelbeat").mkdir(exist_ok=True)
        (line.place / ".funnelbeat" / "sandbox.json").write_text(left, "utf-8")
        assert "1 message to the sandbox was written to" in line.call("send-test", "mail", "a@acme.example").stderr
    assert not line.received()
