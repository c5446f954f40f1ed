"""One image, and one installation of docker-compose.yml with the profiles `sandbox` and `web`, for all tests here."""

import secrets
from collections.abc import Iterator

import pytest

from tests.containers.engine import Engine, found
from tests.machines.guarded_redis import free_port


@pytest.fixture(scope="session")
def engine() -> Engine:
    """An image that FUNNELBEAT_IMAGE names is not built again."""
    if (told := found()) is None:
        pytest.fail("These tests need Docker with Compose, or Podman with podman-compose.", pytrace=False)
    program, composing = told
    variables = {"WEB_PORT": str(free_port()), "FUNNELBEAT_LINK_KEY": secrets.token_urlsafe(32)}
    return Engine(program, composing, variables)


@pytest.fixture(scope="module")
def stack(engine: Engine) -> Iterator[Engine]:
    profiles = ("--profile", "sandbox", "--profile", "web")
    try:
        engine.compose(*profiles, "up", "-d")
        yield engine
    finally:
        engine.compose(*profiles, "down", "--volumes")
