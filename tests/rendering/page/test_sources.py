import pytest

from tests.golden.digests import NORMAL
from worker.domain.digest.model import SourceLine
from worker.rendering.page.sources import SourceRows
from worker.rendering.wording import Wording
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "UTC", 2026, VOCABULARY.words)


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ("close", "Close, open deals"),
        ("sandbox", "Close, open deals"),
        ("sandbox-umami", "Umami, open deals"),
        ("other", "Other, open deals"),
    ],
)
def test_a_stand_in_goes_by_the_name_of_its_service(source: str, label: str) -> None:
    line = SourceLine("open-deals", source, "opportunities", 1, 1, None)
    assert SourceRows(NORMAL, EN, VOCABULARY).source_label(line) == label
