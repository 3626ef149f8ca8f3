"""A recorded call as a test of its prompt: the same values, to be asked of every version."""

import pydantic

from sigma_core.errors import Conflict, Invalid
from sigma_core.llm.call_list import Calls
from sigma_core.prompts.tables import PromptTest
from sigma_core.prompts.test_cases import PromptTestCase
from sigma_core.prompts.testing import PromptTesting


def add_call_as_test(calls: Calls, tests: PromptTesting, key: int | str, name: str, *, actor: str) -> PromptTest:
    """Store a call's values as a test whose answer must fit the prompt's schema.

    Raises `NotFound`, `Invalid` for a name that cannot be one, and `Conflict` where there is one of that name, or where
    the values are kept no longer.
    """
    found = calls.get(key)
    template = found.usage.template_id
    if template is None or found.text is None or found.text.variables is None:
        raise Conflict(f"The values of call {key} are kept no longer, or its prompt is not in the library.")
    try:
        case = PromptTestCase(name=name.strip(), view=found.usage.context.get("view"), inputs=found.text.variables)
    except pydantic.ValidationError:
        raise Invalid({"name": "one line of 1 to 120 characters"}) from None
    if any(each.name == case.name for each in tests.tests(str(template))):
        raise Conflict(f"There is a test {case.name} already.")
    return tests.add(str(template), case, actor=actor)
