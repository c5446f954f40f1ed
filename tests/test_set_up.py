"""What `make setup` made works wherever the project lies and whatever the locale is."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

EDITABLE = Path(sysconfig.get_path("purelib")) / "_funnelbeat.pth"


@pytest.mark.parametrize("utf8", ["0", "1"])
def test_a_project_in_a_directory_with_an_umlaut_starts_under_the_c_locale(utf8: str, tmp_path: Path) -> None:
    """Python 3.11 reads files that end in .pth in the encoding of the locale, also in its UTF-8 mode."""
    project = tmp_path / "Prüfung"
    (project / "worker").mkdir(parents=True)
    (project / "worker" / "__init__.py").write_text("FOUND = 'here'\n", encoding="utf-8")
    venv.create(project / ".venv", symlinks=True)
    packages = project / ".venv" / EDITABLE.relative_to(sys.prefix)
    shutil.copy(EDITABLE, packages)
    done = subprocess.run(
        [project / ".venv" / "bin" / "python", "-c", "import worker; print(worker.FOUND)"],
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONUTF8": utf8},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("here\n", 0), done.stderr
