"""The JSON Schema of messages for programs, from the classes in worker.documents.digest_shapes."""

import json

import msgspec

from worker.documents.alert_shapes import AlertMessage
from worker.documents.digest_shapes import DigestMessage, NoticeMessage


def message_schema() -> str:
    """JSON Schema (draft 2020-12) of what a webhook's receiver is sent."""
    either, shapes = msgspec.json.schema_components(
        [DigestMessage, NoticeMessage, AlertMessage], ref_template="#/$defs/{name}"
    )
    for shape in shapes.values():
        if "description" in shape:
            shape["description"] = " ".join(shape["description"].split())
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Made by `make reference` from the code; edit the code.",
        "title": "A message of Funnelbeat",
        "oneOf": list(either),
        "$defs": shapes,
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
