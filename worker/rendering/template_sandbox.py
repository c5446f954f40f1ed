"""Jinja's sandbox with limits: every iteration, call, filter and test is counted, and their values have a maximum size.

Jinja keeps a template away from Python's internals, but lets it loop and multiply without an end. Nothing can interrupt
a template within one step, so that a step must be short: it is one call in C, on texts and numbers of a limited size.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import wraps
from itertools import islice
from typing import Any, cast

from jinja2 import Environment, StrictUndefined, nodes, pass_environment
from jinja2.filters import do_round, do_slice, do_sum, do_wordwrap
from jinja2.loaders import FunctionLoader
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from worker.rendering.template_bounds import TemplateExceeds, step

BITS = 10_000
"""Bits of a whole number in a calculation: a longer one can take hours to divide, and no memory limit ends that."""

PLACES = 1_000
"""Decimal places of `round`, columns of `slice`, lists that `sum` concatenates."""

LONGEST = 1_000_000
"""Characters of a text that a function, a filter or a test processes or returns."""

LONGEST_WRAPPED = 100_000
"""Characters of a text whose lines are broken; the time for that grows with the square of the length."""

NAMES = 10_000
"""The size of the cache of attributes that a template may or may not read, by type."""

RANDOM = ("lipsum", "random")
"""A message that is rendered again must be the same."""


class TemplateSandbox(ImmutableSandboxedEnvironment):
    """Undefined names are errors; HTML is escaped."""

    intercepted_binops = frozenset({"+", "*", "/", "//", "%", "**"})

    def __init__(self, loader: FunctionLoader) -> None:
        super().__init__(
            loader=loader,
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".html.j2"),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
        )
        self._safe: dict[tuple[type, str], bool] = {}
        for name in RANDOM:
            self.globals.pop(name, None)
            self.filters.pop(name, None)
        self.filters.update(round=_round, slice=_slice, sum=_sum, wordwrap=_wordwrap)
        self.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": False}
        self.add({})
        tests = cast("Mapping[str, Callable[..., Any]]", self.tests)
        self.tests = {name: _counted(test) for name, test in tests.items()}

    def add(self, filters: Mapping[str, Callable[..., Any]]) -> None:
        """Adds our own filters, and limits every filter that has no limit yet."""
        self.filters.update(filters)
        self.filters = {name: _counted(filter_) for name, filter_ in self.filters.items()}

    def turn(self) -> bool:
        """Compiled templates call it through `call`, which counts the iteration."""
        return True

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Jinja decides by the type and the name alone. The decision takes as long as all its other work for a name."""
        key = type(obj), attr
        known = self._safe.get(key)
        if known is None:
            if len(self._safe) >= NAMES:
                self._safe.clear()
            known = self._safe[key] = super().is_safe_attribute(obj, attr, value)
        return known

    def call(self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: PYI063  # Jinja's names
        step()
        for value in (*args, *kwargs.values()):
            _bounded(value)
        return _bounded(super().call(__context, __obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Raises TemplateExceeds for a whole number longer than BITS and for a text longer than LONGEST."""
        bits = [abs(side).bit_length() for side in (left, right) if isinstance(side, int)]
        if operator == "**" and len(bits) == 2:
            bits = [bits[0] * abs(right)]
        if any(size > BITS for size in bits):
            raise TemplateExceeds(f"it calculates with a number of more than {BITS} bits")
        for text, times in ((left, right), (right, left)):
            if operator == "*" and isinstance(text, str) and isinstance(times, int) and len(text) * times > LONGEST:
                raise TemplateExceeds(_TOO_LONG)
        return _bounded(super().call_binop(context, operator, left, right))

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        for loop in source.find_all(nodes.For):
            loop.body.insert(0, nodes.ExprStmt(_turn(loop.lineno), lineno=loop.lineno))
            if loop.test is not None:
                loop.test = nodes.And(_turn(loop.lineno), loop.test, lineno=loop.lineno)
        source.set_environment(self)
        return super()._generate(source, *args, **kwargs)


def _turn(line: int) -> nodes.Call:
    return nodes.Call(nodes.EnvironmentAttribute("turn", lineno=line), [], [], None, None, lineno=line)


def _counted(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter or test that counts as one step. The copied attributes tell Jinja which arguments to pass."""
    if hasattr(function, "counted"):
        return function

    @wraps(function)
    def counted(*args: Any, **kwargs: Any) -> Any:
        step()
        for value in (*args, *kwargs.values()):
            _bounded(value)
        return _bounded(function(*args, **kwargs))

    counted.counted = True  # type: ignore[attr-defined]  # a function may have attributes
    return counted


def _round(value: float, precision: int = 0, method: Any = "common") -> float:
    return do_round(value, _few(precision), method)


def _slice(value: Any, slices: int, fill_with: Any = None) -> Any:
    return do_slice(value, _few(slices), fill_with)


@pass_environment
def _sum(env: Environment, values: Iterable[Any], attribute: str | int | None = None, start: Any = 0) -> Any:
    if isinstance(start, int | float | Decimal):
        return do_sum(env, values, attribute, start)
    lists = list(islice(values, PLACES + 1))
    _few(len(lists))
    return do_sum(env, lists, attribute, start)


@pass_environment
def _wordwrap(env: Environment, text: str, *args: Any, **kwargs: Any) -> str:
    if len(text) > LONGEST_WRAPPED:
        raise TemplateExceeds(f"it breaks the lines of a text of more than {LONGEST_WRAPPED} characters")
    return do_wordwrap(env, text, *args, **kwargs)


_TOO_LONG = f"it works on a text of more than {LONGEST} characters"


def _bounded(value: Any) -> Any:
    """Returns the value unchanged. Raises TemplateExceeds for a text or a whole number that is too long."""
    if isinstance(value, str) and len(value) > LONGEST:
        raise TemplateExceeds(_TOO_LONG)
    if isinstance(value, int) and value.bit_length() > BITS:
        raise TemplateExceeds(f"it calculates with a number of more than {BITS} bits")
    return value


def _few(number: int) -> int:
    if abs(number) > PLACES:
        raise TemplateExceeds(f"found {number}, expected at most {PLACES}")
    return number
