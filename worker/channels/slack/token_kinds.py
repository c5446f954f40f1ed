"""Slack shows several tokens of an app on neighbouring pages. Their prefixes tell them apart.

https://docs.slack.dev/authentication/tokens
"""

_BOT = "a bot's token, xoxb-…"
_APP = "an app-level token, xapp-…"


def app_for_bot(value: str) -> tuple[str, str] | None:
    """An app-level token in place of a bot's token."""
    return (_APP, f"{_BOT}, of the page OAuth & Permissions") if value.strip().startswith("xapp-") else None


def other_than_bot(value: str) -> tuple[str, str] | None:
    """Option.mistaken of `token`. Tokens of bots have had other prefixes, so that only certain cases are reported."""
    if value.strip().startswith("https://"):
        return "a URL", f"{_BOT}, or the URL in `webhook_url`"
    return app_for_bot(value)


def other_than_app(value: str) -> tuple[str, str] | None:
    """Option.mistaken of `app_token`."""
    if value.strip().startswith(("xoxb-", "xoxe.xoxb-")):
        return _BOT, f"{_APP}, of the page Basic Information"
    return None
