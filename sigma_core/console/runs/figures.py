"""What a run reports of itself, in words. Pure."""

from collections.abc import Iterator, Mapping

from sigma_core.console import words

_NAMES: Mapping[str, str] = {
    **words.STATES,
    "base_tests": "Tests of the base",
    "carried": "Rulings carried to a new commit",
    "code_unread": "Code not read",
    "deferred": "Left for a later cycle",
    "experiment": "Asked of the graph",
    "left_out": "Left out",
    "model_failures": "Questions without a usable answer",
    "past_unread": "Past not read",
    "put_back": "Deliveries that come back",
    "received": "Taken in",
    "skipped": "Left for want of budget",
    "stale": "Proposals out of date",
    "unchanged": "As at the last look",
    "unread": "Files not read",
}
"""Where a figure's own name says too little."""


def rows(figures: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Each with its name, in the order reported."""
    for name, value in figures.items():
        if name == "experiment" and isinstance(value, Mapping):
            yield _NAMES[name], _asked(value)
        elif name == "commit":
            yield "Commit", str(value)[:8]
        else:
            yield _NAMES.get(name, words.field(name)), _value_text(value)


def _asked(experiment: Mapping[str, object]) -> str:
    """A strategy with how its questions went."""
    strategy = words.field(str(experiment.get("strategy", "nothing")))
    if skipped := experiment.get("skipped"):
        return f"{strategy}: not asked. {skipped}"
    runs = experiment.get("runs")
    told = [words.plural(len(runs) if isinstance(runs, list) else 0, "answer")]
    for name, said in (("unknown", "of which it knows nothing yet"), ("failed", "that failed")):
        if isinstance(number := experiment.get(name), int):
            told.append(f"{words.plural(number, 'question')} {said}")
    return f"{strategy}: {', '.join(told)}"


def _value_text(value: object) -> str:
    if isinstance(value, Mapping):
        parts = (f"{str(name).replace('_', ' ')} {_value_text(each)}" for name, each in value.items() if each)
        return ", ".join(parts) or "none"
    if isinstance(value, list):
        return ", ".join(map(_value_text, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return words.count(value)
    return "n/a" if value is None else str(value)
