"""Who is told what could not be done: an address of any channel, or several."""

from pathlib import Path

import pytest

from worker.adapters.definitions.load import Loaded, load
from worker.app import registry
from worker.domain.operators import Operator

PROJECT = """\
project: acme
connections: {close: {type: sandbox}}
channels:
  mail: {type: email, url: "smtp://r@mail.acme.example", from: "R <r@acme.example>"}
  room: {type: slack, token: "${SLACK_BOT_TOKEN}"}
  hook: {type: slack, webhook_url: "${SLACK_WEBHOOK}"}
"""

SCHEDULE = """\
when: {every: 1h}
report: [{id: deals, source: close, query: opportunities, params: {status_type: active}}]
"""


def loaded(place: Path, operator: str, project: str = PROJECT) -> Loaded:
    (place / "funnelbeat.yaml").write_text(f"{project}defaults: {{operator: {operator}}}\n", encoding="utf-8")
    (place / "schedules").mkdir()
    (place / "schedules" / "week.yaml").write_text(SCHEDULE, encoding="utf-8")
    return load(place, registry())


@pytest.mark.parametrize(
    ("written", "operators"),
    [
        ("ops@acme.example", [Operator("ops@acme.example")]),
        ("C0123456789", [Operator("C0123456789")]),
        ("{channel: mail, address: ops@ACME.example}", [Operator("ops@acme.example", "mail")]),
        ("{channel: hook}", [Operator(None, "hook")]),
        (
            "[ops@acme.example, {channel: hook}, C0123456789]",
            [Operator("ops@acme.example"), Operator(None, "hook"), Operator("C0123456789")],
        ),
    ],
)
def test_an_operator_is_an_address_of_any_channel(tmp_path: Path, written: str, operators: list[Operator]) -> None:
    found = loaded(tmp_path, written)
    assert found.complaints == ()
    assert found.bundle is not None
    assert list(found.bundle.defaults.operators) == operators


@pytest.mark.parametrize(
    "written",
    ["a..b@acme.example", "ops@acme..example", '"op\\u200bs@acme.example"', "ops", "[[]]", "[C0123456789, ops]"],
)
def test_an_operator_whom_no_channel_reaches_is_complained_of(tmp_path: Path, written: str) -> None:
    (complaint,) = loaded(tmp_path, written).complaints
    assert "`operator` with" in complaint.found
    assert complaint.expected == "write an address that one of the channels takes, such as ops@acme.example"


def test_two_operators_need_two_addresses(tmp_path: Path) -> None:
    hooks = f'{PROJECT}  other: {{type: slack, webhook_url: "${{OTHER_WEBHOOK}}"}}\n'
    (complaint,) = loaded(tmp_path, "[{channel: hook}, {channel: other}]", hooks).complaints
    assert complaint.found == "a second operator without an address"


def test_a_channel_of_an_unknown_type_is_complained_of_once(tmp_path: Path) -> None:
    (complaint,) = loaded(tmp_path, "C0123456789", PROJECT.replace("slack, token", "slak, token")).complaints
    assert "slak" in complaint.found
