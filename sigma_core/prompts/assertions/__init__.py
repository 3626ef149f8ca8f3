"""What a test may demand of an answer: our kinds of assertion, and those that installed packages bring."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sigma_core.prompts.assertions.base import Assertion
from sigma_core.prompts.assertions.registry import Unregistered, installed

KINDS = installed()

if TYPE_CHECKING:
    AnyAssertion = Assertion
else:
    AnyAssertion = Annotated[reduce(or_, (*KINDS, Unregistered)), Field(discriminator="kind")]
