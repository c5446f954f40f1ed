"""The findings of doctor."""

from collections.abc import Iterable

from worker.flow.operate.doctor import CheckResult


def findings_document(found: Iterable[CheckResult]) -> list[dict[str, str]]:
    """One for each check: [{"what", "level", "sentence"}, …]. `level` is "ok", "warn" or "fail"."""
    return [{"what": one.what, "level": one.level, "sentence": one.sentence} for one in found]
