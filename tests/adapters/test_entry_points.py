"""Kinds that an installed package offers by an entry point, and what is said of one that cannot be used."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.distribution import install
from worker.adapters.entry_points import with_plugins
from worker.errors import RequestError

GROUP = "funnelbeat.made_up"


@dataclass(frozen=True)
class Shop:
    type: str


BUILT_IN = {"market": Shop("market")}
MODULE = """
from tests.adapters.test_entry_points import Shop

KIND, MARKET, DEAD = Shop("kiosk"), Shop("market"), None
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_without_a_plug_in_there_is_what_is_built_in() -> None:
    assert with_plugins(GROUP, Shop, BUILT_IN) == BUILT_IN


def test_a_kind_of_an_installed_package_is_found_beside_them(place: Path) -> None:
    install(place, "kiosks", GROUP, "kiosk = kiosks_a:KIND", {"kiosks_a.py": MODULE})
    found = with_plugins(GROUP, Shop, BUILT_IN)
    assert list(found) == ["market", "kiosk"]


@pytest.mark.parametrize(
    ("point", "says"),
    [
        ("kiosk = no_such_module:KIND", "cannot be loaded (ModuleNotFoundError: No module named 'no_such_module')"),
        ("kiosk = kiosks_b:NOTHING", "cannot be loaded (AttributeError: "),
        ("kiosk = kiosks_raises:KIND", "cannot be loaded (RuntimeError: first line second line)"),
        ("kiosk = kiosks_b:DEAD", "found a NoneType, expected a Shop"),
        ("kiosk = kiosks_b:MARKET", "found the type 'market', which exists already"),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_one_sentence_with_its_name(place: Path, point: str, says: str) -> None:
    modules = {"kiosks_b.py": MODULE, "kiosks_raises.py": "raise RuntimeError('first line\\nsecond line')\n"}
    install(place, "kiosks", GROUP, point, modules)
    with pytest.raises(RequestError) as refused:
        with_plugins(GROUP, Shop, BUILT_IN)
    said = str(refused.value)
    assert said.startswith(f"plug-in kiosks ({GROUP}: {point}): ")
    assert says in said
    assert "\n" not in said


def test_two_plug_ins_with_one_type_are_refused(place: Path) -> None:
    install(place, "kiosks", GROUP, "kiosk = kiosks_c:KIND", {"kiosks_c.py": MODULE})
    install(place, "other-kiosks", GROUP, "kiosk = kiosks_c:KIND", {})
    with pytest.raises(RequestError, match=r"plug-in other-kiosks .* found the type 'kiosk', which exists already"):
        with_plugins(GROUP, Shop, BUILT_IN)
