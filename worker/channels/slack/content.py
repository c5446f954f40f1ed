"""The posts of a digest: a template's output, parsed as strict JSON before anything is sent."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from worker.channels.common.strict_json import strict_json, wrong_place
from worker.channels.slack.shown_posts import shown_posts
from worker.domain.delivery import READER, Attachment, Envelope
from worker.errors import RenderError
from worker.ports.channels import PreviewPage, RenderRequest, Templates

TEMPLATE = "slack.json.j2"


@dataclass(frozen=True, slots=True)
class SlackContent:
    """`posts` hold blocks and fallback text. The first is the main message; the others are its thread."""

    posts: tuple[Mapping[str, Any], ...] = ()
    attachments: tuple[Attachment, ...] = ()


class SlackMessages:
    """The part that both of Slack's channels share. `answers`: clicks are handled, so that messages have buttons."""

    preview_suffix = "slack.json"

    def __init__(self, *, answers: bool = False) -> None:
        self._answers = answers

    def content(self, request: RenderRequest, templates: Templates) -> SlackContent:
        """The whole digest. `build` checks the limits of each post. Raises RenderError."""
        page = next(templates.pages(replace(request, answers=self._answers)))
        template, text = f"{request.entry.template}/{TEMPLATE}", page.fill(TEMPLATE)
        with wrong_place(page, TEMPLATE):
            return SlackContent(parse_posts(template, text), request.files)

    def preview(self, content: SlackContent, address: str) -> PreviewPage:  # noqa: ARG002  # a post does not depend on its reader
        posts = json.dumps(list(content.posts), indent=2, ensure_ascii=False)
        return PreviewPage(str(content.posts[0].get("text", "")), posts, shown=shown_posts(content.posts))

    def explain_receipt(self, receipt: str) -> str:
        """Says which plainer form of the post the channel shows, if it is not the sealed form."""
        reduced = receipt.rpartition(" reduced:")[2] if " reduced:" in receipt else ""
        return f"Slack refused its blocks, so that the room shows plainer form {reduced} of it" if reduced else ""


def parse_posts(template: str, text: str) -> tuple[Mapping[str, object], ...]:
    """Parses a JSON list of objects, of which the first is the main message. Raises RenderError for anything else, also
    for NaN, a repeated key, and text after the end.
    """
    parsed = strict_json(template, text)
    if not isinstance(parsed, list) or not parsed or not all(isinstance(post, dict) for post in parsed):
        raise RenderError(template, 0, "its output is not a list of posts, each an object")
    return tuple(parsed)


def addressed(posts: Sequence[Mapping[str, Any]], envelope: Envelope) -> list[Mapping[str, Any]]:
    """The posts to one reader: READER as the value of a button becomes the reader's key, SCHEDULE and READER's id with
    a blank between them.
    """
    reader = f"{envelope.key.run.schedule} {envelope.key.reader}"
    return [_addressed(post, reader) for post in posts]


def _addressed(post: Mapping[str, Any], reader: str) -> Mapping[str, Any]:
    blocks = post.get("blocks")
    if not isinstance(blocks, list) or not any(map(_has_buttons, blocks)):
        return post
    named = [
        {**block, "elements": [_button(one, reader) for one in block["elements"]]} if _has_buttons(block) else block
        for block in blocks
    ]
    return {**post, "blocks": named}


def _has_buttons(block: Any) -> bool:
    return isinstance(block, Mapping) and block.get("type") == "actions" and isinstance(block.get("elements"), list)


def _button(element: Any, reader: str) -> Any:
    return {**element, "value": reader} if isinstance(element, Mapping) and element.get("value") == READER else element
