import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.golden.alerts import ALERTS
from tests.golden.digests import DIGESTS
from tests.golden.notices import NOTICES
from worker.flow.run.readers import NOTICE_TEMPLATE
from worker.rendering.alert import AlertPage
from worker.rendering.notice_page import NoticePage
from worker.rendering.page import Cut, Page
from worker.rendering.trial import ALERT
from worker.rendering.wording import Wording
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "UTC", 2026, VOCABULARY.words)
TEMPLATES = Path(__file__).parents[3] / "templates"


def used_in(paths: Iterable[Path]) -> set[str]:
    return {name for path in paths for name in re.findall(r"\bpage\.(\w+)", path.read_text("utf-8"))}


def test_every_name_that_the_shipped_templates_use_is_there() -> None:
    others = {NOTICE_TEMPLATE, ALERT, "web"}  # they see pages of their own
    used = used_in(path for path in TEMPLATES.rglob("*.j2") if path.parent.name not in others)
    page = Page(DIGESTS["normal"], EN, Cut())
    assert len(used) > 50
    assert [name for name in sorted(used) if not hasattr(page, name)] == []


@pytest.mark.parametrize("name", sorted(NOTICES))
def test_every_name_that_the_templates_of_a_notice_use_is_there(name: str) -> None:
    page, used = NoticePage(NOTICES[name], EN), used_in((TEMPLATES / NOTICE_TEMPLATE).glob("*.j2"))
    assert used
    assert [name for name in sorted(used) if not hasattr(page, name)] == []


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_every_name_that_the_templates_of_alerts_use_is_there(name: str) -> None:
    page, used = AlertPage(ALERTS[name], EN), used_in((TEMPLATES / ALERT).glob("*.j2"))
    assert used
    assert [name for name in sorted(used) if not hasattr(page, name)] == []


def test_every_name_of_a_page_can_be_read_of_every_digest() -> None:
    for digest in DIGESTS.values():
        page = Page(digest, EN, Cut(), (), VOCABULARY)
        for name in (name for name in dir(Page) if not name.startswith("_")):
            getattr(page, name)
