"""The posts that a template writes are strict JSON, or the template's fault."""

from dataclasses import replace

import pytest

from tests.golden.digests import NORMAL
from tests.support.contents import posts_of
from worker.domain.schedule import Subscription
from worker.errors import RenderError

ENTRY = Subscription("room", "slack", "C0123456789", "pipeline", "en_GB", "Europe/Berlin")


@pytest.mark.parametrize(
    "output", ["", "{}", "[]", "[1]", '[{"a": NaN}]', '[{"a": 1, "a": 2}]', '[{"a": 1}] and more', "[{'a': 1}]"]
)
def test_posts_that_are_no_strict_json_are_refused(output: str) -> None:
    with pytest.raises(RenderError, match=r"slack\.json\.j2"):
        posts_of(NORMAL, ENTRY, overrides={"pipeline/slack.json.j2": output})


def test_posts_are_what_the_template_wrote() -> None:
    source = {"pipeline/slack.json.j2": '[{"text": {{ digest.name|tojson }} }]'}
    assert posts_of(replace(NORMAL, name='a"<b>&'), ENTRY, overrides=source).posts == ({"text": 'a"<b>&'},)
