"""What a reader would get now: fetched from the sources, sent to nobody, stored nowhere."""

from starlette.responses import Response

from worker.errors import NotFound
from worker.flow.operate.preview import preview, shown_entry
from worker.web.console.forms import Form
from worker.web.console.message import form_words, forms_of
from worker.web.console.page import Visit, shown
from worker.web.console.schedule_rows import name_of
from worker.web.console.state import ShownMessage


async def preview_page(visit: Visit, form: Form) -> Response:
    """`entry`: one of the definition; without it the first that a browser shows best. It costs requests, so that a form
    asks for it and no link. Raises NotFound, SourceError, and RequestError for a schedule without entries.
    """
    bundle, name = visit.deployed, form.get("schedule", "")
    schedule = bundle.schedules.get(name)
    if schedule is None:
        raise NotFound(f"no schedule {name!r} is deployed")
    entry = shown_entry(visit.uses.connectors, bundle, schedule, form.get("entry") or None)
    made = await preview(visit.uses, bundle, schedule, entry.id)
    kept = visit.state.previews.put(visit.session, ShownMessage(made.page, made.suffix, made.plain, made.shown))
    forms, words = forms_of(visit, bundle, entry), form_words(visit, bundle, entry)
    chosen = form.get("form", "")
    values: dict[str, object] = {
        "id": schedule.id,
        "name": name_of(visit, schedule),
        "subject": visit.w.clean(made.subject, 300),
        "form": chosen if chosen in forms else forms[0],
        "frames": [(one, words[one], f"{visit.to('preview', kept)}?form={one}") for one in forms],
        "entries": [visit.w.clean(one.id) for one in schedule.to],
        "entry": entry.id,
    }
    return shown(visit, "preview", values)
