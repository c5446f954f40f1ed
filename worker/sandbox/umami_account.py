"""Data of the Umami stand-in other than visits: accounts, websites and their owners, saved reports, tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

USERNAME = "digest"
PASSWORD = "umami-sandbox"  # noqa: S105  # opens nothing but this stand-in
API_KEY = "api_umami_sandbox"
ADMIN = "admin"


def made_id(name: str) -> str:
    """The same id in every sandbox, so that a definition can name it."""
    return str(uuid5(NAMESPACE_URL, f"https://sandbox.example/{name}"))


WEBSITE = "7b0f3a52-6c1d-4e8a-9f24-5d3c1e0a7b91"
EMPTY = "0c5e9d7a-2b48-4f63-8a1e-9d7c6b5a4f30"
OTHERS = made_id("website/others")
SEGMENT = made_id("segment/germany")
TEAM = made_id("team/growth")
TEAM_SITE = made_id("website/team")
FUNNEL = made_id("report/funnel")
GOAL = made_id("report/goal")


@dataclass(slots=True)
class Website:
    """`owner` is an account's name, None for a site that a team owns."""

    id: str
    name: str
    domain: str
    owner: str | None
    visited: bool = False
    team: str | None = None
    reset_at: str | None = None


@dataclass(slots=True)
class UmamiAccount:
    """`tokens`: account by token. When it is emptied, everybody has to log in again. `logins` counts the logins.
    `website`: the name of the site that has visits.
    """

    born: datetime
    website: str
    tokens: dict[str, str] = field(default_factory=dict)
    logins: int = 0
    websites: dict[str, Website] = field(default_factory=dict)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: int = 0

    def __post_init__(self) -> None:
        found = (
            Website(EMPTY, "Empty site", "empty.example", USERNAME),
            Website(WEBSITE, self.website, "www.acme.example", USERNAME, visited=True),
            Website(OTHERS, "Somebody else's", "others.example", "somebody", visited=True),
            Website(TEAM_SITE, "Team site", "team.example", None, team=TEAM),
        )
        self.websites = {site.id: site for site in found}
        steps = [{"type": "path", "value": "/pricing"}, {"type": "event", "value": "signup"}]
        self.keep(FUNNEL, "funnel", "Pricing to sign-up", {"steps": steps, "window": 60})
        self.keep(GOAL, "goal", "Signed up", {"type": "event", "value": "signup"})

    def login(self, username: Any, password: Any) -> str | None:
        """An opaque token with the characters of base64."""
        if username not in (USERNAME, ADMIN) or password != PASSWORD:
            return None
        self.logins += 1
        token = f"{made_id(f'token/{self.logins}')}+/{'x' * 40}=="
        self.tokens[token] = username
        return token

    def sees(self, account: str, website: str) -> bool:
        """An administrator may see every website, even one that does not exist."""
        site = self.websites.get(website)
        return account == ADMIN or (site is not None and (site.owner == account or site.team == TEAM))

    def keep(self, report: str, kind: str, name: str, parameters: Any, website: str = WEBSITE) -> dict[str, Any]:
        at = stamp(self.born)
        self.reports[report] = {
            "id": report,
            "userId": made_id(f"user/{USERNAME}"),
            "websiteId": website,
            "type": kind,
            "name": name,
            "description": "",
            "parameters": parameters,
            "createdAt": at,
            "updatedAt": at,
        }
        return self.reports[report]

    def create(self, body: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        self.made += 1
        made = self.keep(
            made_id(f"report/{self.made}"), body["type"], body["name"], body["parameters"], body["websiteId"]
        )
        return self._write(made, body, now) | {"createdAt": stamp(now)}

    def replace(self, report: str, body: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        return self._write(self.reports[report], body, now)

    def _write(self, kept: dict[str, Any], body: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        for name in ("websiteId", "type", "name", "parameters"):
            kept[name] = body[name]
        kept["description"] = body.get("description") or ""
        kept["updatedAt"] = stamp(now)
        return kept

    def team(self) -> dict[str, Any]:
        at = stamp(self.born)
        return {
            "id": TEAM,
            "name": "Growth",
            "accessCode": None,
            "logoUrl": None,
            "createdAt": at,
            "updatedAt": at,
            "deletedAt": None,
            "members": [],
        }

    def segment(self) -> dict[str, Any]:
        at = stamp(self.born)
        return {
            "id": SEGMENT,
            "websiteId": WEBSITE,
            "type": "segment",
            "name": "Germany",
            "parameters": {"filters": []},
            "createdAt": at,
            "updatedAt": at,
        }

    def shown(self, site: Website) -> dict[str, Any]:
        owner = None if site.owner is None else made_id(f"user/{site.owner}")
        return {
            "id": site.id,
            "name": site.name,
            "domain": site.domain,
            "resetAt": site.reset_at,
            "userId": owner,
            "teamId": site.team,
            "createdBy": made_id(f"user/{site.owner or USERNAME}"),
            "createdAt": stamp(self.born),
            "updatedAt": stamp(self.born),
            "deletedAt": None,
            "replayEnabled": False,
            "replayConfig": None,
            "shareId": None,
        }


def user(name: str, born: datetime) -> dict[str, Any]:
    return {
        "id": made_id(f"user/{name}"),
        "username": name,
        "role": "admin" if name == ADMIN else "user",
        "createdAt": stamp(born),
        "isAdmin": name == ADMIN,
        "teams": [],
    }


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
