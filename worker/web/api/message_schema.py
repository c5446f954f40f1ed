"""The schema of messages for programs in the API's description, from the same classes as message.schema.json."""

from typing import Any

import msgspec
from fastapi import FastAPI

from worker.documents.alert_shapes import AlertMessage
from worker.documents.digest_shapes import DigestMessage, NoticeMessage

_EITHER, _SHAPES = msgspec.json.schema_components(
    [DigestMessage, NoticeMessage, AlertMessage], ref_template="#/components/schemas/{name}"
)

MESSAGE: dict[str, Any] = {"anyOf": list(_EITHER)}
"""A digest, a notice, or alerts."""


def add_message_schemas(app: FastAPI) -> None:
    """What MESSAGE refers to becomes part of the description."""
    described = app.openapi

    def with_messages() -> dict[str, Any]:
        found = described()
        found["components"]["schemas"].update(_SHAPES)
        return found

    app.openapi = with_messages  # type: ignore[method-assign]  # as FastAPI's documentation extends a description
