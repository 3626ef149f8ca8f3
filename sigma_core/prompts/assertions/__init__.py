"""What a test may demand of an answer. A new kind is one class more in `KINDS`."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sigma_core.prompts.assertions.answers import Contains, Equals, FitsSchema, HasPath, InRange, Matches
from sigma_core.prompts.assertions.base import Assertion
from sigma_core.prompts.assertions.calls import Cheaper, Fails, Faster, Graded

KINDS: tuple[type[Assertion], ...] = (
    FitsSchema, Equals, Contains, Matches, HasPath, InRange, Fails, Faster, Cheaper, Graded,
)  # fmt: skip

if TYPE_CHECKING:
    AnyAssertion = Assertion
else:
    AnyAssertion = Annotated[reduce(or_, KINDS), Field(discriminator="kind")]
