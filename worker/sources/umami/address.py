"""Where the API of an Umami is: its cloud, or below the address of a server of one's own."""

import re

CLOUD = "https://api.umami.is/v1"
_CLOUDS = re.compile(r".*/v1(/[a-z]{2})?")
"""The cloud's paths, also of one region, which a server of one's own does not have."""


def api(base_url: str, *, key: bool) -> str:
    """The address that all paths are below. `key`: an api_key is used, with which base_url may be the cloud's."""
    plain = base_url.rstrip("/")
    if key and (not plain or _CLOUDS.fullmatch(plain)):
        return plain or CLOUD
    return f"{plain.removesuffix('/api')}/api"


def is_cloud(address: str) -> bool:
    """Whether an address that `api` gave is the cloud's, which limits calls and may forget what is old."""
    return _CLOUDS.fullmatch(address) is not None
