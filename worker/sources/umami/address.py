"""Where the API of an Umami is: its cloud, or below the address of a server of one's own."""

import re
from collections.abc import Mapping

from worker.ports.kinds import RuleViolation, together

CLOUD = "https://api.umami.is/v1"
EXPECTED = "write http(s)://host/path without credentials, as in https://stats.acme.example"
_ADDRESS = re.compile(r"https?://[^\s@?#]+")
_CLOUDS = re.compile(r".*/v1(/[a-z]{2})?")
"""The cloud's paths, also of one region, which a server of one's own does not have."""
_PASSWORD_NEEDS = together("username", "password", "base_url")


def faults(options: Mapping[str, str]) -> tuple[RuleViolation, ...]:
    """What is wrong between the options of a connection. An address is not repeated: a password may stand in it."""
    sound = fits(options["base_url"]) if "base_url" in options else True
    wrong = () if sound else (RuleViolation(("base_url",), "`base_url` that is no plain address", EXPECTED),)
    return (*_PASSWORD_NEEDS(options), *wrong)


def fits(base_url: str) -> bool:
    return _ADDRESS.fullmatch(base_url) is not None


def api(base_url: str, *, key: bool) -> str:
    """The address that all paths are below. `key`: an api_key is used, with which base_url may be the cloud's."""
    plain = base_url.rstrip("/")
    if key and (not plain or _CLOUDS.fullmatch(plain)):
        return plain or CLOUD
    return f"{plain.removesuffix('/api')}/api"


def is_cloud(address: str) -> bool:
    """Whether an address that `api` gave is the cloud's, which limits calls and may forget what is old."""
    return _CLOUDS.fullmatch(address) is not None
