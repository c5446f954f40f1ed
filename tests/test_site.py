"""The site of the documentation: built strictly, without a request to another host. A fault ends the build."""

import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.publishing import ROOT, TOOLS, make
from tests.test_docs import PAGES

LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "link": "href"}
"""Elements that make a browser ask for something, and the attribute that says what."""


class Loaded(HTMLParser):
    """`found`: addresses that a browser asks for while it shows the page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if address := dict(attrs).get(LOADS.get(tag, "")):
            self.found.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    make("docs", f"ARGS=--site-dir {place}")
    return place


@pytest.mark.slow
def test_every_page_is_on_the_site(site: Path) -> None:
    for page in PAGES:
        if page.is_relative_to(ROOT / "docs"):
            assert (site / page.relative_to(ROOT / "docs")).with_suffix(".html").exists()
    for name in ("CHANGELOG", "CONTRIBUTING", "SECURITY"):
        assert (site / f"{name}.html").exists()


@pytest.mark.slow
def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 100
    for page in pages:
        loaded = Loaded()
        loaded.feed(page.read_text("utf-8"))
        assert loaded.found
        assert [address for address in loaded.found if urlsplit(address).netloc] == [], page
    for sheet in site.rglob("*.css"):
        assert "url(http" not in sheet.read_text("utf-8").replace('"', "").replace("'", ""), sheet


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """The first page of a small site that has the project's own settings."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "site_pages.py", tmp_path / "scripts")
    (tmp_path / "docs" / "decisions").mkdir(parents=True)
    for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/decisions/001.md"):
        (tmp_path / name).write_text("# One\n", encoding="utf-8")
    settings, nav, _ = (ROOT / "mkdocs.yml").read_text("utf-8").partition("nav:\n")
    pages = "[index.md, {Decisions: decisions/*.md}, CHANGELOG.md, CONTRIBUTING.md, SECURITY.md]"
    (tmp_path / "mkdocs.yml").write_text(f"{settings}nav: {pages}\n" if nav else "", encoding="utf-8")
    return tmp_path / "docs" / "index.md"


def build(start: Path, text: str) -> subprocess.CompletedProcess[str]:
    make(".venv/publish/.ready")
    start.write_text(f"# Start\n\n{text}\n", encoding="utf-8")
    command = [str(TOOLS / "bin" / "mkdocs"), "build", "--strict"]
    return subprocess.run(command, cwd=start.parents[1], capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_links_between_pages_and_to_the_projects_own_pages_are_right(start: Path) -> None:
    done = build(start, "[a](decisions/001.md#one) [b](../CHANGELOG.md#one) [c](#start)")
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[a](nowhere.md)", "nowhere.md"),
        ("[a](#nothing)", "#nothing"),
        ("[a](decisions/001.md#nothing)", "#nothing"),
        ("[a](decisions)", "decisions"),
        ("[a](/absolute.md)", "/absolute.md"),
        ("![a](missing.png)", "missing.png"),
    ],
)
def test_a_broken_link_ends_the_build(text: str, fault: str, start: Path) -> None:
    done = build(start, text)
    assert done.returncode == 1
    assert fault in done.stderr
