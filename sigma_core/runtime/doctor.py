"""What works on this machine, what is missing, and how to mend it."""

import platform
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sigma_core import schema
from sigma_core.errors import SigmaError
from sigma_core.formatting import plural
from sigma_core.graph.embeddings.hashed import HashedEmbedder
from sigma_core.graph.server import installed
from sigma_core.graph.updater import figures
from sigma_core.llm.health import ModelHealth
from sigma_core.plugins import Plugin, states
from sigma_core.projects.git import run as git
from sigma_core.projects.readiness import readiness

if TYPE_CHECKING:
    from sigma_core.runtime.system import System


class PartHealth(StrEnum):
    """How a part is."""

    OK = "ok"
    MISSING = "missing"
    """Something cannot be done without it."""
    OFF = "off"
    """Not there, and nothing needs it now."""


@dataclass(frozen=True)
class Diagnosis:
    """One part: what was seen, and the command that mends it."""

    name: str
    health: PartHealth
    detail: str
    mend: str = ""


def database(system: "System") -> Diagnosis:
    """Is the store reachable and migrated?"""
    kind = "SQLite" if system.database.is_sqlite else "PostgreSQL"
    try:
        revision = schema.current(system.database)
    except SigmaError as error:
        return Diagnosis(
            "database", PartHealth.MISSING, str(error), "Check SIGMA_DATABASE_URL and that the server runs."
        )
    where = f" in {system.settings.home}" if system.database.is_sqlite else ""
    return Diagnosis("database", PartHealth.OK, f"{kind}{where}, revision {revision}")


def graph(system: "System") -> Diagnosis:
    """Does the graph answer, and does it show what the database says?"""
    embedded = system.graph.adapter.embedded
    if embedded and not installed():
        detail = "No embedded graph server for this platform; recall answers from the database."
        return Diagnosis("graph", PartHealth.OFF, detail, "Set SIGMA_GRAPH_URL to a Neo4j or FalkorDB server.")
    try:
        stats, waiting = system.graph.adapter.stats(), figures(system.database)
        rows = system.graph.loader.rows()
    except SigmaError as error:
        mend = f"Its log: {system.graph.server.log}" if embedded else "Check SIGMA_GRAPH_URL, _USER and _PASSWORD."
        return Diagnosis("graph", PartHealth.MISSING, str(error), mend)
    where = "embedded FalkorDB" if embedded else "server of SIGMA_GRAPH_URL"
    detail = f"{where}, {stats.entities} entities, {stats.edges} facts, {stats.episodes} episodes"
    detail += f"; {waiting.pending + waiting.leased} changes wait" + (
        f", {waiting.set_aside} set aside" if waiting.set_aside else ""
    )
    if stats.episodes < rows:
        return Diagnosis(
            "graph", PartHealth.MISSING, f"{detail}; {rows} are written by our records", "sigma graph rebuild"
        )
    return Diagnosis("graph", PartHealth.OK, detail)


def embedder(system: "System") -> Diagnosis:
    """What makes vectors of texts, tried on one."""
    try:
        chosen = system.graph.embedder
        if chosen is None:
            return Diagnosis("embedder", PartHealth.OFF, "None is wanted; recall goes by words and graph.")
        chosen.rows(["a question"])
    except SigmaError as error:
        return Diagnosis("embedder", PartHealth.MISSING, str(error), "SIGMA_EMBEDDER=auto takes what there is.")
    behind = system.recall.maintenance.figures()
    detail = f"{chosen.model_id}, {behind.made} vectors, {behind.waiting} wait" if behind else chosen.model_id
    if chosen.model_id == HashedEmbedder.model_id:
        return Diagnosis(
            "embedder", PartHealth.OFF, f"{detail}; it knows spellings, but not what is said in other words"
        )
    return Diagnosis("embedder", PartHealth.OK, detail)


def model(system: "System") -> Diagnosis:
    """Which model answers, and whether its server does."""
    if system.llm.model.remote:
        if failing := system.llm.health.failing():
            detail = "; ".join(_failing(each) for each in failing)
            return Diagnosis(
                "model", PartHealth.MISSING, detail, "Check OPENAI_BASE_URL or SIGMA_MODELS and that the server runs."
            )
        return Diagnosis(
            "model", PartHealth.OK, f"{system.llm.model.name}, for projects that allow it (sigma project permit)"
        )
    mend = "Set SIGMA_MODEL, and OPENAI_BASE_URL or OPENAI_API_KEY, to ask a model server."
    return Diagnosis("model", PartHealth.OFF, "No model server; the offline rules answer.", mend)


def _failing(state: ModelHealth) -> str:
    rest = f", left alone until {state.rests_until:%Y-%m-%d %H:%M:%S} UTC" if state.rests_until else ""
    return f"{state.model} failed {state.failures} times in a row{rest}: {state.error}"


def interpreter(_system: "System") -> Diagnosis:
    """The Python that SIGMA itself runs on."""
    return Diagnosis("python", PartHealth.OK, f"{platform.python_version()} on {platform.system()}")


def git_program(system: "System") -> Diagnosis:
    """Git, which everything rests on."""
    try:
        said = git("--version", config=system.settings.home / "gitconfig").decode().strip()
    except SigmaError as error:
        return Diagnosis("git", PartHealth.MISSING, str(error), "apt-get install git")
    return Diagnosis("git", PartHealth.OK, said)


