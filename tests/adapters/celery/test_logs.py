"""What Celery says of its end, at a terminal."""

import os
import subprocess
import sys

import pytest

SAY = "from worker.adapters.celery.logs import _said; import sys; _said(sys.argv[1], sys.__stdout__)"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("worker: Warm shutdown (MainProcess)", "The worker finishes what it fetches and sends, and then ends."),
        ("worker: Cold shutdown (MainProcess)", "The worker ends now. The next worker takes up what it leaves."),
        ("stacks of its threads", "stacks of its threads"),
    ],
)
def test_the_end_of_a_worker_is_said_in_plain_words(words: str, said: str) -> None:
    """Celery's own words stood there: "worker: Warm shutdown (MainProcess)"."""
    ours, theirs = os.openpty()
    subprocess.run([sys.executable, "-c", SAY, words], stderr=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 1000).decode().strip()
    os.close(ours)
    assert shown == said
