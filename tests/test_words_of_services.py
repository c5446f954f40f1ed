"""A text is cut by worker.redact alone where it may be a service's: what is cut elsewhere has a reason here."""

import ast
from collections.abc import Iterator
from pathlib import Path

WORKER = Path(__file__).parents[1] / "worker"
PLACES = ("sources", "channels", "adapters/smtp", "adapters/http.py", "adapters/http_body.py", "adapters/json_body.py")
CUTS = ("clean", "shorten", "wrap")
"""Functions that cut without knowing any secret."""
SHORTEST = 10
"""Characters: a shorter slice is a mark or a few rows."""

REASONS: dict[str, tuple[str, ...]] = {
    "a value of the definition": (
        "channels/common/no_address.py: clean(text, 60)",
        "adapters/smtp/addresses.py: clean(address, 60)",
        "adapters/smtp/addresses.py: clean(name)",
        "adapters/smtp/addresses.py: clean(sender, 400)",
        "adapters/smtp/addresses.py: clean(text, 400)",
        "channels/email/channel.py: clean(sender, 80)",
        "channels/sandbox/channel.py: clean(address, 60)",
        "adapters/smtp/addresses.py: clean(text, 80)",
        "adapters/smtp/server.py: clean(parts.hostname, 60)",
        "sources/umami/filters.py: text[:40]",
        "sources/umami/rules.py: use.params[name][:40]",
        "sources/umami/rules.py: value[:40]",
        "sources/umami/values.py: str(value)[:60]",
        "sources/umami/values.py: value[:40]",
    ),
    "a part of our own message": (
        "channels/slack/answers.py: answer.text[:LONGEST]",
        "channels/common/names.py: re.sub('[^a-z0-9]+', '-', text.lower())[:limit]",
        "channels/file/channel.py: envelope.key.digest[:16]",
        "adapters/smtp/mime.py: clean(attachment.name, 100)",
        "adapters/smtp/mime.py: clean(name, NAME_LIMIT)",
        "adapters/smtp/mime.py: clean(text, SUBJECT_LIMIT)",
        "channels/slack/channel.py: re.sub('[^A-Za-z0-9._-]+', '-', attachment.name).lstrip('.-')[:120]",
    ),
    "what a template made": (
        "channels/common/strict_json.py: clean(key)",
        "channels/common/strict_json.py: clean(text[max(0, error.pos - AROUND):error.pos + AROUND])",
    ),
    "a mail server's report, in which no secret of ours can be": (
        "channels/email/bounce.py: clean(str(block.get(name, '')).partition(';')[2], LONGEST)",
        "channels/email/bounce_webhook.py: clean(value, LONGEST)",
    ),
    "a number of ours": (
        "adapters/smtp/client.py: {self._waits.opening:.0f}",
        "channels/slack/lookup.py: {(envelope.date - CLOCKS_DIFFER).timestamp():.6f}",
    ),
    "a list, of which each entry stays whole": (
        "channels/email/bounce_mailbox.py: numbers[:limit]",
        "sources/close/follow.py: rest[:limit]",
        "sources/common/listing.py: row.cells[:_SINCE]",
        "sources/common/words.py: list(value.items())[:_MOST]",
        "sources/common/words.py: value[:_MOST]",
        "sources/pipedrive/follow.py: keys[:limit]",
    ),
    "a token is read from it, and it is not shown": ("channels/email/bounce_mailbox.py: subject[:LONGEST_SUBJECT]",),
    "a date is read from it, and it is not shown": ("sources/common/parse.py: text[:10]",),
    "a word of the command line": ("sources/umami/edits.py: key[:40]",),
}
ALLOWED = {cut for cuts in REASONS.values() for cut in cuts}


def files() -> Iterator[Path]:
    for place in PLACES:
        path = WORKER / place
        assert path.exists()
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def cuts(tree: ast.AST) -> Iterator[str]:
    """Slices `text[:40]` and `text[:LIMIT]`, formats `{text:.40}`, and calls that cut. A hash is no text of others."""
    return (ast.unparse(node) for node in ast.walk(tree) if _cuts(node) and "hexdigest()" not in ast.unparse(node))


def _cuts(node: ast.AST) -> bool:
    match node:
        case ast.Subscript(slice=ast.Slice(lower=None, upper=ast.Constant(value=int() as most))):
            return most >= SHORTEST
        case ast.Subscript(slice=ast.Slice(lower=None, upper=ast.Name(id=name))):
            return name.isupper() or name == "limit"
        case ast.Subscript(slice=ast.Slice(lower=None, upper=ast.BinOp(left=ast.Name(id=name)))):
            return name.isupper() or name == "limit"
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in CUTS
        case ast.FormattedValue(format_spec=ast.JoinedStr(values=[ast.Constant(value=str() as form)])):
            return form.startswith(".")
    return False


def found() -> set[str]:
    return {
        f"{path.relative_to(WORKER)}: {cut}" for path in files() for cut in cuts(ast.parse(path.read_text("utf-8")))
    }


def test_every_cut_has_a_reason_or_is_made_by_redact() -> None:
    assert found() - ALLOWED == set()


def test_every_reason_is_still_needed() -> None:
    assert ALLOWED - found() == set()


def test_a_cut_is_recognized() -> None:
    lines = ["text[:200]", "text[:LIMIT]", "clean(text, 80)", "text[: LIMIT - 1]", "f'{text:.40}'", "rows[:5]", "n[3:]"]
    assert [bool(list(cuts(ast.parse(line)))) for line in lines] == [True] * 5 + [False] * 2
