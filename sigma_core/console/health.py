"""One sentence for how the whole is doing, and what to do about it. Pure."""

from dataclasses import dataclass

from sigma_core.console import words
from sigma_core.console.components.blocks import page_head
from sigma_core.console.components.signs import Tone
from sigma_core.console.markup import Html, element, join
from sigma_core.graph.updater import UpdaterFigures
from sigma_core.runtime.status import SystemStatus

START = "sigma up"
LATE_S = 60.0
"""Age of a change from which the graph counts as late."""


@dataclass(frozen=True)
class SystemHealth:
    """`lead` is the answer, `rest` proves it; `command` mends it."""

    tone: Tone
    lead: str
    rest: str
    command: str | None = None


def health(status: SystemStatus) -> SystemHealth:
    """The worst thing first."""
    if not status.projects:
        return SystemHealth("wait", "No project yet.", "Register a git repository and the workers start on it.")
    if not status.scheduler_alive and status.backlog:
        waits = f"{words.plural(status.backlog, 'run')} waiting, the oldest for {words.age(status.waiting_s)}."
        return SystemHealth("bad", "Stalled.", f"{waits} No scheduler takes them up.", START)
    if not status.scheduler_alive:
        return SystemHealth("warn", "Off.", "No scheduler is running, so nothing happens by itself.", START)
    if status.all_paused:
        return SystemHealth("warn", "Schedule paused.", "Workers run only when somebody asks.")
    if failing := [worker.name for worker in status.workers if worker.failing]:
        named = ", ".join(failing)
        return SystemHealth("warn", "Working, with failures.", f"The latest run of {named} failed.")
    return SystemHealth("ok", "Working normally.", f"{_punctual(status)}, {_queue(status)}.")


def headline(title: str, status: SystemStatus) -> Html:
    """A page's head that answers with the health of the whole."""
    found = health(status)
    command = join(" Start one with ", element("code", found.command)) if found.command else None
    return page_head(title, element("strong", found.lead), f" {found.rest}", command, tone=found.tone)


def scheduler_line(status: SystemStatus) -> tuple[Tone, str]:
    """The sidebar's word on the scheduler."""
    if status.scheduler is None:
        return ("bad", "stalled") if status.backlog else ("off", "off")
    seen = words.age((status.now - status.scheduler.seen_at).total_seconds())
    if status.scheduler_alive:
        return "ok", f"{seen} ago"
    return ("bad", f"silent {seen}") if status.backlog else ("off", f"off, {seen}")


def graph_line(figures: UpdaterFigures, *, is_gone: bool) -> tuple[Tone, str]:
    """The sidebar's word on the graph: how far it is behind the database. `is_gone`: it has no files."""
    waiting = figures.pending + figures.leased
    if figures.failures:
        return "bad", f"away, {waiting} waiting"
    if is_gone and figures.last_written_at:
        return "bad", "lost"
    if figures.rewriting:
        return "warn", f"written anew, {figures.rewriting} waiting"
    if figures.set_aside:
        return "warn", f"{figures.set_aside} refused"
    if waiting:
        return (
            "ok" if (figures.lag_s or 0) < LATE_S else "warn"
        ), f"{waiting} waiting, {words.age(figures.lag_s or 0)}"
    return ("ok", "up to date") if figures.last_written_at else ("off", "empty")


def _punctual(status: SystemStatus) -> str:
    paused = [worker.name for worker in status.cycles if worker.job and worker.job.paused]
    said = f", {' and '.join(paused)} paused" if paused else ""
    return f"{status.on_schedule} of {len(status.cycles)} workers on schedule{said}"


def _queue(status: SystemStatus) -> str:
    if not status.backlog:
        return "nothing waits in the queue"
    return f"oldest job in the queue {words.age(status.waiting_s)}"
