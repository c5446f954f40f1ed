"""The tools that publish a release, in the virtual environment that `make` keeps for them."""

import fcntl
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".venv" / "publish"
MAKE = shutil.which("make") or "make"


def make(*words: str) -> str:
    """What `make` printed. Raises AssertionError with that if it failed. One at a time: tests run in several processes,
    and two would install the tools into one directory.
    """
    with (ROOT / ".venv" / "publish.once").open("w") as once:
        fcntl.flock(once, fcntl.LOCK_EX)
        done = subprocess.run([MAKE, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
