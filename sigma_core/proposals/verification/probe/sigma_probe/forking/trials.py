"""Trials: some of the tests with some code written otherwise, each in a forked process.

The process that forks has loaded the project and collected its tests, and runs none of them.
"""

import gc
import os
import resource
import signal
import sys
import threading
from time import monotonic, sleep

from sigma_probe.forking.functions import Loaded
from sigma_probe.forking.sources import Source, Unfit
from sigma_probe.forking.traces import Traces, places
from sigma_probe.lines import Files

_CLOSING = -1
"""The number of the last one: nothing is written otherwise, and the tests are those that failed before."""


class Trial:
    """What one forked process runs."""

    def __init__(self, number, tests, files, changes, stops=False, cpu_s=0, wall_s=0.0):
        self.number, self.tests, self.stops = number, set(tests), stops
        self.files, self.changes = files, changes
        self.cpu_s, self.wall_s = cpu_s, wall_s
        self._told = None

    def enter(self, pipe):
        """To be called in its process."""
        self._told = pipe
        os.setpgid(0, 0)
        if self.cpu_s:
            resource.setrlimit(resource.RLIMIT_CPU, (self.cpu_s, self.cpu_s + 5))
        for path, data in self.files.items():
            with open(path, "wb") as file:
                file.write(data)

    def failed(self, name):
        """Remember it for the last trial."""
        if self._told is not None:
            try:
                os.write(self._told, name.encode("utf-8", "surrogateescape") + b"\n")
            except OSError:
                self._told = None


class Trials:
    """All trials of a plan. Everything is compiled here, before any code of the project runs."""

    def __init__(self, plan, send, branch):
        self._send, self._branch = send, branch
        self._tests, self._broken = plan["only"], set(plan["broken"])
        self._end, self._roots = monotonic() + plan["seconds"], places(plan["temporary"])
        self._sources = {name: _source(name, text) for name, text in plan["texts"].items()}
        self._copies = self._touched(plan["trials"])
        self._made = [self._trial(number, each) for number, each in enumerate(plan["trials"])]
        self._longest_s = max([each["wall_s"] for each in plan["trials"]] or [0])
        self._files = Files(list(self._sources))
        self.current = None

    def each(self):
        """In a forked process its trial; in this one None, when all of them are over."""
        if threading.active_count() > 1:
            self._send(t="unforkable", why="threads run before any test does")
            return None
        loaded = Loaded(self._files)
        # What is there by now need not be looked through for garbage, nor copied for that, in each process
        gc.collect()
        gc.freeze()
        own = [source.path for source in self._sources.values() if source is not None]
        traces = Traces(self._roots, own)
        failed = set()
        for number, made in enumerate(self._made):
            if monotonic() > self._end:
                self._send(t="late")
                return None
            try:
                trial, swaps = self._fitted(made, loaded)
            except Unfit as why:
                self._send(t="unfit", k=number, why=str(why))
                continue
            if self._forked(trial, swaps, failed):
                return trial
            if not traces.removed():
                self._send(t="soiled")
                return None
        closing, swaps = self._closing(failed, loaded)
        return closing if failed and self._forked(closing, swaps, set()) else None

    def breaks(self, text):
        """Whether a failure says no more than that the code broke."""
        return text.split(":", 1)[0].rsplit(".", 1)[-1].strip() in self._broken

    def _touched(self, planned):
        """Copies of the code at all places that any trial writes otherwise, by file: every trial puts in either those
        or others, so that each goes through the same steps."""
        places = {}
        for each in planned:
            for name, *where in each["parts"]:
                if self._sources[name] is not None:
                    places.setdefault(name, []).append(_part(self._sources[name], where))
        return {name: self._sources[name].same(those) for name, those in places.items()}

    def _trial(self, number, planned):
        tests = [self._tests[each] for each in planned["only"]]
        parts = {}
        for name, *where in planned["parts"]:
            if self._sources[name] is None:
                return "its file cannot be read"
            parts.setdefault(name, []).append(_part(self._sources[name], where))
        try:
            files, changes = self._written(parts)
        except Unfit as why:
            return str(why)
        return Trial(number, tests, files, changes, planned["stops"], planned["cpu_s"], planned["wall_s"])

    def _written(self, parts):
        files, changes = {}, {}
        for name, copies in self._copies.items():
            source, here = self._sources[name], parts.get(name, [])
            files[source.path] = source.written(here)
            other = source.changes(here) if here else []
            known = {old for old, _, _ in other}
            changes[source.path] = other + [each for each in copies if each[0] not in known]
        return files, changes

    @staticmethod
    def _fitted(made, loaded):
        if isinstance(made, str):
            raise Unfit(made)
        return made, [swap for path, changes in made.changes.items() for swap in loaded.swaps(path, changes)]

    def _closing(self, failed, loaded):
        files, changes = self._written({})
        trial = Trial(_CLOSING, failed, files, changes, wall_s=self._longest_s * 2)
        return trial, [swap for path, those in changes.items() for swap in loaded.swaps(path, those)]

    def _forked(self, trial, swaps, failed):
        """True in the forked process; the other one waits for it, and notes which tests failed there."""
        ours, theirs = os.pipe()
        os.set_blocking(theirs, False)
        sys.stdout.flush()
        sys.stderr.flush()
        began = monotonic()
        child = os.fork()
        if child == 0:
            os.close(ours)
            self._branch(k=trial.number)
            self.current = trial
            trial.enter(theirs)
            for function, code in swaps:
                function.__code__ = code
            return True
        os.close(theirs)
        ended = _ended(child, trial.wall_s)
        os.set_blocking(ours, False)
        try:
            failed.update(os.read(ours, 1 << 20).decode("utf-8", "surrogateescape").split("\n")[:-1])
        except BlockingIOError:
            pass
        os.close(ours)
        # A killed one may have stopped within a line
        self._send(b"\n", t="ended", k=trial.number, s=round(monotonic() - began, 3), **ended)
        return False


def _source(name, text):
    try:
        return Source(name, text)
    except (SyntaxError, ValueError):
        return None


def _part(source, where):
    start, end, text = where
    return source.offset(*start), source.offset(*end), text.encode("utf-8", "surrogateescape")


def _ended(child, wall_s):
    """How it ended; one that lasts longer is ended, with all that it started."""
    deadline, pause, why = monotonic() + wall_s, 0.001, ""
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            break
        if monotonic() > deadline:
            why = "time"
            _killed(child)
            status = os.waitpid(child, 0)[1]
            break
        sleep(pause)
        pause = min(pause * 1.5, 0.02)
    _killed(child)
    if os.WIFSIGNALED(status):
        over = os.WTERMSIG(status) == signal.SIGXCPU
        return {"code": None, "signal": os.WTERMSIG(status), "why": "time" if over else why}
    return {"code": os.WEXITSTATUS(status), "signal": None, "why": why}


def _killed(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
