"""The page that shows what a demo delivered."""

import json
from email.message import EmailMessage
from pathlib import Path

from worker.entry.demo_page import write_page

BRIDGE = {"EUR": {"opening": 100_000, "new": 25_050, "won": 0, "closing": 125_050}}


def mail(folder: Path, name: str, subject: str, html: str) -> None:
    made = EmailMessage()
    made["To"], made["Subject"] = "sales@acme.example", subject
    made.set_content("as text")
    made.add_alternative(html, subtype="html")
    (folder / name).write_bytes(bytes(made))


def test_the_digests_of_the_example_stand_first_as_they_were_sent_and_the_bridge_beside_the_journal(
    tmp_path: Path,
) -> None:
    mail(tmp_path, "0001.eml", "Weekly pipeline, first digest", "<p>one</p>")
    mail(tmp_path, "0002.eml", "Website week", "<p>of another schedule</p>")
    mail(tmp_path, "0003.eml", "€1,250 open · Weekly pipeline", '<p class="x">two</p>')
    mail(tmp_path, "0004.eml", "Weekly pipeline, unchanged", "<p>three</p>")
    (tmp_path / "0005.slack.json").write_text(json.dumps({"channel": "C1", "text": "a <b>"}), encoding="utf-8")
    page = write_page(tmp_path, "Weekly pipeline", BRIDGE, {"bridge": BRIDGE}).read_text("utf-8")
    places = [page.index(name) for name in ("0001.eml", "0003.eml", "0004.eml", "0002.eml", "0005.slack.json")]
    assert places == sorted(places)
    assert "<td>New<td>+€250.50<td>+€250.50" in page
    assert "<td>Won" not in page
    assert page.count("<iframe") == 8
    assert "&lt;p class=&quot;x&quot;&gt;two" in page
    assert "a &lt;b&gt;" in page
    assert "<script" not in page


def test_a_post_reads_as_slack_shows_it_and_markup_in_it_stays_text(tmp_path: Path) -> None:
    sent = {"channel": "C1", "text": "Baker &amp; Daughters &lt;b&gt; &amp;lt;"}
    (tmp_path / "0001.slack.json").write_text(json.dumps(sent), encoding="utf-8")
    (tmp_path / "0002.webhook.json").write_text(json.dumps({"text": "as written: &amp;"}), encoding="utf-8")
    page = write_page(tmp_path, "Weekly pipeline", BRIDGE, {"bridge": BRIDGE}).read_text("utf-8")
    assert "Baker &amp; Daughters &lt;b&gt; &amp;lt;</pre>" in page
    assert "as written: &amp;amp;</pre>" in page
