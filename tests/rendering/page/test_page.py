import re
from pathlib import Path

from tests.golden.digests import DIGESTS
from worker.rendering.page import Cut, Page
from worker.rendering.wording import Wording
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "UTC", 2026, VOCABULARY.words)
TEMPLATES = Path(__file__).parents[3] / "templates"


def test_every_name_that_the_shipped_templates_use_is_there() -> None:
    used = {name for path in TEMPLATES.rglob("*.j2") for name in re.findall(r"\bpage\.(\w+)", path.read_text("utf-8"))}
    page = Page(DIGESTS["normal"], EN, Cut())
    assert len(used) > 50
    assert [name for name in sorted(used) if not hasattr(page, name)] == []


def test_every_name_of_a_page_can_be_read_of_every_digest() -> None:
    for digest in DIGESTS.values():
        page = Page(digest, EN, Cut(), (), VOCABULARY)
        for name in (name for name in dir(Page) if not name.startswith("_")):
            getattr(page, name)
