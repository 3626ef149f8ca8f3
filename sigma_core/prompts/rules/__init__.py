"""How the offline rules answer the built-in prompts: from their variables only, never with canned text."""

from collections.abc import Mapping

from sigma_core.llm.offline import Rule
from sigma_core.prompts.rules.assessing import issue_assessment, risk_assessment
from sigma_core.prompts.rules.fixing import error_fix
from sigma_core.prompts.rules.learning import experiment_generation, pattern_extraction
from sigma_core.prompts.rules.ranking import context_retrieval

RULES: Mapping[str, Rule] = {
    "analysis/issue_assessment": issue_assessment,
    "dream/error_fix": error_fix,
    "think/risk_assessment": risk_assessment,
    "learning/pattern_extraction": pattern_extraction,
    "recall/context_retrieval": context_retrieval,
    "dreamer/experiment_generation": experiment_generation,
}
