"""What an expectation rests on, in words. Pure."""

from sigma_core.formatting import percent
from sigma_core.issues.tables import RuleExpectation


def basis(row: RuleExpectation) -> str:
    """The project's own past, what became of our changes, and what other projects let one expect."""
    said = [
        f"{row.fixed_lives} of {row.lives} such issues were fixed here (worth {row.own_trials:.1f} trials)"
        if row.lives
        else "none was met here before"
    ]
    if row.taken or row.refused:
        said.append(f"{row.taken} of our changes were taken, {row.refused} refused")
    others = f"{len(row.sources)} other projects" if len(row.sources) > 1 else "another project"
    said.append(f"{percent(row.pooled)} by {others if row.sources else 'rules of its family'}")
    return ", ".join(said)


def worth(row: RuleExpectation) -> str:
    """Why an issue of the rule stands where it does among others."""
    wanted = f"wanted with {percent(row.wanted)} [{percent(row.low)}, {percent(row.high)}]"
    return f"{wanted}: {basis(row)}. Proved with {percent(row.verifies)}, in about {row.seconds:.0f} s."
