"""What a test may demand of an answer. A new kind is one class more in `KINDS`."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sigma_core.prompts.answer_demands import Contains, Equals, FitsSchema, HasPath, InRange, Matches
from sigma_core.prompts.assertion import Assertion
from sigma_core.prompts.call_demands import Cheaper, Fails, Faster, Graded

KINDS: tuple[type[Assertion], ...] = (
    FitsSchema, Equals, Contains, Matches, HasPath, InRange, Fails, Faster, Cheaper, Graded,
)  # fmt: skip

if TYPE_CHECKING:
    AnyAssertion = Assertion
else:
    AnyAssertion = Annotated[reduce(or_, KINDS), Field(discriminator="kind")]
