"""Messages without a run, and what `doctor` finds."""

from typing import Any

from pydantic import Field

from worker.web.api.shapes.base import ApiShape
from worker.web.api.shapes.deployments import DraftRequest
from worker.web.api.shapes.runs import GapShape, NoteShape


class PreviewRequest(ApiShape):
    """`entry`: of `to:`, and `address`: which of its readers. The first if they are left out; of entries the first with
    HTML.
    """

    entry: str | None = Field(default=None, max_length=200)
    address: str | None = Field(default=None, max_length=400)


class DraftPreviewRequest(DraftRequest, PreviewRequest):
    """`schedule`: of these files."""

    schedule: str = Field(max_length=200)


class PreviewShape(ApiShape):
    """`page`: the message as the channel shows it, in `form` (html, txt or json). `plain`: without HTML, empty if there
    is no such form. `message`: in the form of a webhook.
    """

    schedule: str
    subject: str
    form: str
    page: str
    plain: str
    gaps: list[GapShape]
    notes: list[NoteShape]
    message: dict[str, Any]


class TrialRequest(ApiShape):
    """`address`: the token's own if it is left out."""

    channel: str = Field(min_length=1, max_length=100)
    address: str = Field(default="", max_length=400)


class TrialShape(ApiShape):
    """What was sent, and how it ended. `send` and `reason`: what a run would decide. `failed`: the receiver did not
    clearly accept it.
    """

    reader: str
    send: bool
    reason: str | None
    subject: str
    outcome: str
    failed: bool
    gaps: list[GapShape]
    notes: list[NoteShape]


class FindingShape(ApiShape):
    """`level`: ok, warn or fail."""

    what: str
    level: str
    sentence: str
