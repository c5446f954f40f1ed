"""`python -m worker.sandbox` as a process of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE
from worker.sandbox.__main__ import LEFT

ROOT = Path(__file__).parents[2]
APART = ["unshare", "--map-root-user", "--net"]
"""Begins a command that finds no network at all, as a container whose worker was started again."""


def may_be_apart() -> bool:
    return shutil.which("unshare") is not None and not subprocess.run([*APART, "true"], check=False).returncode


@pytest.mark.slow
@pytest.mark.skipif(not may_be_apart(), reason="this user may not have a network of its own")
def test_stand_ins_that_joined_a_network_end_when_it_is_gone() -> None:
    """An engine starts them again, in the worker's present network. In the old one nobody reached them."""
    command = [*APART, sys.executable, "-m", "worker.sandbox", "--joined"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr.strip()) == (1, LEFT)
