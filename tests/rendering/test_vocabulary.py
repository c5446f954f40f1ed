import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [*(ROOT / "worker" / "rendering").rglob("*.py"), *(ROOT / "templates").rglob("*.j2")]
NAMED = re.compile(
    r"\b(pipedrive|umami|Close)\b|\"(close|sandbox\S*|opportunities|funnel_stages|deals_summary)\"", re.IGNORECASE
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_rendering_and_templates_name_no_service_and_no_query_of_one(path: Path) -> None:
    lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    assert [line for line in lines if NAMED.search(line)] == []
