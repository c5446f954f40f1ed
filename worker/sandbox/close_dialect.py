"""Which of two ways the stand-in of Close treats what its clients get wrong.

What Close does with a parameter that it does not know is not documented. The open framework that it is built on ignores
such a parameter without a word. A source has to be right with both ways.
"""

from enum import StrEnum


class CloseDialect(StrEnum):
    REFUSING = "refusing"
    FRAMEWORK = "framework"


REFUSING, FRAMEWORK = CloseDialect.REFUSING, CloseDialect.FRAMEWORK
"""REFUSING: a parameter that is unknown or has an unknown value is refused with 400, so that a wrong client is noticed.
Sums are exact, and ids decide between rows of the same place.

FRAMEWORK: such a parameter is ignored. An empty value means null. Sums are added in single precision, as they were
recorded in 2017. Rows of the same place come in another order each time. A wrong `_limit` or `_skip` is refused with
`error` instead of `field-errors`.
"""
