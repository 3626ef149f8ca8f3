"""`sigma rules`: which of the linter's rules fixes are offered of, and why not of others."""

from typing import Annotated

import typer

from sigma_core.cli.frame import actor, emit, system, table

app = typer.Typer(
    no_args_is_help=True,
    help="Rules that fixes are offered of. A project's own configuration counts; here an operator has the last word.",
)

Rule = Annotated[str, typer.Argument(metavar="RULE", help="A rule's code, or a beginning of it: B905, UP.")]
ProjectOption = Annotated[str | None, typer.Option("--project", help="Id or name; every project if left out.")]
Reason = Annotated[str, typer.Option(help="Why; kept with it and audited.")]


@app.command("list")
def list_(project: ProjectOption = None) -> None:
    """What operators said, and what is withheld unless they say otherwise."""
    from sigma_core.issues.rule_policy import UNLESS_SELECTED, WITHHELD

    sigma = system()
    said = sigma.issues.rule_preferences.list(_project_id(project))
    document = [
        {
            "rule": each.rule,
            "offered": each.offered,
            "reason": each.reason,
            "project_id": each.project_id,
            "actor": each.actor,
        }
        for each in said
    ]
    names = {each.id: each.name for each in sigma.projects.service.list()}
    rows = [
        (each.rule, "offered" if each.offered else "withheld", names.get(each.project_id, "every project"), each.reason)
        for each in said
    ]
    rows += [(rule, "withheld", "built in", reason) for rule, reason in WITHHELD.items()]
    rows += [(rule, "withheld", "unless the project selects it", reason) for rule, reason in UNLESS_SELECTED.items()]
    emit(
        {"rules": document, "built_in": {**WITHHELD, **UNLESS_SELECTED}},
        table(("rule", "fixes are", "where", "reason"), rows),
    )


@app.command("offer")
def offer(rule: Rule, reason: Reason, project: ProjectOption = None) -> None:
    """Offer fixes of a rule, whatever the project's configuration says of it."""
    _set(rule, True, reason, project)


@app.command("withhold")
def withhold(rule: Rule, reason: Reason, project: ProjectOption = None) -> None:
    """Offer no fixes of a rule."""
    _set(rule, False, reason, project)


@app.command("reset")
def reset(rule: Rule, project: ProjectOption = None) -> None:
    """Take back what an operator said of a rule."""
    system().issues.rule_preferences.reset(rule, actor=actor(), project_id=_project_id(project))
    emit({"rule": rule, "reset": True}, [f"{rule} is as built in again."])


def _set(rule: str, offered: bool, reason: str, project: str | None) -> None:
    from sigma_core.issues.detectors.ruff_process import ruff_version

    said = system().issues.rule_preferences.set(
        rule, offered=offered, reason=reason, actor=actor(), project_id=_project_id(project)
    )
    known = system().issues.rule_preferences.is_known(said.rule)
    document = {
        "rule": said.rule,
        "offered": offered,
        "reason": said.reason,
        "project_id": said.project_id,
        "known": known,
    }
    where = f"in {project}" if project else "in every project"
    lines = [f"Fixes of {said.rule} are {'offered' if offered else 'withheld'} {where} from the next cycle on."]
    if not known:
        lines.append(
            f"Warning: {said.rule} stands for no rule known here: neither ruff {ruff_version()} nor a built-in "
            "detector has such a rule, and nothing was ever found by one."
        )
    emit(document, lines)


def _project_id(project: str | None) -> int | None:
    return system().projects.service.get(project).id if project else None
