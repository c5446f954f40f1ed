from worker.domain.snapshot.snapshot import Column, Kind
from worker.rendering.wording import Wording

EN = Wording("en_GB", "Europe/Berlin", 2026)


def test_measures_by_kind() -> None:
    assert EN.measure(0.667, Kind.RATIO) == "66.7%"
    assert EN.measure(None, Kind.SECONDS) == "–"
    assert EN.measure(9_600_000, Kind.MONEY, "EUR") == "€96,000"
    assert EN.measure(2_524_940, Kind.MONEY, "EUR") == "€25,249.40"
    assert EN.measure(2_540, Kind.MONEY, "EUR") == "€25.40"
    assert EN.difference(2_524_940, 1_908_333, Kind.MONEY, "EUR") == "+\u2060€6,166.07"
    assert EN.measure("a\nb", Kind.TEXT) == "a b"
    assert EN.measure(True, Kind.BOOL) == "✓"
    assert EN.cell(1_763_280_000_000, Column("at", Kind.INSTANT)) == "Sun\u00a016\u00a0Nov\u00a02025"
    assert EN.difference(31, 27, Kind.INT) == "+\u20604"
    assert EN.difference(0.5, 0.667, Kind.RATIO) == "−\u206016.7\u00a0pp"
    assert EN.difference(5, 5, Kind.MONEY, "EUR") == "="
    assert EN.difference(5, None, Kind.INT) == "–"
