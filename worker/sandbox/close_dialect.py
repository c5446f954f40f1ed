"""The two ways in which the stand-in of Close handles errors of its clients.

What Close does with an unknown parameter is not documented. The open framework that it is built on silently ignores it.
A source must be correct with both ways.
"""

from enum import StrEnum


class CloseDialect(StrEnum):
    REFUSING = "refusing"
    FRAMEWORK = "framework"


REFUSING, FRAMEWORK = CloseDialect.REFUSING, CloseDialect.FRAMEWORK
"""REFUSING: a parameter that is unknown or has an unknown value is refused with 400, so that a wrong client is noticed.
Sums are exact, and ids decide the order of rows with equal sort keys.

FRAMEWORK: such a parameter is ignored. An empty value means null. Sums are added in single precision, as recorded in
2017. Rows with equal sort keys come in another order each time. A wrong `_limit` or `_skip` is refused with `error`
instead of `field-errors`.
"""
