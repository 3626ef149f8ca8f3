"""Forms in which people ask of code: who breaks, which tests, who changed it, what was tried. `it` is what is meant."""

import re

_CHANGE = r"(?:touch|chang|edit|modif|renam|remov|delet|refactor|rewrit|break|drop|replac|mov|fix)\w*"
_CHANGED = r"(?:chang|touch|edit|modif|writ|wrote|rewritt|broke|fix|mend|add|introduc|remov|made|creat)\w*"
_MAY = r"(?:(?:do|does|will|would|could|can|may|might|should|must) )?"
_SOMEBODY = r"(?: (?:i|we|you|one|somebody|someone))?"
_IF = rf"(?:if|when|once|after|before){_SOMEBODY} {_CHANGE}"
_TESTED = r"(?:run|cover|exercise|check|test|reach|execute|guard|call|use|touch|hit)\w*"
_TRY = r"(?:try|tried|attempted|done|decided|proposed|suggested|fixed|mended)"
_FIXES = r"(?:the |your |our )?(?:proposals?|fix(?:es)?|attempts?|suggestions?|changes)"

LEADS = (
    re.compile(r"^(?:please|hey|hi|so|and|ok|well)[,\s]+", re.IGNORECASE),
    re.compile(
        r"^(?:(?:can|could|would) you (?:please )?)?(?:tell|show|give) (?:me|us) |^(?:do you|does anyone) know "
        r"|^i (?:want|would like|need) to (?:know|see) |^(?:list|print|find) (?:me )?",
        re.IGNORECASE,
    ),
)
"""Ways to begin that ask nothing."""
CONTRACTED = re.compile(r"\b(what|who|where|which|how|when|why)[’']s\b", re.IGNORECASE)

TRIED = (
    rf"what (?:was|were|has been|have (?:we|you)|has sigma|did (?:we|you|sigma)|has anyone) (?:ever |already )?"
    rf"{_TRY}(?: already)? (?:on|about|against|for|with|to|in) (?P<it>.+)",
    rf"what (?:happened|became) (?:to|with|of) {_FIXES} (?:on|for|of|to|about|against) (?P<it>.+)",
    rf"(?:have|has|had|did) (?:we|you|anyone|anybody|somebody|someone|sigma)(?: ever| already)? {_TRY}"
    rf"(?: to \w+| fixing| mending)? (?P<it>.+)",
    rf"(?:was|were|is|has) (?P<it>.+?)(?: been)?(?: ever| already)(?: been)? {_TRY}",
    rf"(?:are there |were there |is there |have there been )?(?:any|some|open|earlier|past) {_FIXES} "
    r"(?:on|for|of|to|about|against|in) (?P<it>.+)",
    rf"why (?:was|were) {_FIXES} (?:on|for|of|to|about|against|in) (?P<it>.+?) "
    r"(?:rejected|refused|declined|approved|accepted|left|undecided|not taken)",
    rf"how (?:did|do|have) {_FIXES} (?:on|for|of|to|about|against|in) (?P<it>.+?) (?:go|gone|end|ended|fare|do|done)",
)
TESTS = (
    rf"(?:which|what) tests? (?:are there |is there |there are )?{_MAY}{_TESTED} (?P<it>.+)",
    rf"(?:which|what) tests? (?:should|must|do|can) (?:i|we) run {_IF} (?P<it>.+)",
    rf"(?:which|what) tests? {_MAY}(?:fail|break|turn red|go red) {_IF} (?P<it>.+)",
    r"(?:which|what) tests? (?:exist|are there|is there|do we have|have we) (?:for|of|on) (?P<it>.+)",
    r"(?:how|where|by what|by which tests?) (?:is|are) (?P<it>.+?) (?:tested|covered)",
    r"(?:is|are) (?P<it>.+?) (?:tested|covered)(?: by (?:a |any )?tests?)?",
    rf"(?:does|do|is there) (?:anything|any test|any tests|a test|some test)(?: that)? {_TESTED} (?P<it>.+)",
    r"(?:do we have|have we|are there|is there)(?: got)? (?:any |a |some )?tests? (?:of|for|on) (?P<it>.+)",
    r"(?:the |all )?tests? (?:of|for) (?P<it>.+)",
)
BREAKS = (
    rf"what (?:else )?{_MAY}(?:break|fail|be affected|suffer|stop working|is affected|is at risk|go wrong)s?"
    rf"(?: by)?(?: {_IF}| {_CHANGE}) (?P<it>.+)",
    rf"what (?:else )?{_MAY}(?:happen)s? {_IF} (?P<it>.+)",
    rf"what else (?:do|must|should|would) (?:i|we) (?:have to |need to )?{_CHANGE} {_IF} (?P<it>.+)",
    rf"{_IF} (?P<it>.+?),? (?:what|who)(?: else)? {_MAY}(?:break|fail|happen|be affected|suffer)s?",
    r"(?:who|what|which (?:functions?|classes|modules?|code|places?|parts?))(?: else)? "
    r"(?:calls?|uses?|imports?|depends? on|inherits? from|derives? from|relies on|rely on) (?P<it>.+)",
    r"(?:the |all )?(?:callers?|users?|dependents?|usages?|uses?) of (?P<it>.+)",
    r"(?:where|from where) (?:is|are) (?P<it>.+?) (?:used|called|imported|referenced)(?: from| in| by)?",
    rf"(?:is it|would it be) (?:safe|risky|dangerous|ok|okay) to {_CHANGE} (?P<it>.+)",
    rf"(?:can|may|could|should) (?:i|we) (?:safely |just )?{_CHANGE} (?P<it>.+?)(?: safely)?",
    r"how (?:risky|safe|dangerous) is (?:a change (?:of|to|in)|changing|touching) (?P<it>.+)",
    rf"(?:what is )?(?:the )?(?:blast radius|impact|reach|effect) of (?:{_CHANGE} )?(?P<it>.+)",
)
HISTORY = (
    rf"who (?:has |had )?(?:last |recently |first )?{_CHANGED} (?P<it>.+)",
    r"who (?:knows|owns|maintains|understands) (?P<it>.+?)(?: best| most| well)?",
    r"who (?:should|can|could|do) (?:i|we) (?:ask|talk to|turn to) (?:about|for|concerning) (?P<it>.+)",
    r"who is (?:the |an )?(?:expert|owner|author|maintainer)(?: on| of| for| in)? (?P<it>.+)",
    rf"(?:why|when) (?:was|were|is|has|did) (?P<it>.+?) (?:last |been |recently )*{_CHANGED}",
    r"why (?:does|is|do) (?P<it>.+?) (?:look|work|written|done|implemented|exist)"
    r"(?: the way it does| like (?:this|that)| this way| that way)?",
    r"what (?:has |was )?(?:last |recently )?changed in (?P<it>.+)",
    r"(?:the )?(?:last|latest|recent|newest) (?:change|commit|fix|edit)\w* (?:of|to|in|on) (?P<it>.+)",
    r"(?:the )?(?:(?:git )?history|(?:git )?log|changes) (?:of|for) (?P<it>.+)",
    r"git (?:blame|log|history)(?: of| for| on)? (?P<it>.+)",
)
