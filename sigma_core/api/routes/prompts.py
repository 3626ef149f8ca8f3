"""Prompts: what they say, which version workers get, and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Header, Query, Response, status
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from sigma_core.api.access import Operator
from sigma_core.api.documents import RowDocument
from sigma_core.api.paging import Limit, Offset, Page, page
from sigma_core.api.problems import problem
from sigma_core.api.system import Sigma
from sigma_core.errors import Conflict
from sigma_core.prompts.catalog import Whole
from sigma_core.prompts.content import Content
from sigma_core.prompts.reading import PromptEntry
from sigma_core.prompts.saving import Saved
from sigma_core.prompts.tables import PRODUCTION, PromptTemplate

router = APIRouter(prefix="/prompts", tags=["prompts"])
Reason = Annotated[str, Field(min_length=1, max_length=2000, description="Why; it is recorded.")]
IfMatch = Annotated[str | None, Header(max_length=40, description='The version it was made from, as its ETag: "v3".')]


class TemplateDocument(BaseModel):
    """A prompt's identity."""

    prompt_id: int
    name: str = Field(examples=["dream/error_fix/built-in"])
    worker: str
    type: str
    description: str
    tags: list[str]
    archived: bool
    latest: int = Field(description="Number of its newest version.")
    labels: dict[str, int] = Field(description="Labels that point to one of its versions.")

    @classmethod
    def of(cls, template: PromptTemplate, latest: int, labels: Mapping[str, int]) -> Self:
        """As rows say it."""
        return cls(
            prompt_id=template.id or 0,
            name=template.full_name,
            worker=template.worker,
            type=template.type,
            description=template.description,
            tags=template.tags,
            archived=template.archived_at is not None,
            latest=latest,
            labels=dict(labels),
        )

    @classmethod
    def of_entry(cls, entry: PromptEntry) -> Self:
        """As a list tells it."""
        return cls.of(entry.template, entry.latest.number, entry.labels)


class VersionDocument(RowDocument):
    """What a prompt said from some moment on."""

    number: int
    parent: int | None
    author: str
    note: str
    created_at: datetime
    content: Content | None = Field(None, description="Left out in lists.")


class WholeTemplateDocument(TemplateDocument):
    """A prompt with its newest content."""

    version: VersionDocument


class NewTemplate(BaseModel):
    """A prompt that is not there yet."""

    name: str = Field(max_length=140, description="worker/type/name.", examples=["dream/error_fix/shorter"])
    content: Content
    description: str = Field("", max_length=2000)
    tags: list[Annotated[str, Field(max_length=40)]] = Field([], max_length=20)
    note: str = Field("", max_length=2000)


class NewVersion(BaseModel):
    """What a prompt is to say from now on."""

    content: Content
    note: str = Field("", max_length=2000, description="What is different, and why.")


class LabelBody(BaseModel):
    """The version that workers are to get."""

    version: int = Field(ge=1, strict=True)
    reason: Reason
    override: bool = Field(False, description="Although its tests speak against it.")


class RollbackBody(LabelBody):
    """An earlier version for workers to get again."""

    as_new: bool = Field(False, description="As a new version with its content.")


class SavedDocument(BaseModel):
    """What came of saving."""

    prompt_id: int
    version: int
    made: bool = Field(description="False: it says what the newest version says.")

    @classmethod
    def of(cls, saved: Saved) -> Self:
        """What came of it."""
        return cls(prompt_id=saved.template.id or 0, version=saved.version.number, made=saved.made)


class Values(BaseModel):
    """What a prompt is filled in with."""

    values: dict[str, Any] = {}
    view: str | None = Field(None, max_length=40)
    version: int | None = Field(None, ge=1, strict=True, description="Its number; what workers get if left out.")


class SlotValues(Values):
    """The same, for what the workers of a slot get."""

    worker: str = Field(max_length=40)
    type: str = Field(max_length=60)


class MessageOfPrompt(BaseModel):
    """One message as a model would get it."""

    role: str
    content: str


class RenderedDocument(BaseModel):
    """A prompt filled in."""

    name: str
    version: int | None
    messages: list[MessageOfPrompt]
    answer_schema: Mapping[str, Any]


@router.get("/templates")
def templates(sigma: Sigma, archived: bool = False, limit: Limit = 100, offset: Offset = 0) -> Page[TemplateDocument]:
    """Every prompt, by name."""
    return _page_of(sigma.prompts.catalog.list(archived=archived), limit, offset)


@router.post("/templates", status_code=status.HTTP_201_CREATED)
def create(new: NewTemplate, sigma: Sigma, caller: Operator) -> SavedDocument:
    """A new prompt with its version 1."""
    saved = sigma.prompts.library.create(
        new.name, new.content, description=new.description, tags=new.tags, note=new.note, actor=caller.name
    )
    return SavedDocument.of(saved)


@router.get("/templates/{key}")
def template(key: str, sigma: Sigma, response: Response) -> WholeTemplateDocument:
    """One prompt with its newest content; the ETag names the version."""
    whole = sigma.prompts.catalog.show(key)
    response.headers["ETag"] = _etag(whole.versions[0].number)
    return _whole(whole)


