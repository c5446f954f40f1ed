"""Slack gives an app several tokens on neighbouring pages. Their beginnings tell them apart.

https://docs.slack.dev/authentication/tokens
"""

_BOT = "a bot's token, xoxb-…"
_APP = "an app-level token, xapp-…"


def app_for_bot(value: str) -> tuple[str, str] | None:
    """An app-level token where a bot's is needed."""
    return (_APP, f"{_BOT}, of the page OAuth & Permissions") if value.strip().startswith("xapp-") else None


def other_than_bot(value: str) -> tuple[str, str] | None:
    """Option.mistaken of `token`. Tokens of bots have had other beginnings, so that only what is certain is named."""
    if value.strip().startswith("https://"):
        return "a URL", f"{_BOT}, or the URL in `webhook_url`"
    return app_for_bot(value)


def other_than_app(value: str) -> tuple[str, str] | None:
    """Option.mistaken of `app_token`."""
    if value.strip().startswith(("xoxb-", "xoxe.xoxb-")):
        return _BOT, f"{_APP}, of the page Basic Information"
    return None
