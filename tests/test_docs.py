"""The pages say what the code does: the reference is fresh, every example loads, every link leads somewhere."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from worker.adapters.definitions.load import load
from worker.app import registry
from worker.domain.reason import SENTENCES, Reason
from worker.domain.snapshot.snapshot import GapReason
from worker.entry.reference import GAPS, PIECES, pages
from worker.entry.reference_commands import every_command

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_BLOCK = re.compile(
    r"^```ya?ml\n# (?P<name>funnelbeat\.yaml|schedules/[a-z0-9/_-]+\.yaml)(?=[\s])(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)(?P<path>[^)#\s]+)")
_EXTERNAL = re.compile(r"\]\((?P<url>(?:https?:)?//[^)]*)\)")
PROJECT = """
project: example
connections:
  close: {type: close, api_key: "${CLOSE_API_KEY}"}
channels:
  email: {type: email, url: "smtp://reports@smtp.acme.example:587", password: "${SMTP_PASSWORD}", from: r@acme.example}
  slack: {type: slack, token: "${SLACK_BOT_TOKEN}"}
"""
"""What an example of a schedule stands beside where its page shows no funnelbeat.yaml."""


@dataclass(frozen=True)
class Example:
    """`project`: the funnelbeat.yaml that stands last above it on the page."""

    page: Path
    name: str
    body: str
    project: str


def examples() -> list[Example]:
    found = []
    for page in PAGES:
        project = PROJECT
        for block in _BLOCK.finditer(page.read_text("utf-8")):
            project = block["body"] if block["name"] == "funnelbeat.yaml" else project
            found.append(Example(page, block["name"], block["body"], project))
    return found


def test_there_are_examples_of_both_kinds_of_file() -> None:
    assert {"funnelbeat.yaml", "schedules/weekly-pipeline.yaml"} <= {example.name for example in examples()}


@pytest.mark.parametrize("example", examples(), ids=lambda e: f"{e.page.relative_to(ROOT)}:{e.name}")
def test_every_example_loads_without_a_complaint(example: Example, tmp_path: Path) -> None:
    (tmp_path / "schedules").mkdir()
    (tmp_path / "funnelbeat.yaml").write_text(example.project, encoding="utf-8")
    if example.name != "funnelbeat.yaml":
        (tmp_path / example.name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / example.name).write_text(example.body, encoding="utf-8")
    loaded = load(tmp_path, registry())
    assert loaded.complaints == ()
    assert loaded.bundle is not None
    assert len(loaded.bundle.schedules) == (example.name != "funnelbeat.yaml")


@pytest.mark.parametrize("name", pages())
def test_a_page_of_the_reference_is_what_the_code_says(name: str) -> None:
    assert (ROOT / "docs" / "reference" / name).read_text("utf-8") == pages()[name], "run `make reference`"


def test_a_bar_in_a_table_is_no_entity_which_code_would_print_as_it_is() -> None:
    assert [name for name, text in pages().items() if "&#124;" in text] == []


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Reason)
    assert set(GAPS) == set(GapReason)


def test_every_command_and_option_says_what_it_is_for() -> None:
    silent = [words for words, command in every_command() if not (command.help or "").strip()]
    for words, command in every_command():
        options = [p for p in command.params if p.param_type_name == "option" and p.name != "project"]
        silent += [f"{words} {option.opts[0]}" for option in options if not option.help]
    assert silent == []


def test_every_key_of_a_definition_says_what_it_is_for() -> None:
    bare = [
        f"{title}: {name}" for shape, title in PIECES for name, i in shape.model_fields.items() if not i.description
    ]
    assert bare == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    lost = [
        link["path"] for link in _LINK.finditer(page.read_text("utf-8")) if not (page.parent / link["path"]).exists()
    ]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_external_link_has_the_form_of_an_address(page: Path) -> None:
    """Nothing is asked: a page of somebody else may come and go."""
    for link in _EXTERNAL.finditer(page.read_text("utf-8")):
        parts = urlsplit(link["url"])
        assert parts.scheme == "https", link["url"]
        assert re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", parts.netloc), link["url"]
        assert not re.search(r"\s|\.example$", link["url"]), link["url"]
