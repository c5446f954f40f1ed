"""A secret that is set, and that is certainly one for something else."""

from pathlib import Path

import pytest

from worker.adapters.definitions.load import load
from worker.app import registry
from worker.errors import Complaint

PROJECT = """\
project: acme
connections: {close: {type: sandbox}}
channels:
  slack:
    type: slack
    token: "${SLACK_BOT_TOKEN}"
    answers: {signing_secret: "${SIGNING}", app_token: "${SLACK_APP_TOKEN}"}
"""


def warnings(place: Path, bot: str, app: str) -> list[Complaint]:
    (place / "funnelbeat.yaml").write_text(PROJECT, "utf-8")
    (place / "schedules").mkdir()
    loaded = load(place, registry(), {"SLACK_BOT_TOKEN": bot, "SLACK_APP_TOKEN": app})
    assert loaded.complaints == ()
    return [one for one in loaded.warnings if one.path == "funnelbeat.yaml"]


def test_exchanged_tokens_of_slack_are_said_without_being_printed(tmp_path: Path) -> None:
    """They passed `check`, and the first delivery was refused."""
    bot, app = warnings(tmp_path, "xapp-1-secretpart", "xoxb-1-secretpart")
    assert str(bot) == (
        "funnelbeat.yaml:6:12: `token` with an app-level token, xapp-…; "
        "write a bot's token, xoxb-…, of the page OAuth & Permissions"
    )
    assert (app.line, app.found) == (7, "`app_token` with a bot's token, xoxb-…")
    assert "secretpart" not in f"{bot}{app}"


@pytest.mark.parametrize(("bot", "app"), [("xoxb-1", "xapp-1"), ("xoxe.xoxb-1", "x"), ("", "")])
def test_what_may_be_right_and_what_is_not_set_is_no_warning(tmp_path: Path, bot: str, app: str) -> None:
    assert warnings(tmp_path, bot, app) == []
