"""`make demo ONCE=1` as a user runs it: real Redis, a clock process, Celery children, HTTP and SMTP on loopback."""

import email
import email.policy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.patience import PATIENCE
from worker.adapters.redis_program import SERVER

MOVED = ("new", "won", "lost", "raised", "moved_out")


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "out"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FUNNELBEAT_") or k == SERVER}
    done = subprocess.run(
        [sys.executable, "-m", "worker.entry", "demo", "--once", "--out", str(out)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr + logs(out)
    return out


def logs(out: Path) -> str:
    return "".join(f"\n== {path.name}\n{path.read_text()[-3000:]}" for path in sorted(out.glob("*.log")))


def eml(out: Path) -> list[Path]:
    return sorted(out.glob("*.eml"))


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_two_runs_were_claimed_by_the_clock_and_executed_in_celery_children(delivered: Path) -> None:
    before, after = read(delivered / "runs.json")
    assert {run["state"] for run in (before, after)} == {"delivered"}
    assert {run["trigger"] for run in (before, after)} == {"every"}
    assert before["slot"] < after["slot"]
    assert before["claimed_by_pid"] == after["claimed_by_pid"]
    assert before["executed_by_pid"] not in {before["claimed_by_pid"], os.getpid(), None}
    assert after["executed_by_pid"] not in {after["claimed_by_pid"], os.getpid(), None}


def test_the_second_bridge_closes_and_equals_what_really_happened(delivered: Path) -> None:
    reckoned = read(delivered / "runs.json")[1]["bridge"]
    assert reckoned == read(delivered / "journal.json")["bridge"]
    for terms in reckoned.values():
        inward = ("new", "reopened", "moved_in", "stalled_in", "converted_in", "raised")
        outward = set(terms) - set(inward) - {"opening", "closing"}
        assert terms["opening"] + sum(terms[t] for t in inward) - sum(terms[t] for t in outward) == terms["closing"]
        assert terms["unexplained"] == 0


def test_deals_moved_in_every_way_that_a_digest_tells(delivered: Path) -> None:
    terms = read(delivered / "journal.json")["bridge"]["EUR"]
    assert {name for name in MOVED if not terms[name]} == set()


def test_a_mail_after_the_step_says_what_moved_and_who_must_act(delivered: Path) -> None:
    mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in eml(delivered)]
    weekly = [mail for mail in mails if "Weekly pipeline" in str(mail["Subject"])]
    assert {str(mail["To"]) for mail in weekly} == {"sales@acme.example"}
    words = [body.get_content() for mail in weekly if (body := mail.get_body(("plain",))) is not None]
    assert len(words) >= 2
    assert "WHY IT MOVED" not in words[0]
    assert any("WHY IT MOVED" in text and "newly stalled" in text for text in words[1:])


def test_the_room_got_its_digest_in_slack(delivered: Path) -> None:
    posts = [read(path) for path in sorted(delivered.glob("*.slack.json"))]
    mains = [post for post in posts if "thread_ts" not in post and post["channel"] == "C0123456789"]
    assert len(mains) >= 2


def test_one_page_shows_every_message_and_the_bridge_beside_the_journal(delivered: Path) -> None:
    page = (delivered / "index.html").read_text(encoding="utf-8")
    assert [path.name for path in (*eml(delivered), *delivered.glob("*.slack.json")) if path.name not in page] == []
    assert "<th>Digest<th>Journal" in page


def test_every_schedule_delivered_its_digest(delivered: Path) -> None:
    subjects = " ".join(
        str(email.message_from_bytes(path.read_bytes(), policy=email.policy.default)["Subject"])
        for path in eml(delivered)
    )
    assert [name for name in ("Weekly pipeline", "Pipedrive week", "Website week") if name not in subjects] == []


def test_an_alert_fires_gets_worse_and_is_resolved(delivered: Path) -> None:
    """alerts.json, which the demo compares with what it did to the deal, and the mails that told of it."""
    told = read(delivered / "alerts.json")
    assert [one["why"] for one in told] == ["", "", "won"]
    assert [one["reason"] for one in told][1:] == ["worse", "resolved"]
    assert [one["subject"]["amount"]["money"]["amount"] for one in told] == [8_000_000, 10_000_000, 10_000_000]
    assert len({one["fingerprint"] for one in told}) == 1
    mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in eml(delivered)]
    name = told[0]["subject"]["name"]
    texts = [body.get_content() for mail in mails if (body := mail.get_body(("plain",))) is not None]
    assert len([text for text in texts if "A big deal stalls" in text and name in text]) >= 3
