"""Rows of bases that are kept: those used last, up to a number of bytes."""

from worker.adapters.redis_store.bases import Bases


def rows(text: bytes) -> dict[bytes, int]:
    return {text: 0}


def test_the_bases_used_last_stay() -> None:
    kept = Bases(most=20)
    kept.put("a", rows(b"a" * 8))
    kept.put("b", rows(b"b" * 8))
    assert kept.get("a") == rows(b"a" * 8)
    kept.put("c", rows(b"c" * 8))
    assert kept.get("b") is None
    assert kept.get("a") == rows(b"a" * 8)
    assert kept.get("c") == rows(b"c" * 8)


def test_a_base_that_is_too_long_replaces_none() -> None:
    kept = Bases(most=20)
    kept.put("a", rows(b"a" * 8))
    kept.put("b", rows(b"b" * 21))
    assert kept.get("b") is None
    assert kept.get("a") is not None
