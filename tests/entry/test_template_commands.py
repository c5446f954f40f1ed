"""templates list, show, init and check, and what check and deploy say of templates."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.support.contents import TEMPLATES
from worker.entry import console
from worker.entry.cli import app
from worker.rendering import samples
from worker.rendering.template_paths import shipped_paths

PROJECT = """\
project: acme
connections: {close: {type: sandbox}}
channels: {mail: {type: sandbox}, chat: {type: sandbox}}
"""
SCHEDULE = """\
name: Weekly
when: {every: 23h}
report:
  - {id: deals, source: close, query: opportunities, params: {status_type: active}}
to:
  - {channel: mail, address: sales@acme.example}
"""
CHILD = '{% extends "shipped/pipeline/email.html.j2" %}\n'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "schedules").mkdir()
    (tmp_path / "funnelbeat.yaml").write_text(PROJECT, "utf-8")
    (tmp_path / "schedules" / "weekly.yaml").write_text(SCHEDULE, "utf-8")
    return tmp_path


def called(place: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--project", str(place), *words])


def document(place: Path, *words: str) -> Any:
    return json.loads(called(place, *words, "--json").stdout)


def write(place: Path, path: str, text: str) -> None:
    (place / "templates" / path).parent.mkdir(parents=True, exist_ok=True)
    (place / "templates" / path).write_text(text, "utf-8")


def complaints(place: Path) -> list[tuple[str, int, str]]:
    found = called(place, "templates", "check", "--json")
    assert found.exit_code == console.WRONG
    return [(one["path"], one["line"], one["found"]) for one in json.loads(found.stdout)["complaints"]]


def test_list_names_all_templates_and_what_the_project_replaces(place: Path) -> None:
    write(place, "pipeline/email.html.j2", CHILD)
    rows = {one["path"]: one for one in document(place, "templates", "list")["templates"]}
    assert rows.keys() == set(shipped_paths())
    assert [path for path, one in rows.items() if one["own"]] == ["pipeline/email.html.j2"]
    assert rows["pipeline/email.html.j2"]["extends"] == "shipped/pipeline/email.html.j2"
    assert rows["pipeline/email.txt.j2"]["forms"] == ["email"]
    assert {"header", "why", "act", "bridge", "sources", "footer"} <= set(rows["pipeline/email.txt.j2"]["blocks"])
    assert "pipeline/email.html.j2" in called(place, "templates", "list").stdout


def test_show_prints_the_text_in_force_and_what_is_shipped(place: Path) -> None:
    write(place, "pipeline/email.subject.j2", "My {{ page.subject }}\n")
    assert called(place, "templates", "show", "pipeline/email.subject.j2").stdout == "My {{ page.subject }}\n"
    shipped = (TEMPLATES / "pipeline" / "email.subject.j2").read_text("utf-8")
    assert called(place, "templates", "show", "shipped/pipeline/email.subject.j2").stdout == shipped
    unknown = called(place, "templates", "show", "nowhere.j2")
    assert unknown.exit_code == console.WRONG
    assert "there is no template 'nowhere.j2'; there are: " in unknown.stderr


def test_starting_copies_change_nothing_and_pass_the_check(place: Path) -> None:
    written = document(place, "templates", "init", "--all")["written"]
    assert "templates/pipeline/slack.json.j2" in written
    assert "templates/notice/email.txt.j2" in written
    assert document(place, "templates", "check")["complaints"] == []
    assert "{# why: " in (place / "templates/pipeline/email.html.j2").read_text("utf-8")


def test_nothing_is_overwritten_without_yes(place: Path) -> None:
    write(place, "pipeline/email.txt.j2", "mine")
    refused = called(place, "templates", "init", "pipeline")
    assert refused.exit_code == console.WRONG
    assert "templates/pipeline/email.txt.j2 exists; add --yes" in refused.stderr
    assert [path.name for path in (place / "templates").rglob("*.j2")] == ["email.txt.j2"]
    assert called(place, "templates", "init", "pipeline", "--yes").exit_code == console.OK
    assert "extends" in (place / "templates/pipeline/email.txt.j2").read_text("utf-8")


def test_a_folder_of_the_projects_own_begins_as_pipeline(place: Path) -> None:
    assert document(place, "templates", "init", "board/email.html.j2")["written"] == ["templates/board/email.html.j2"]
    assert '{% extends "pipeline/email.html.j2" %}' in (place / "templates/board/email.html.j2").read_text("utf-8")
    found = complaints(place)
    assert ("templates/board/email.txt.j2", 1, "there is no template board/email.txt.j2") in found


def test_a_new_folder_is_said_to_be_one_with_the_nearest_name(place: Path) -> None:
    """A slip in a name began a template that nothing uses, without a word."""
    slip = called(place, "templates", "init", "pipelin")
    assert "pipelin is a new template, which begins as `pipeline`: write `template: pipelin`" in slip.stderr
    assert "did you mean `pipeline`?" in slip.stderr
    meant = called(place, "templates", "init", "board", "--json")
    assert "board is a new template" in meant.stderr
    assert "did you mean" not in meant.stderr
    assert json.loads(meant.stdout)["written"]
    for name in ("pipeline", "alert"):
        assert called(place, "templates", "init", name).stderr == ""
    assert called(place, "templates", "init", "board", "--yes").stderr == ""


def test_a_template_that_does_not_exist_is_one_complaint(place: Path) -> None:
    """`templates check` named it once for each file, and `check` once."""
    file = place / "schedules" / "weekly.yaml"
    file.write_text(SCHEDULE.replace("channel: mail", "channel: mail, template: pipelin"), "utf-8")
    found = "there is no template 'pipelin', which is named by weekly"
    assert complaints(place) == [("templates/pipelin", 1, found)]
    assert "did you mean `pipeline`?" in called(place, "templates", "check").stderr


def test_a_shared_template_begins_as_a_whole_copy(place: Path) -> None:
    document(place, "templates", "init", "shared/email.css.j2")
    shipped = (TEMPLATES / "shared" / "email.css.j2").read_text("utf-8")
    assert (place / "templates/shared/email.css.j2").read_text("utf-8") == shipped


@pytest.mark.parametrize("words", [(), ("pipeline", "--all"), ("nowhere/x.j2",), ("words/klingon",)])
def test_what_cannot_begin_is_one_sentence(place: Path, words: tuple[str, ...]) -> None:
    refused = called(place, "templates", "init", *words)
    assert refused.exit_code == console.WRONG
    assert len(refused.stderr.strip().splitlines()) == 1
    assert not (place / "templates").exists()


@pytest.mark.parametrize(
    ("source", "line", "problem"),
    [
        ("\n{% block act %}{{ page.actt }}{% endblock %}", 3, "Page has no 'actt' (did you mean 'act'?)"),
        ("{% block headr %}x{% endblock %}", 2, "the block headr, which nothing prints"),
        ("hello\n", 2, "text outside of a block"),
        ("{% block header %}{% include 'shared/nope.j2' %}{% endblock %}", 2, "there is no template shared/nope.j2"),
        ("{% block header %}\n<div>\n{% endblock %}", 3, "its output is not whole HTML: <div> is not closed"),
        ("{% block header %}{{ 1 | nofilter }}{% endblock %}", 2, "No filter named 'nofilter'."),
        (
            "{% block header %}{% for i in range(60) %}<p>{{ 'x' * 1999 }}</p>{% endfor %}{% endblock %}",
            1,
            "past the limit",
        ),
    ],
)
def test_a_fault_is_named_with_its_template_and_line(place: Path, source: str, line: int, problem: str) -> None:
    write(place, "pipeline/email.html.j2", CHILD + source)
    found = complaints(place)
    assert ("templates/pipeline/email.html.j2", line) in {(path, at) for path, at, _ in found}
    assert any(problem in words for _, _, words in found)


def test_a_template_that_calls_itself_is_told_what_to_write(place: Path) -> None:
    write(place, "pipeline/email.txt.j2", '{% extends "pipeline/email.txt.j2" %}')
    assert complaints(place)[0] == ("templates/pipeline/email.txt.j2", 1, "it calls itself")
    sentence = "it calls itself; write shipped/pipeline/email.txt.j2 for what Funnelbeat ships\n"
    assert sentence in called(place, "templates", "check").stderr


def test_a_misspelt_block_is_said_without_an_empty_advice(place: Path) -> None:
    """The sentence ended in "did you mean footer?; correct it"."""
    write(place, "pipeline/email.html.j2", f"{CHILD}{{% block footr %}}x{{% endblock %}}")
    assert called(place, "templates", "check").stderr == (
        "templates/pipeline/email.html.j2:2:1: the block footr, which nothing prints: shipped/pipeline/email.html.j2 "
        "has no such block; did you mean footer?\n"
    )


def test_a_shared_template_is_tried_in_all_that_use_it(place: Path) -> None:
    write(place, "shared/slack_blocks.j2", "{% macro header(text) %}{{ text }}{% endmacro %}")
    found = {path: words for path, _, words in complaints(place)}
    own = {"templates/alert/slack.json.j2", "templates/notice/slack.json.j2"}
    assert found.keys() == own | {"templates/shared/slack_thread.j2"}
    assert found["templates/notice/slack.json.j2"] == "the template that it imports has no macro 'fact'"


def test_every_sample_is_filled(place: Path) -> None:
    write(place, "pipeline/email.txt.j2", "{{ nobody }}")
    write(place, "notice/email.txt.j2", "{{ nobody }}")
    write(place, "alert/email.txt.j2", "{{ nobody }}")
    found = {one["path"]: one["samples"] for one in document(place, "templates", "check")["complaints"]}
    assert found["templates/pipeline/email.txt.j2"] == sorted(samples.digests())
    assert found["templates/notice/email.txt.j2"] == sorted(samples.notices())
    assert found["templates/alert/email.txt.j2"] == sorted(samples.alerts())


def test_a_misspelt_template_is_one_complaint_with_the_nearest_name(place: Path) -> None:
    """It was a complaint for a file and twelve samples, without the name that was meant."""
    (place / "schedules" / "weekly.yaml").write_text(SCHEDULE + "digest: {template: pipelin}\n", "utf-8")
    shown = CliRunner().invoke(app, ["--project", str(place), "check"])
    assert (shown.exit_code, shown.stderr.count("pipelin'")) == (2, 1)
    assert "did you mean `pipeline`? There are: pipeline" in shown.stderr


def test_a_template_that_nothing_uses_is_a_warning(place: Path) -> None:
    write(place, "pipeline/email.htm.j2", "x")
    [warning] = document(place, "templates", "check")["warnings"]
    assert (warning["path"], warning["found"]) == ("templates/pipeline/email.htm.j2", "a template that nothing uses")
    assert document(place, "check")["warnings"] == [warning]


def test_check_and_deploy_refuse_a_template_that_fails(place: Path) -> None:
    write(place, "pipeline/email.subject.j2", "one\n{{ page.nothin }}")
    for words in (("check",), ("deploy", "--yes")):
        refused = called(place, *words)
        assert refused.exit_code == console.WRONG, words
        assert "templates/pipeline/email.subject.j2:2:1: Page has no 'nothin'" in refused.stderr
    assert not (place / ".funnelbeat").exists()


def test_a_language_begins_with_every_key_and_says_what_it_lacks(place: Path) -> None:
    document(place, "templates", "init", "words/pl")
    path = place / "templates/words/pl.yaml"
    assert '# act: "Act"' in path.read_text("utf-8")
    [row] = [one for one in document(place, "templates", "list")["languages"] if one["language"] == "pl"]
    path.write_text(path.read_text("utf-8").replace('# act: "Act"', 'act: "Zrób"'), "utf-8")
    found = document(place, "templates", "check")
    [after] = [one for one in found["languages"] if one["language"] == "pl"]
    assert set(row["lacks"]) - set(after["lacks"]) == {"act"}
    assert found["complaints"] == []
    assert "no words for" in called(place, "check").stderr


def test_a_template_sees_the_words_of_a_language_of_the_projects_own(place: Path) -> None:
    write(place, "words/fr.yaml", 'act: "{x}"\n')
    assert "`act` with the place {x}" in called(place, "check").stderr
