"""A delivery that was made again, as JSON: what the command's own document of an equal one does not show."""

from worker.documents.replay import replayed_document
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState, Part
from worker.flow.operate.replay import Rebuilt, Replayed

KEY = DeliveryKey.parse("weekly@2026-11-23T08:00:00Z/team|sales@acme.example")
ROW = Delivery(KEY, DeliveryState.SENT, version="1.0")
DIFFERS = Rebuilt(0, "0" * 64, Part(0, "mail", "mail.eml", b""), b"now")
LOST = Rebuilt(1, "1" * 64, None, None)


def test_each_part_that_differs_has_its_own_lines_and_one_that_could_not_be_made_has_no_hash() -> None:
    shown = replayed_document(Replayed(ROW, (DIFFERS, LOST), ("its template changed",)), {0: ["-sent", "+now"]})
    assert (shown["equal"], shown["causes"]) == (False, ["its template changed"])
    first, second = shown["parts"]
    assert (first["number"], first["sha256"], first["difference"]) == (0, "0" * 64, ["-sent", "+now"])
    assert first["again"] not in {"", first["sha256"]}
    assert (second["again"], second["equal"], second["difference"]) == ("", False, [])
