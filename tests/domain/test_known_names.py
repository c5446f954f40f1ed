"""What a sentence says of the names that there are."""

import pytest

from worker.domain.known_names import MOST, known_names


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("weekly-pipline", ["b", "weekly-pipeline"], "did you mean `weekly-pipeline`? There are: b, weekly-pipeline"),
        ("Weekly_Pipeline", ["weekly-pipeline"], "did you mean `weekly-pipeline`? There are: weekly-pipeline"),
        ("weekly", ["weekly-pipeline", "month"], "did you mean `weekly-pipeline`? There are: month, weekly-pipeline"),
        ("we", ["weekly-pipeline"], "there are: weekly-pipeline"),
        ("zzz", ["b", "a"], "there are: a, b"),
        ("zzz", [], "there are: none"),
    ],
)
def test_the_nearest_name_comes_first(name: str, known: list[str], said: str) -> None:
    assert known_names(name, known) == said


def test_of_many_names_a_few_are_listed() -> None:
    said = known_names("zzz", [f"s{n:04}" for n in range(1000)], "deployed are")
    assert said.startswith("deployed are: s0000, s0001, ")
    assert said.endswith(f" and {1000 - MOST} more")
