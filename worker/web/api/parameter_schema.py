"""The schemas of query parameters in the API's description."""

from typing import Any

from fastapi import FastAPI

_NULL = {"type": "null"}


def describe_parameters_without_null(app: FastAPI) -> None:
    """A query cannot contain null, so a parameter that may be left out is described as what it is when it is there.
    FastAPI describes it as that or null, which a client takes for a second form.
    """
    described = app.openapi

    def without_null() -> dict[str, Any]:
        found = described()
        for path in found["paths"].values():
            for operation in path.values():
                for parameter in operation.get("parameters", ()):
                    parameter["schema"] = _without_null(parameter["schema"])
        return found

    app.openapi = without_null  # type: ignore[method-assign]  # as FastAPI's documentation extends a description


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    forms = [form for form in schema.get("anyOf", ()) if form != _NULL]
    if len(forms) != 1:
        return schema
    return {**{name: part for name, part in schema.items() if name != "anyOf"}, **forms[0]}
