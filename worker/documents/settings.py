"""The current settings."""

from collections.abc import Iterable


def settings_document(rows: Iterable[tuple[str, str, str]]) -> list[dict[str, str]]:
    """{"setting", "value", "from"} each. `from`: the environment variable and the file that sets it, or "default".
    Secrets are masked.
    """
    return [{"setting": name, "value": value, "from": origin} for name, value, origin in rows]
