"""What project code might try, run for real against the sandbox of this machine."""

from sigma_core.projects.sandbox.attacks.model import Attack, AttackResult
from sigma_core.projects.sandbox.attacks.run import ATTACKS, run_attacks

__all__ = ["ATTACKS", "Attack", "AttackResult", "run_attacks"]
