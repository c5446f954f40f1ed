"""One Postfix for all tests, emptied before each of them."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.mta.cases import READERS
from tests.mta.postfix import DOVECOT, PASSWORD, Postfix, postfix
from worker.adapters.tls import tls_context


@pytest.fixture(scope="session")
def _server() -> Iterator[Postfix]:
    if shutil.which("postfix") is None or not os.access(DOVECOT, os.X_OK) or os.geteuid() != 0:
        pytest.fail("These tests need Postfix, Dovecot and root: run scripts/test-mta in a container.", pytrace=False)
    with postfix(READERS) as server:
        yield server


@pytest.fixture
def mx(_server: Postfix, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postfix]:
    """Its authority is trusted as an installation would trust it, and the password is a secret of the environment."""
    _server.empty()
    monkeypatch.setenv("SSL_CERT_FILE", str(_server.ca))
    monkeypatch.setenv("MAIL_KEY", PASSWORD)
    monkeypatch.setenv("WRONG_KEY", "battery staple")
    tls_context.cache_clear()
    yield _server
    tls_context.cache_clear()
