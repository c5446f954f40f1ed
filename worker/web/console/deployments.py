"""Deployments: the past ones, what a draft or a rollback would change, and activating it."""

import asyncio
import re
from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from worker.domain.schedule import Bundle
from worker.errors import PreconditionFailed, RequestError
from worker.flow.deploy.plan import plan
from worker.flow.operate.rollback import deployments, rollback_target
from worker.flow.operate.upkeep_acts import DeployAct, deploy_definitions
from worker.web.console.acts import text_of
from worker.web.console.forms import FILE, Form
from worker.web.console.page import Visit, shown
from worker.web.console.plan_rows import plan_values
from worker.web.console.state import Draft

DAYS = 14
"""Days of a plan."""

MOST = 30
"""Deployments that are listed, the newest."""

SHORT = 12
"""Characters of a deployment's id that a page shows."""

LONGEST_AGAIN = 150_000
"""Characters of a pasted text that comes back. A template writes no text that is much longer."""

_HEAD = re.compile(r"^==> (.+?) <==[ \t]*\r?$", re.MULTILINE)
"""The line before each file, as `tail -n +1 FILES` writes it."""

_FOLDERS = frozenset({"schedules", "templates", "pieces"})
_OURS = re.compile(rf"funnelbeat\.yaml|(?:{'|'.join(sorted(_FOLDERS))})/.+")


async def deployments_page(visit: Visit, _request: Request) -> Response:
    w, found = visit.w, await deployments(visit.uses)
    rows = [
        {
            "id": row.deployment.bundle,
            "short": row.deployment.bundle[:SHORT],
            "since": w.stamp(row.deployment.activated_at),
            "in_force": row.in_force,
            "schedules": w.count(row.schedules),
            "again": row.deployment.bundle != visit.bundle_id,
        }
        for row in found[:MOST]
    ]
    return shown(visit, "deployments", {"rows": rows, "more": max(0, len(found) - MOST)})


async def plan_page(visit: Visit, form: Form) -> Response:
    """What the files of a form would change, or what is wrong with them, with the text that was pasted."""
    try:
        files = files_of(form)
        found = await asyncio.to_thread(visit.state.check, files, visit.bundle)
        if found.bundle is None:
            return _faulty(
                visit, form, [(f"{c.path}:{c.line}:{c.column}", f"{c.found}; {c.expected}") for c in found.complaints]
            )
        _refuse_other(visit, found.bundle)
    except RequestError as error:
        return _faulty(visit, form, [("", str(error))])
    name = visit.state.drafts.put(visit.session, Draft(files, visit.bundle_id))
    values = plan_values(visit, await plan(visit.uses, found.bundle, DAYS))
    warnings = [visit.w.clean(str(one), 400) for one in found.warnings[:MOST]]
    more = {"act": "deploy", "name": name, "warnings": warnings, "unset": found.unset, "files": sorted(files)}
    return shown(visit, "plan", {**values, **more})


def _faulty(visit: Visit, form: Form, found: Sequence[tuple[str, str]]) -> Response:
    """`found`: places and what is wrong there. The text comes back, so that nobody has to paste it anew."""
    draft = form.get("draft", "")
    faults = [(visit.w.clean(place, 200), visit.w.clean(words, 400)) for place, words in found[:MOST]]
    values = {"faults": faults, "all": len(found), "draft": draft if len(draft) <= LONGEST_AGAIN else ""}
    return shown(visit, "faults", values, 422)


async def rollback_page(visit: Visit, request: Request) -> Response:
    """What going back to an earlier deployment would change. Raises NotFound."""
    target = request.path_params["bundle"]
    bundle = await rollback_target(visit.uses, target)
    values = plan_values(visit, await plan(visit.uses, bundle, DAYS))
    more = {"act": "rollback", "name": target, "warnings": (), "unset": (), "files": (), "short": target[:SHORT]}
    return shown(visit, "plan", {**values, **more, "based_on": visit.bundle_id})


async def deploy(visit: Visit, form: Form) -> tuple[str, str]:
    """Activates what a plan has shown. Raises RequestError if another deployment came in between."""
    draft = visit.state.drafts.find(visit.session, text_of(form, "draft"))
    if draft is None:
        raise RequestError("this draft is no longer kept; plan it again")
    found = await asyncio.to_thread(visit.state.check, draft.files, visit.bundle)
    bundle = found.sound()
    _refuse_other(visit, bundle)
    return await _activate(visit, bundle, draft.based_on)


async def rollback(visit: Visit, form: Form) -> tuple[str, str]:
    """Raises as `deploy`, and NotFound for a deployment that is not known."""
    bundle = await rollback_target(visit.uses, text_of(form, "bundle"))
    return await _activate(visit, bundle, form.get("based_on", ""), DeployAct.ROLLBACK)


def files_of(form: Form) -> Mapping[str, str]:
    """Path in the project → text: of the files that were chosen, and of those that were pasted, which come last. A
    chosen folder also has other files, including hidden ones, which are ignored here. Raises RequestError if there is
    none.
    """
    chosen = {_inside(name.removeprefix(FILE)): text for name, text in form.items() if name.startswith(FILE)}
    chosen = {path: text for path, text in chosen.items() if "/." not in path}
    parts = _HEAD.split(form.get("draft", ""))
    pasted = {
        path.strip(): text.lstrip("\r\n").replace("\r\n", "\n")
        for path, text in zip(parts[1::2], parts[2::2], strict=True)
    }
    if parts[0].strip():
        first = parts[0].strip().splitlines()[0]
        raise RequestError(f"draft: found {first[:60]!r}, expected a line such as ==> schedules/weekly.yaml <== first")
    files = {path: text for path, text in {**chosen, **pasted}.items() if _OURS.fullmatch(path)}
    if not files:
        raise RequestError("found no file of a project, expected funnelbeat.yaml and the files below schedules/")
    return files


def _inside(name: str) -> str:
    """Without the folder that was chosen: "acme/schedules/weekly.yaml" is schedules/weekly.yaml."""
    path = name.replace("\\", "/").lstrip("/")
    folder, _, rest = path.partition("/")
    return rest if rest and folder not in _FOLDERS else path


async def _activate(visit: Visit, bundle: Bundle, based_on: str, act: DeployAct = DeployAct.DEPLOY) -> tuple[str, str]:
    """`based_on`: what the plan was compared with, empty for nothing."""
    try:
        deployment, found = await deploy_definitions(visit.uses, visit.actor, bundle, {based_on or None}, act=act)
    except PreconditionFailed:
        raise RequestError("another deployment came in between; plan it again") from None
    added, changed, removed = (visit.w.count(len(one)) for one in (found.added, found.changed, found.removed))
    name = deployment.bundle[:SHORT]
    said = visit.w.say("console.done.deploy", bundle=name, added=added, changed=changed, removed=removed)
    return "deployments", said


def _refuse_other(visit: Visit, bundle: Bundle) -> None:
    """Raises RequestError for the definitions of another project."""
    if bundle.project != visit.state.project:
        wanted = f"expected {visit.state.project!r}, which is served here"
        raise RequestError(f"funnelbeat.yaml: found the project {bundle.project!r}, {wanted}")
