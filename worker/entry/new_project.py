"""Writing a project's first files: nothing that was there is written over."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from worker.app import shipped
from worker.errors import RequestError

PROJECT_FILE = "funnelbeat.yaml"
LONGEST_NAME = 63
"""Characters that a project's name may have."""

SANDBOX_PROJECT = """\
# What this project talks to. Everything here is a sandbox on this machine: no account, no key.
project: {name}
connections:
  close: {{type: sandbox}}
  # yours: {{type: close, api_key: "${{CLOSE_API_KEY}}"}}
  pipedrive: {{type: sandbox-pipedrive}}
  # yours: {{type: pipedrive, company_domain: acme, api_token: "${{PIPEDRIVE_API_TOKEN}}"}}
  umami: {{type: sandbox-umami}}
  # yours: {{type: umami, base_url: "https://stats.acme.example", username: me, password: "${{UMAMI_PASSWORD}}"}}
channels:
  email: {{type: sandbox}}
  # yours: {{type: email, url: "smtp://me@acme.example:587", password: "${{SMTP_PASSWORD}}", from: me@acme.example}}
  slack: {{type: sandbox}}
  # yours: {{type: slack, token: "${{SLACK_BOT_TOKEN}}"}}
defaults: {{timezone: Europe/Berlin, locale: en_GB, week_start: monday, operator: ops@acme.example}}
"""


def write_project(target: Path, name: str) -> None:
    """The sandbox project and the example schedules. Raises RequestError as `write_new`."""
    examples = sorted(shipped("schedules").glob("*.yaml"))
    schedules = {example.stem: example.read_text(encoding="utf-8") for example in examples}
    write_new(target, SANDBOX_PROJECT.format(name=slug(name)), schedules)


def write_new(target: Path, project: str, schedules: Mapping[str, str]) -> None:
    """`schedules`: text by id. funnelbeat.yaml comes last and in one step: without it there is no project yet.

    Raises RequestError where a file is there already, and then nothing is written, or where one cannot be written.
    """
    refuse_overwriting(target, schedules)
    try:
        (target / "schedules").mkdir(parents=True, exist_ok=True)
        for name, text in schedules.items():
            with (target / "schedules" / f"{name}.yaml").open("x", encoding="utf-8") as file:
                file.write(text)
        unfinished = target / f".{PROJECT_FILE}.new"
        unfinished.write_text(project, encoding="utf-8")
        unfinished.replace(target / PROJECT_FILE)
    except OSError as error:
        raise RequestError(f"{target} cannot be written: {error.strerror}") from None


def refuse_overwriting(target: Path, schedules: Iterable[str] = ()) -> None:
    """Raises RequestError that names the first file which is there already."""
    wanted = [target / PROJECT_FILE, target / "funnelbeat.yml"]
    wanted += [target / "schedules" / f"{name}.yaml" for name in schedules]
    there = next((path for path in wanted if path.exists() or path.is_symlink()), None)
    if there is not None:
        raise RequestError(f"{there} is there already; init writes over nothing: take another directory")


def slug(name: str) -> str:
    """A directory's name as a project may be called: letters without their accents, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_NAME].strip("-") or "funnelbeat"
