"""What forbids namespaces is read from the kernel and told with the command that allows them."""

from pathlib import Path

import pytest

from sigma_core.projects.sandbox.forbidden import confinement

ALL, NO_MORE_THAN_DOCKER_GIVES = 0x1FFFFFFFFFF, 0xA80425FB


def kernel(proc: Path, *, capabilities: int = ALL, seccomp: int = 0, **switches: str) -> Path:
    """What the kernel of such a machine would say."""
    (proc / "self").mkdir()
    (proc / "self" / "status").write_text(f"Name:\tpython\nCapEff:\t{capabilities:016x}\nSeccomp:\t{seccomp}\n")
    for name, value in switches.items():
        folder, _, file = name.partition("_")
        (proc / "sys" / folder).mkdir(parents=True, exist_ok=True)
        (proc / "sys" / folder / file).write_text(f"{value}\n")
    return proc


@pytest.mark.parametrize("as_root", [True, False])
def test_apparmor_is_named_with_its_switch(tmp_path: Path, as_root: bool) -> None:
    proc = kernel(tmp_path, kernel_apparmor_restrict_unprivileged_userns="1", user_max_user_namespaces="1000")
    said = confinement(as_root=as_root, proc=proc).mend()
    assert said.startswith("AppArmor forbids user namespaces: `sudo sysctl -w ")
    assert "`sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`" in said
    assert "/etc/sysctl.d" in said


def test_a_limit_of_no_namespaces_at_all_is_named(tmp_path: Path) -> None:
    proc = kernel(tmp_path, user_max_user_namespaces="0", kernel_unprivileged_userns_clone="0")
    said = confinement(as_root=False, proc=proc).mend()
    assert "`sudo sysctl -w user.max_user_namespaces=10000 kernel.unprivileged_userns_clone=1`" in said


def test_a_container_is_to_be_started_with_what_it_lacks(tmp_path: Path) -> None:
    proc = kernel(tmp_path, capabilities=NO_MORE_THAN_DOCKER_GIVES, seccomp=2)
    assert "docker run --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined" in (
        confinement(as_root=True, proc=proc).mend()
    )
    assert "docker run --security-opt seccomp=unconfined" in confinement(as_root=False, proc=proc).mend()


def test_where_nothing_is_seen_the_kernels_log_is_named(tmp_path: Path) -> None:
    assert "dmesg" in confinement(as_root=False, proc=kernel(tmp_path)).mend()