@router.put("/templates/{key}", response_model=SavedDocument)
def edit(
    key: str, new: NewVersion, sigma: Sigma, caller: Operator, if_match: IfMatch = None
) -> SavedDocument | JSONResponse:
    """A new version. `If-Match` names the version it was made from: where there is a newer one it is refused."""
    newest = sigma.prompts.catalog.show(key).versions[0].number
    if if_match is None:
        return problem(
            428, "Say which version it rests on", f'Send If-Match: "v{newest}", the ETag of what you changed.'
        )
    if if_match != _etag(newest):
        return problem(412, "There is a newer version", f"It is at v{newest} by now; nothing was saved.")
    try:
        saved = sigma.prompts.library.edit(key, new.content, base_version=newest, note=new.note, actor=caller.name)
    except Conflict as overtaken:
        return problem(412, "There is a newer version", str(overtaken))
    return SavedDocument.of(saved)


@router.delete("/templates/{key}")
def archive(
    key: str,
    sigma: Sigma,
    caller: Operator,
    reason: Annotated[str, Query(max_length=2000)] = "",
    permanent: Annotated[bool, Query(description="Remove an archived one that nothing refers to, for good.")] = False,
    confirm: Annotated[str, Query(max_length=140, description="Its full name; needed with permanent.")] = "",
) -> TemplateDocument:
    """Put it aside; nothing is lost, but with `permanent`."""
    whole = sigma.prompts.catalog.show(key)
    if permanent:
        sigma.prompts.library.delete(key, confirm=confirm, reason=reason, actor=caller.name)
    else:
        sigma.prompts.library.archive(key, reason=reason, actor=caller.name)
        whole = sigma.prompts.catalog.show(key)
    return TemplateDocument.of(whole.template, whole.versions[0].number, whole.labels)


@router.put("/templates/{key}/default")
def set_default(key: str, body: LabelBody, sigma: Sigma, caller: Operator) -> WholeTemplateDocument:
    """Give workers a version from their next call on."""
    sigma.prompts.library.label(
        key, PRODUCTION, body.version, reason=body.reason, actor=caller.name, override=body.override
    )
    return _whole(sigma.prompts.catalog.show(key))


@router.post("/templates/{key}/rollback")
def rollback(key: str, body: RollbackBody, sigma: Sigma, caller: Operator) -> SavedDocument:
    """Give workers an earlier version again."""
    saved = sigma.prompts.library.rollback(
        key, body.version, reason=body.reason, actor=caller.name, as_new=body.as_new, override=body.override
    )
    return SavedDocument.of(saved)


@router.get("/templates/{key}/versions")
def versions(key: str, sigma: Sigma, limit: Limit = 100, offset: Offset = 0) -> Page[VersionDocument]:
    """Its versions, newest first, without their contents."""
    found = sigma.prompts.catalog.show(key).versions
    shown = [VersionDocument.of(each).model_copy(update={"content": None}) for each in found[offset : offset + limit]]
    return page(shown, offset, limit, len(found))


@router.get("/templates/{key}/versions/{number}")
def version(key: str, number: int, sigma: Sigma) -> VersionDocument:
    """One version."""
    return VersionDocument.of(sigma.prompts.catalog.version(key, number))


@router.post("/templates/{key}/render")
def render(key: str, values: Values, sigma: Sigma) -> RenderedDocument:
    """The prompt filled in, as a model would get it."""
    return _rendered(sigma, key, values)


@router.post("/render/default")
def render_default(values: SlotValues, sigma: Sigma) -> RenderedDocument:
    """What the workers of a slot get, filled in."""
    return _rendered(sigma, f"{values.worker}/{values.type}", values)


@router.get("/search")
def search(
    sigma: Sigma,
    words: Annotated[str, Query(min_length=1, max_length=200)],
    archived: bool = False,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Page[TemplateDocument]:
    """Prompts that hold every word."""
    return _page_of(sigma.prompts.catalog.search(words, archived=archived), limit, offset)


@router.get("/workers")
def workers(sigma: Sigma) -> list[str]:
    """Workers that have prompts."""
    return sorted({each.template.worker for each in sigma.prompts.catalog.list()})


@router.get("/prompt-types")
def prompt_types(sigma: Sigma) -> list[str]:
    """The types there are, as worker/type."""
    return sorted({each.template.slot for each in sigma.prompts.catalog.list()})


def _page_of(found: Sequence[PromptEntry], limit: int, offset: int) -> Page[TemplateDocument]:
    shown = [TemplateDocument.of_entry(each) for each in found[offset : offset + limit]]
    return page(shown, offset, limit, len(found))


def _whole(whole: Whole) -> WholeTemplateDocument:
    newest = whole.versions[0]
    said = TemplateDocument.of(whole.template, newest.number, whole.labels)
    return WholeTemplateDocument(**said.model_dump(), version=VersionDocument.of(newest))


def _rendered(sigma: Sigma, name: str, values: Values) -> RenderedDocument:
    prompt = sigma.prompts.catalog.prompt(name, values.version)
    rendered = prompt.render(view=values.view, **values.values)
    return RenderedDocument(
        name=prompt.name,
        version=prompt.number,
        messages=[MessageOfPrompt(role=each.role, content=each.content) for each in rendered.messages],
        answer_schema=rendered.schema,
    )


def _etag(number: int) -> str:
    return f'"v{number}"'
