"""Errors as problem details (RFC 9457): one body, the right status."""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from sigma_core.api.access import Unauthorized
from sigma_core.errors import (
    BudgetExceeded,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Retryable,
    SigmaError,
    Unavailable,
)
from sigma_core.text import visible

MEDIA_TYPE = "application/problem+json"
_STATUS: tuple[tuple[type[SigmaError], int, str], ...] = (
    (Invalid, 422, "The request is wrong"),
    (NotFound, 404, "There is no such thing"),
    (Unauthorized, 401, "No valid token"),
    (Conflict, 409, "It is not as it was"),
    (Forbidden, 403, "A rule refuses it"),
    (BudgetExceeded, 402, "A budget is used up"),
    (Retryable, 503, "Not now"),
    (Unavailable, 503, "A part cannot be reached"),
)
RETRY_AFTER_S = 2


class Problem(BaseModel):
    """What went wrong."""

    title: str = Field(description="The kind of problem.", examples=["There is no such thing"])
    status: int = Field(examples=[404])
    detail: str = Field(description="One clear sentence.", examples=["No proposal 12."])
    fields: dict[str, str] = Field({}, description="What is wrong with which field.")


DOCUMENTED: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": title}
    for status, title in (
        (400, "The request cannot be read"),
        (401, "No valid token"),
        (402, "A budget is used up"),
        (403, "A rule refuses it"),
        (404, "There is no such thing"),
        (409, "It is not as it was"),
        (412, "There is a newer version"),
        (413, "The request is too long"),
        (422, "The request is wrong"),
        (428, "Say which version it rests on"),
        (429, "Too many requests"),
        (503, "A part cannot be reached, or not now"),
    )
}
"""What every route may answer beside what it says itself."""


def described(app: FastAPI) -> dict[str, Any]:
    """The description of the API, which tells that errors are problem details and no plain JSON."""
    if app.openapi_schema is None:
        schema = FastAPI.openapi(app)
        operations = [each for path in schema["paths"].values() for each in path.values() if "responses" in each]
        for response in (each for operation in operations for each in operation["responses"].items()):
            status, said = response
            if int(status) >= 400:
                (content,) = said["content"].values()
                said["content"] = {MEDIA_TYPE: content}
    return FastAPI.openapi(app)


def problem(
    status: int,
    title: str,
    detail: str,
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The response."""
    body = Problem(title=title, status=status, detail=visible(detail), fields=dict(fields or {}))
    return JSONResponse(body.model_dump(), status, dict(headers or {}), MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Have every error answered in this form."""
    app.add_exception_handler(SigmaError, _of_sigma)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, not_found)
    app.add_exception_handler(Exception, _unforeseen)


def _of_sigma(_request: Request, error: Exception) -> JSONResponse:
    status, title = next(
        ((status, title) for kind, status, title in _STATUS if isinstance(error, kind)), (500, "It failed")
    )
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        headers["Retry-After"] = str(max(1, round(getattr(error, "after_s", RETRY_AFTER_S))))
    return problem(status, title, str(error), error.fields if isinstance(error, Invalid) else None, headers)


def _of_validation(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (it is registered for this alone)
    fields = {".".join(map(str, each["loc"][1:])) or str(each["loc"][0]): each["msg"] for each in error.errors()}
    return problem(422, "The request is wrong", "; ".join(f"{name}: {why}" for name, why in fields.items()), fields)


def not_found(request: Request, error: Exception) -> JSONResponse:
    """Nothing answers there, or not to this method."""
    assert isinstance(error, HTTPException)  # noqa: S101 (it is registered for this alone)
    headers = {"Allow": ", ".join(_allowed(request))} if error.status_code == 405 else error.headers
    return problem(error.status_code, str(error.detail), f"{error.detail}.", headers=headers)


def _allowed(request: Request) -> list[str]:
    """The methods of all routes of this path: Starlette tells only those of the first."""
    here = request.scope["path"].removeprefix(request.scope["root_path"])
    found = (said for path, said in request.app.openapi()["paths"].items() if compile_path(path)[0].match(here))
    return sorted({method.upper() for said in found for method in said})


def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    logging.getLogger(__name__).error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "It failed", "It failed in a way that nobody foresaw; the log tells more.")
