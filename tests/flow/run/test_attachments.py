from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from tests.support.many_readers import SNAPSHOTS
from worker.app import open_services
from worker.domain.schedule import Subscription
from worker.domain.snapshot.snapshot import Column, File, Kind, Row, Table
from worker.flow.run.comparison import Answers, Composed, ReaderDigest, attachments
from worker.settings import Settings

ENTRY = Subscription("team", "mail", "team@acme.example", "pipeline", "de_DE", "Europe/Berlin", attach=("deals",))
STALLS = Table("opportunities", (Column("stall_reason", Kind.TEXT),), (Row("1", ("no_update:10:Offer",)),), 1)


async def test_an_attached_list_says_in_words_why_deals_stall(redis_url: str, tmp_path: Path) -> None:
    snapshot = replace(next(iter(SNAPSHOTS.values())), tables=(STALLS,), main="opportunities")
    told = Composed((), Answers({"deals": snapshot}, {}, ()), cast("Any", None), cast("Any", None))
    async with open_services(Settings(redis_url=redis_url), "files", directory=tmp_path, offline=True) as services:
        unused = cast("Any", None)
        case = ReaderDigest(unused, unused, ENTRY, unused, unused, told, unused, unused, services.digests.english)
        [file] = attachments(case)
    assert (file.name, file.body.decode("utf-8-sig")) == (
        "deals.csv",
        "id,stall_reason\r\n1,Offer · limit 10 d\r\n",
    )


async def test_a_file_of_a_service_is_attached_without_formulas(redis_url: str, tmp_path: Path) -> None:
    file = File("by-user.csv", "text/csv", b"user,won\n=1+1,2\n")
    snapshot = replace(next(iter(SNAPSHOTS.values())), tables=(), main=None, files=(file,))
    told = Composed((), Answers({"deals": snapshot}, {}, ()), cast("Any", None), cast("Any", None))
    async with open_services(Settings(redis_url=redis_url), "files", directory=tmp_path, offline=True) as services:
        unused = cast("Any", None)
        case = ReaderDigest(unused, unused, ENTRY, unused, unused, told, unused, unused, services.digests.english)
        [attached] = attachments(case)
    assert attached.body.decode("utf-8-sig") == "user,won\r\n'=1+1,2\r\n"
