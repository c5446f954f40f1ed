"""docs/gallery: every schedule is checked, and rendered from a sample and from answers of the stand-ins."""

import importlib.util
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner, Result

from tests.test_channels_page import TEMPLATES
from worker.adapters.bundle_codec import decode, encode
from worker.adapters.definitions.load import load
from worker.app import registry
from worker.domain.definition_changes import definition_changes
from worker.entry.cli import app

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "docs" / "gallery"
SCHEDULES = sorted(path.stem for path in (GALLERY / "schedules").glob("*.yaml"))
ALERTS_ALONE = {"newly-stalled"}
DIGESTS = [name for name in SCHEDULES if name not in ALERTS_ALONE]


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


@pytest.fixture(scope="module")
def gallery() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "scripts" / "gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The gallery with stand-ins in the place of accounts, and secrets that are set."""
    monkeypatch.delenv("FUNNELBEAT_REDIS_URL", raising=False)
    text = (GALLERY / "funnelbeat.yaml").read_text("utf-8")
    for kind, stand_in in (("close", ""), ("pipedrive", "-pipedrive"), ("umami", "-umami")):
        text, count = re.subn(rf"\{{type: {kind}, .*\}}", f"{{type: sandbox{stand_in}}}", text)
        assert count == 1
    for name in re.findall(r"\$\{(\w+)\}", text):
        monkeypatch.setenv(name, "https://hooks.acme.example/x" if name.endswith("_URL") else "whsec_" + "A" * 40)
    shutil.copytree(GALLERY, tmp_path / "gallery")
    (tmp_path / "gallery" / "funnelbeat.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "gallery"


def test_the_gallery_has_no_complaint_with_accounts_as_they_are_written() -> None:
    loaded = load(GALLERY, registry())
    assert loaded.complaints == ()
    assert loaded.bundle is not None
    assert sorted(loaded.bundle.schedules) == SCHEDULES
    assert len(SCHEDULES) >= 12


def test_check_has_no_finding_when_all_secrets_are_set(project: Path) -> None:
    checked = call("--project", str(project), "check", "--strict")
    assert (checked.exit_code, checked.output) == (0, f"{len(SCHEDULES)} schedules, nothing wrong.\n")


@pytest.mark.parametrize("folder", [GALLERY, ROOT])
def test_what_is_deployed_again_changes_nothing(folder: Path, tmp_path: Path) -> None:
    """Every shipped schedule comes back from Redis as it was written."""
    shutil.copytree(folder / "schedules", tmp_path / "schedules")
    text = (GALLERY / "funnelbeat.yaml").read_text("utf-8")
    (tmp_path / "funnelbeat.yaml").write_text(text, encoding="utf-8")
    bundle = load(tmp_path, registry()).bundle
    assert bundle is not None
    assert definition_changes(decode(encode(bundle)), bundle) == ()


@pytest.mark.parametrize("name", DIGESTS)
def test_a_schedule_of_the_gallery_is_rendered(name: str, project: Path, tmp_path: Path) -> None:
    for more in (["--sample"], []):
        seen = call("--project", str(project), "preview", name, "--out", str(tmp_path / "page"), *more)
        assert seen.exit_code == 0, seen.output
        assert "Incomplete" not in seen.output
        assert (tmp_path / "page").stat().st_size > 500


@pytest.mark.parametrize("name", sorted(ALERTS_ALONE))
def test_a_schedule_of_alerts_alone_shows_its_rules(name: str, project: Path) -> None:
    explained = call("--project", str(project), "check", "--explain", name)
    assert explained.exit_code == 0, explained.output
    assert "newly-stalled" in explained.output


def test_the_page_is_what_the_files_say(gallery: ModuleType) -> None:
    assert sorted(gallery.ORDER) == SCHEDULES
    assert gallery.PAGE.read_text("utf-8") == gallery.page(), "run `make reference`"


def test_the_template_for_teams_is_the_one_that_the_page_of_channels_explains() -> None:
    for name, text in TEMPLATES.items():
        assert (GALLERY / "templates" / name).read_text("utf-8") == text
