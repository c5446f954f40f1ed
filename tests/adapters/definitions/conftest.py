from collections.abc import Callable
from pathlib import Path

import pytest

from tests.adapters.definitions.example import GOOD, write
from tests.adapters.definitions.registry import ENVIRON, KINDS
from worker.adapters.definitions.load import Loaded, load

Load = Callable[..., Loaded]


@pytest.fixture
def loading(tmp_path: Path) -> Load:
    """Load a project made of GOOD with some files replaced; None removes a file."""

    def load_with(replaced: dict[str, str | bytes | None] | None = None, **environ: str) -> Loaded:
        files = {name: text for name, text in ({**GOOD, **(replaced or {})}).items() if text is not None}
        write(tmp_path, files)
        return load(tmp_path, KINDS, {**ENVIRON, **environ})

    return load_with
