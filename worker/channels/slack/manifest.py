"""The app's manifest, which an administrator pastes at https://api.slack.com/apps to set up the app.

https://docs.slack.dev/reference/app-manifest
"""

from collections.abc import Mapping
from typing import Any

from worker.channels.slack.requests import COMMAND
from worker.ports.chat import AppDescription

SCOPES = (
    "channels:history",
    "chat:write",
    "chat:write.public",
    "commands",
    "files:write",
    "groups:history",
    "im:history",
    "im:write",
)
"""Posting, files in threads, looking up whether an unclear post arrived, and commands."""


def manifest(app: AppDescription) -> Mapping[str, Any]:
    """Requests are sent to `app.url`; without one, over a socket."""
    socket = not app.url
    to = {} if socket else {"url": app.url}
    command = {
        "command": COMMAND,
        "description": app.summary,
        "usage_hint": app.hint,
        "should_escape": False,
        **to,
    }
    interactivity = {"is_enabled": True, **({} if socket else {"request_url": app.url})}
    return {
        "_metadata": {"major_version": 2, "minor_version": 0},
        "display_information": {"name": app.name, "description": app.summary},
        "features": {
            "bot_user": {"display_name": app.name, "always_online": False},
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": socket,
            "token_rotation_enabled": False,
        },
    }
