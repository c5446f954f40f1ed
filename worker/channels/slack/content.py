"""The posts of a digest: a template's output, parsed as strict JSON before anything is sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worker.channels.common.strict_json import strict_json, wrong_place
from worker.channels.slack.shown_posts import shown_posts
from worker.domain.delivery import Attachment
from worker.errors import RenderError
from worker.ports.channels import PreviewPage, RenderRequest, Templates

TEMPLATE = "slack.json.j2"


@dataclass(frozen=True, slots=True)
class SlackContent:
    """`posts` hold blocks and fallback text. The first is the main message; the others are its thread."""

    posts: tuple[Mapping[str, Any], ...] = ()
    attachments: tuple[Attachment, ...] = ()


class SlackMessages:
    """The part that both of Slack's channels share."""

    preview_suffix = "slack.json"

    def content(self, request: RenderRequest, templates: Templates) -> SlackContent:
        """The whole digest. `build` checks the limits of each post. Raises RenderError."""
        page = next(templates.pages(request))
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