def sandbox(system: "System") -> Diagnosis:
    """Which grade of isolation is reached, by attacking it."""
    from sigma_core.projects.sandbox.attacks import run_attacks
    from sigma_core.projects.sandbox.select import choose_sandbox

    chosen = choose_sandbox(system.settings)
    grade = chosen.sandbox.grade
    if grade == "none":
        return Diagnosis(
            "sandbox", PartHealth.MISSING, "No project code runs, so nothing can be proved.", chosen.why_not_better
        )
    results = run_attacks(chosen.sandbox)
    open_doors = [result.name for result in results if not result.held]
    by = f" by {chosen.program}" if chosen.program else ""
    detail = f"grade {grade}{by}, {len(results) - len(open_doors)} of {len(results)} attacks held off"
    if open_doors:
        detail += f"; not held off: {', '.join(open_doors)}"
    broken = any(result.broken for result in results)
    health = PartHealth.OK if grade == "full" and not broken else PartHealth.MISSING
    return Diagnosis("sandbox", health, detail, chosen.why_not_better)


def plugins(_system: "System") -> Iterator[Diagnosis]:
    """What installed packages bring, by package; nothing where none does."""
    from sigma_core.exchange import registry as knowledge
    from sigma_core.experiments import tunable_catalog as tunables
    from sigma_core.issues.detectors import registry as detectors
    from sigma_core.prompts.assertions import registry as assertions
    from sigma_core.proposals.fixers import registry as fixers
    from sigma_core.strategies import registry as strategies

    for load in (detectors.installed, fixers.installed, strategies.installed, knowledge.installed):
        load()
    assertions.installed()
    tunables.installed()
    by_package: dict[str, list[Plugin]] = {}
    for plugin in states():
        by_package.setdefault(plugin.package, []).append(plugin)
    for package, brought in sorted(by_package.items()):
        yield _plugin(package, brought)


def _plugin(package: str, brought: Sequence[Plugin]) -> Diagnosis:
    counted = [f"{each.group.removeprefix('sigma.')} {each.name}" for each in brought if each.error is None]
    failed = [f"left out: {each.error}" for each in brought if each.error is not None]
    health = PartHealth.MISSING if failed else PartHealth.OK
    mend = "Mend or uninstall the package; everything else works without it." if failed else ""
    return Diagnosis(f"plug-in {package}", health, "; ".join([*failed, *counted]), mend)


def disk(system: "System") -> Diagnosis:
    """Room in the home."""
    free_gib = shutil.disk_usage(_existing(system.settings.home)).free / 2**30
    health = PartHealth.OK if free_gib > 1 else PartHealth.MISSING
    return Diagnosis(
        "disk", health, f"{free_gib:.1f} GiB free in {system.settings.home}", "" if free_gib > 1 else "Free some room."
    )


def scheduler(system: "System") -> Diagnosis:
    """Is a scheduler at work on this home?"""
    status = system.runtime.status.system()
    if status.scheduler_alive and status.scheduler:
        return Diagnosis("scheduler", PartHealth.OK, f"{status.scheduler.name}, {status.backlog} runs waiting")
    return Diagnosis("scheduler", PartHealth.OFF, "No scheduler runs on this home.", "sigma up")


def verifiers(system: "System") -> Iterator[Diagnosis]:
    """Who verifies, where that is left to other processes; nothing where it is not."""
    if system.settings.verification == "here":
        return
    try:
        serving = system.proposals.queue.serving()
    except SigmaError as error:
        yield Diagnosis("verifiers", PartHealth.MISSING, str(error))
        return
    if serving:
        yield Diagnosis("verifiers", PartHealth.OK, f"{plural(serving, 'process', 'processes')} at work")
    else:
        yield Diagnosis("verifiers", PartHealth.MISSING, "Nobody verifies, so cycles wait.", "sigma verifier")


def projects(system: "System") -> Iterator[Diagnosis]:
    """For each project: can its tests run, and with what?"""
    unseen = {line.project.id: line.blind_spots for line in system.runtime.status.projects()}
    for project in system.projects.service.list():
        name = f"project {project.name}"
        if not Path(project.path).exists():
            yield Diagnosis(
                name, PartHealth.MISSING, f"{project.path} is gone.", f"sigma project remove {project.name}"
            )
            continue
        try:
            with system.projects.service.clone(project).tree(project.head) as tree:
                ready = readiness(project, system.projects.service.config(project, project.head), tree)
        except SigmaError as error:
            yield Diagnosis(name, PartHealth.MISSING, str(error))
            continue
        detail = "; ".join([ready.detail, *unseen.get(project.id, ())])
        yield Diagnosis(name, PartHealth.OK if ready.ready else PartHealth.MISSING, detail, ready.mend)


CHECKS: tuple[Callable[["System"], Diagnosis], ...] = (
    interpreter,
    git_program,
    database,
    sandbox,
    model,
    graph,
    embedder,
    disk,
    scheduler,
)


def examine(system: "System", progress: Callable[[str], None] = lambda _: None) -> Iterator[Diagnosis]:
    """All checks, in the order they are told."""
    for check in CHECKS:
        progress(f"checking {check.__name__.replace('_', ' ')}")
        yield check(system)
    yield from verifiers(system)
    yield from plugins(system)
    progress("checking projects")
    yield from projects(system)


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)
