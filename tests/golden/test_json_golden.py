"""Every hand-built digest, notice and notification as a webhook sends it, against the files beside this one.
`GOLDEN=write` writes them anew.
"""

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.golden.alerts import ALERTS
from tests.golden.digests import DIGESTS
from tests.golden.notices import NOTICES
from tests.support.contents import templates
from worker.channels.common.json_message import json_body, json_content
from worker.documents.alert_shapes import AlertMessage
from worker.documents.digest_shapes import DigestMessage, NoticeMessage
from worker.domain.alert.notification import Notification
from worker.domain.digest.model import Digest
from worker.domain.notice import Notice
from worker.domain.schedule import Subscription
from worker.ports.channels import RenderRequest

FILES = Path(__file__).parent / "json"
CASES: dict[str, tuple[Digest | Notice | Notification, Any]] = {
    **{name: (digest, DigestMessage) for name, digest in DIGESTS.items() if name != "long"},
    **{f"notice-{name}": (notice, NoticeMessage) for name, notice in NOTICES.items()},
    **{f"alert-{name}": (alert, AlertMessage) for name, alert in ALERTS.items() if name != "long"},
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_message_is_what_it_was_and_has_the_shape_that_is_promised(name: str) -> None:
    content, shape = CASES[name]
    folder = {Digest: "pipeline", Notice: "notice", Notification: "alert"}[type(content)]
    entry = Subscription("hook", "hook", None, folder, "en_GB", "Europe/Berlin")
    made = json_content(RenderRequest(content, entry), templates(None))
    got = json_body(made, "webhook", indent=1)
    msgspec.json.decode(got, type=shape, strict=True)
    path = FILES / f"{name}.json"
    if os.environ.get("GOLDEN") == "write":
        path.write_bytes(got + b"\n")
    assert got + b"\n" == path.read_bytes(), f"{path.name} differs; GOLDEN=write accepts it"


def test_every_golden_file_belongs_to_a_message() -> None:
    assert {path.stem for path in FILES.iterdir()} == set(CASES)
