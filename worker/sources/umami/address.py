"""The address of an Umami API: the cloud's, or below the address of a self-hosted server."""

import re

CLOUD = "https://api.umami.is/v1"
_CLOUDS = re.compile(r".*/v1(/[a-z]{2})?")
"""The cloud's paths, also of one region. A self-hosted server has no such path."""


def api(base_url: str, *, key: bool) -> str:
    """The address above all paths. `key`: an api_key is used, so base_url may be the cloud's."""
    plain = base_url.rstrip("/")
    if key and (not plain or _CLOUDS.fullmatch(plain)):
        return plain or CLOUD
    return f"{plain.removesuffix('/api')}/api"


def is_cloud(address: str) -> bool:
    """Whether an address from `api` is the cloud's, which limits calls and may delete old data."""
    return _CLOUDS.fullmatch(address) is not None
