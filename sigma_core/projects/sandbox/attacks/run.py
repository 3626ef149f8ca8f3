"""Runs the attacks, one after the other."""

from collections.abc import Sequence

from sigma_core.projects.sandbox.attacks.host import Host, attacked_host
from sigma_core.projects.sandbox.attacks.kernel import KERNEL
from sigma_core.projects.sandbox.attacks.model import Attack, AttackResult
from sigma_core.projects.sandbox.attacks.reach import REACH
from sigma_core.projects.sandbox.attacks.resources import RESOURCES
from sigma_core.projects.sandbox.attacks.survival import SURVIVAL
from sigma_core.projects.sandbox.model import Grade, Sandbox

ATTACKS: tuple[Attack, ...] = (*RESOURCES, *REACH, *KERNEL, *SURVIVAL)


def run_attacks(sandbox: Sandbox, attacks: Sequence[Attack] = ATTACKS) -> list[AttackResult]:
    """Try them all; the whole set takes less than 20 seconds. At the grade *none* there is nothing to attack.

    Raises `Unavailable` where no Python can be started inside.
    """
    if sandbox.grade is Grade.NONE:
        return []
    with attacked_host(sandbox) as host:
        return [_run(attack, sandbox, host) for attack in attacks]


def _run(attack: Attack, sandbox: Sandbox, host: Host) -> AttackResult:
    execution = sandbox.run(host.request(attack.code, attack.limits, sandbox.grade))
    problems = [attack.judge(execution), *(f"left {what}" for what in host.harm())]
    host.tidy()
    detail = "; ".join(filter(None, problems))
    return AttackResult(
        name=attack.name,
        must_not=attack.must_not,
        held=not detail,
        promised=sandbox.grade in attack.promised,
        detail=detail,
        ending=execution.ending,
        duration_ms=execution.duration_ms,
    )
