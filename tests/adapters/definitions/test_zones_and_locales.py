"""What `check` accepts renders and can be addressed: a zone, a locale and an address are judged as they are used."""

from datetime import UTC, datetime
from zoneinfo import available_timezones

import pytest
from babel import localedata

from tests.adapters.definitions.conftest import Load
from tests.adapters.definitions.example import PROJECT, WEEKLY
from worker.adapters.definitions.times import locale, zone
from worker.domain.snapshot.snapshot import Kind
from worker.domain.time.window import Window
from worker.domain.time.zones import ZoneError, zone_named
from worker.rendering.wording import Wording

SLOT = datetime(2026, 11, 16, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("CEST", "write `Europe/Berlin` or `Europe/Paris`"),
        ("PST", "write `America/Los_Angeles`"),
        ("pst", "write `America/Los_Angeles`"),
        ("BST", "write `Europe/London`"),
        ("IST", "write `Asia/Kolkata`, `Europe/Dublin` or `Asia/Jerusalem`"),
        ("Z", "write `UTC`"),
        ("utc", "did you mean `UTC`?"),
        ("europe/berlin", "did you mean `Europe/Berlin`?"),
        ("GMT+5", "an offset knows no summer time"),
        ("UTC+2", "an offset knows no summer time"),
        ("+02:00", "an offset knows no summer time"),
        ("XST", "write an IANA zone such as"),
        ("Europe/Berln", "did you mean `Europe/Berlin`?"),
        ("posix/Europe/Berlin", "Europe/Berlin"),
    ],
)
def test_an_abbreviation_is_answered_with_places_and_never_with_what_only_looks_alike(
    written: str, expected: str
) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        zone(written)
    assert expected in str(caught.value)


@pytest.mark.parametrize("written", ["localtime", "Factory"])
def test_a_zone_that_each_host_reads_in_its_own_way_is_refused(written: str) -> None:
    if written in available_timezones():
        with pytest.raises(ZoneError, match="not the same everywhere"):
            zone(written)
    else:
        with pytest.raises(ValueError, match="write an IANA zone"):
            zone(written)


@pytest.mark.parametrize(
    ("written", "found", "expected"),
    [
        ("EST", "`EST`, which has the same offset all year", "America/New_York"),
        ("CET", "`CET`, which is no place", "Europe/Berlin"),
        ("Etc/GMT+5", "`Etc/GMT+5`, whose sign is turned round", "Europe/Berlin"),
    ],
)
@pytest.mark.parametrize("place", ["when", "digest", "entry", "defaults"])
def test_a_zone_without_a_place_is_warned_of_wherever_it_stands(
    loading: Load, place: str, written: str, found: str, expected: str
) -> None:
    project, weekly = PROJECT, WEEKLY
    if place == "defaults":
        project = project.replace("timezone: Europe/Berlin", f"timezone: {written}")
    elif place == "when":
        weekly = weekly.replace("timezone: America/New_York", f"timezone: {written}")
    elif place == "digest":
        weekly = weekly.replace("send: always}", f"send: always, timezone: {written}}}")
    else:
        weekly = weekly.replace("{channel: room}", f"{{channel: room, timezone: {written}}}")
    loaded = loading({"funnelbeat.yaml": project, "schedules/weekly.yaml": weekly})
    assert loaded.complaints == ()
    (warning,) = loaded.warnings
    assert found in warning.found
    assert expected in warning.expected


def test_a_zone_that_is_a_place_or_utc_is_not_warned_of(loading: Load) -> None:
    for written in ("Europe/Berlin", "UTC", "Etc/UTC", "GMT", "Japan", "Etc/GMT"):
        assert loading({"schedules/weekly.yaml": WEEKLY.replace("America/New_York", written)}).warnings == ()


def accepted(judge: object, text: str) -> bool:
    try:
        judge(text)  # type: ignore[operator]  # one of the two judges
    except ValueError:
        return False
    return True


def test_every_zone_that_is_accepted_tells_the_time() -> None:
    names = [name for name in available_timezones() if accepted(zone, name)]
    assert len(names) > 500
    for name in names:
        assert Wording("en_GB", name).stamp(SLOT)
        assert SLOT.astimezone(zone_named(name)) == SLOT


@pytest.mark.parametrize("written", ["en_EU", "xx_YY", "no_NO", "de_XX", "tlh", "root", "english"])
def test_a_locale_that_does_not_exist_is_complained_of(loading: Load, written: str) -> None:
    for before, after in (
        ("{channel: room}", f"{{channel: room, locale: {written}}}"),
        ("send: always}", f"send: always, locale: {written}}}"),
    ):
        (complaint,) = loading({"schedules/weekly.yaml": WEEKLY.replace(before, after)}).complaints
        assert f'`locale` with "{written}"' in complaint.found
    project = PROJECT.replace("locale: en_GB", f"locale: {written}")
    (complaint,) = loading({"funnelbeat.yaml": project}).complaints
    assert "such as en_GB or de_DE" in complaint.expected


def test_every_locale_that_is_accepted_prints_numbers_dates_and_windows() -> None:
    known = [name for name in localedata.locale_identifiers() if accepted(locale, name)]
    assert len(known) > 1000
    start, end = datetime(2026, 11, 8, 23, tzinfo=UTC), datetime(2026, 11, 15, 23, tzinfo=UTC)
    window = Window(start, end, "Europe/Berlin", "last-week")
    for name in known:
        w = Wording(name, "Europe/Berlin", 2025)
        numbers = (w.money(-123_456_789, "EUR", signed=True), w.percent(0.5, 1), w.points(-0.1), w.count(1_234_567))
        times = (w.stamp(SLOT), w.day(SLOT), w.span(window), w.duration(4000))
        assert all((*numbers, *times, w.measure(0.25, Kind.RATIO), w.deals(2))), name
