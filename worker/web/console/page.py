"""HTML of the console's pages, with the headers that all of them have."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from urllib.parse import quote

from markupsafe import Markup
from starlette.responses import HTMLResponse

from worker import shipped
from worker.domain.access import Actor, TokenScope
from worker.domain.schedule import Bundle
from worker.errors import RequestError
from worker.flow.services import Services
from worker.rendering.template_sandbox import TemplateSandbox
from worker.rendering.templates import environment
from worker.rendering.wording import Wording
from worker.web.console.sessions import ConsoleSession
from worker.web.console.state import ConsoleState


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is signed in. `root`: the path that the console is mounted at. `bundle`: what is in
    force, None before the first deployment; `bundle_id`: its id. `live`: the script of a page that is shown already
    asks for its newest state. `followed`: the page has an address at which it can be asked for again. `firing`: how
    many alerts fire.
    """

    uses: Services
    actor: Actor
    session: ConsoleSession
    w: Wording
    now: datetime
    root: str
    state: ConsoleState
    bundle: Bundle | None = None
    bundle_id: str = ""
    live: bool = False
    followed: bool = True
    firing: int = 0

    @property
    def project(self) -> str:
        """Empty before the first deployment."""
        return self.bundle.project if self.bundle is not None else ""

    @property
    def deployed(self) -> Bundle:
        """Raises RequestError before the first deployment."""
        if self.bundle is None:
            raise RequestError("nothing is deployed yet")
        return self.bundle

    @property
    def may_subscribe(self) -> bool:
        return self.actor.may(TokenScope.SUBSCRIBE)

    @property
    def may_manage(self) -> bool:
        return self.actor.may(TokenScope.MANAGE)

    @property
    def may_trigger(self) -> bool:
        return self.actor.may(TokenScope.TRIGGER)

    def runs_now(self, schedule: str) -> bool:
        """Whether the one who visits may start a run of it."""
        return self.may_trigger and self.bundle is not None and schedule in self.bundle.schedules

    def to(self, place: str, name: str = "") -> str:
        """The path of a page: `place` ("run"), and the names of its subject. A name may contain any character."""
        return f"{self.root}/{place}" + (f"/{quote(name, safe='/@:')}" if name else "")


@cache
def _environment() -> TemplateSandbox:
    return environment(shipped.folder_of("templates"), {})


@cache
def style() -> str:
    return _environment().get_template("console/console.css.j2").render().strip()


@cache
def script() -> str:
    """The script that follows events and shows the newest state of the page. Without it a page does not change."""
    return shipped.folder_of("templates").joinpath("console/console.js").read_text("utf-8").strip()


@cache
def _policy() -> str:
    allowed = (
        f"default-src 'none'; style-src '{_digest(style())}'; script-src '{_digest(script())}'; connect-src 'self'"
    )
    return f"{allowed}; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def headers(policy: str = "") -> dict[str, str]:
    """`policy`: another Content-Security-Policy than that of the console's own pages."""
    return {
        "Content-Security-Policy": policy or _policy(),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def shown(visit: Visit, name: str, values: Mapping[str, object], status: int = 200) -> HTMLResponse:
    """`name`: of the template, which is the name of the page in the navigation as well."""
    said = None if visit.live else visit.session.take_said()
    given = {"visit": visit, "w": visit.w, "said": said, **values}
    return _filled(name, given, status)


def bare(w: Wording, root: str, name: str, values: Mapping[str, object], status: int = 200) -> HTMLResponse:
    """A page for somebody who is not signed in."""
    return _filled(name, {"visit": None, "w": w, "said": None, "root": root, **values}, status)


def _filled(name: str, values: Mapping[str, object], status: int) -> HTMLResponse:
    own = {"style": Markup(style()), "script": Markup(script())}  # noqa: S704  # our own files
    text = _environment().get_template(f"console/{name}.html.j2").render(at=name, **own, **values)
    return HTMLResponse(text.encode("utf-8", "replace"), status, headers=headers())
