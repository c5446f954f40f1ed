"""What a reader's choice would have left out of what was sent before."""

from dataclasses import replace

from tests.golden.digests import NORMAL
from worker.domain.digest.model import Digest, Standing
from worker.domain.left_out import LeftOutCounts, left_out

MOVED = replace(NORMAL, changed=True)
STILL = replace(NORMAL, changed=False)
FIRST = replace(STILL, standing=Standing.FIRST)


def of_deals(number: int) -> Digest:
    return replace(STILL, keys=(replace(NORMAL.keys[0], count=number),))


def test_those_in_which_nothing_moved_are_left_out_and_a_first_one_never_is() -> None:
    assert left_out(None, (STILL, MOVED, STILL, STILL, FIRST)) == LeftOutCounts(of=5, digests=3)
    assert left_out(None, ()) == LeftOutCounts(of=0, digests=0)


def test_of_the_newest_digest_it_is_told_how_many_deals_fit_a_condition() -> None:
    assert left_out(of_deals(38), (of_deals(9), of_deals(30))) == LeftOutCounts(2, 2, fit=9, deals=38)
    unknown = replace(STILL, keys=(replace(NORMAL.keys[0], count=None),))
    assert left_out(of_deals(38), (unknown,)) == LeftOutCounts(1, 1, fit=0, deals=38)


def test_without_deals_a_condition_fits_nothing_that_could_be_counted() -> None:
    assert left_out(replace(STILL, keys=()), (STILL,)) == LeftOutCounts(1, 1)
    assert left_out(of_deals(38), ()) == LeftOutCounts(0, 0)
