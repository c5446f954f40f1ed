"""The figures of `make metrics` are those of the code that it is given."""

from pathlib import Path

from benchmarks.metrics import ROOT, read, report

PORT = """
from typing import Protocol

class Readable(Protocol):
    async def load(self): ...
    async def names(self): ...

class Store(Readable, Protocol):
    async def keep(self): ...
    async def load(self): ...
"""

FLOW = """
class Held:
    first: int
    def __init__(self):
        self.first = 1
        self.second = 2

async def run(services: Services, key):
    one = 1
    two = 2
    three = 3
    return one + two + three

def pure(key):
    return key
"""


def figures(folder: Path) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in report(read(folder)))


def test_every_figure_is_counted_from_the_code(tmp_path: Path) -> None:
    for name, text in {"ports/store.py": PORT, "flow/run.py": FLOW, "long.py": "\n" * 251}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    assert figures(tmp_path) == {
        "modules": "3, lines: median 15, p90 251, max 251",
        "functions": "7, lines: median 1, p90 5, max 5",
        "fields of the largest class": "2 (Held)",
        "methods of the largest port": "3 (Store; aim: under 15)",
        "flow functions that take all services": "1 of 3, 33% (aim: none)",
        "functions of up to 4 lines": "6 of 7, 86%",
        "modules past 250 lines": "1\n  long.py 251",
    }


def test_the_whole_package_is_measured() -> None:
    assert len(figures(ROOT)) == 7
