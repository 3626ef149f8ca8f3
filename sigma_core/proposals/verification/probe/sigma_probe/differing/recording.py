"""The arguments that functions get while tests run."""

import os
import sys
import threading
import time

from sigma_probe.differing.calls import Input, Shape
from sigma_probe.differing.copying import copied

MOST_CALLS = 20
_LONGEST_S = 3.0
_TOOL = 3


class Recorder:
    """Takes the place of a tracer of lines while the tests run."""

    name = "recorder"

    def __init__(self, pairs, at_import=True):
        """`at_import`: from the start on, and not only from the first test on. Each call costs then, of anything."""
        self._at_import = at_import
        self.calls = [[] for _ in pairs]
        self.uncopied = [0 for _ in pairs]
        self._wanted = {}
        for number, pair in enumerate(pairs):
            self._wanted.setdefault(pair["line"], []).append((os.path.realpath(pair["file"]), number))
        self._texts = [set() for _ in pairs]
        self._defaults = {}
        self._names = [pair["name"] for pair in pairs]
        self._spent, self._busy, self._started = 0.0, False, False

    def start(self):
        if self._at_import:
            self._begin()

    def _begin(self):
        self._started = True
        if sys.version_info >= (3, 12):
            monitoring = sys.monitoring
            monitoring.use_tool_id(_TOOL, "sigma-calls")
            monitoring.register_callback(_TOOL, monitoring.events.PY_START, self._on_start)
            monitoring.set_events(_TOOL, monitoring.events.PY_START)
        else:
            threading.setprofile(self._on_event)
            sys.setprofile(self._on_event)

    def stop(self):
        if not self._started:
            return
        if sys.version_info >= (3, 12):
            sys.monitoring.set_events(_TOOL, 0)
            sys.monitoring.free_tool_id(_TOOL)
        else:
            sys.setprofile(None)
            threading.setprofile(None)

    def switch(self, test):
        if not self._started:
            self._begin()

    def _on_start(self, code, offset):
        number = self._number(code)
        if number is None:
            return sys.monitoring.DISABLE
        self._record(number, sys._getframe(1))
        return None

    def _on_event(self, frame, event, argument):
        if event == "call" and frame.f_code.co_firstlineno in self._wanted:
            number = self._number(frame.f_code)
            if number is not None:
                self._record(number, frame)

    def _number(self, code):
        for path, number in self._wanted.get(code.co_firstlineno, ()):
            if self._names[number].rpartition(".")[2] == code.co_name and os.path.realpath(code.co_filename) == path:
                return number
        return None

    def _record(self, number, frame):
        if self._busy or self._spent > _LONGEST_S or len(self.calls[number]) >= MOST_CALLS:
            return
        self._busy, began = True, time.perf_counter()
        try:
            call = self._input(number, frame)
            text = call.text
            if text not in self._texts[number]:
                self._texts[number].add(text)
                self.calls[number].append(call)
        except Exception:
            # Locks, files, generators, what is too large
            self.uncopied[number] += 1
        finally:
            self._busy = False
            self._spent += time.perf_counter() - began

    def _input(self, number, frame):
        shape, here = Shape(frame.f_code), frame.f_locals
        if number not in self._defaults:
            self._defaults[number] = _defaults(self._names[number], frame, shape)
        defaults = self._defaults[number]
        values = {name: here[name] for name in shape.names if name in here}
        given = {name: each for name, each in values.items() if name not in defaults or defaults[name] is not each}
        return Input(copied(given, list(frame.f_globals.values())), origin="recorded")


def _defaults(name, frame, shape):
    """The very objects that stand for what a caller leaves out."""
    found = frame.f_globals.get(name.split(".")[0])
    for part in name.split(".")[1:]:
        found = getattr(found, "__dict__", {}).get(part)
    while found is not None and getattr(found, "__code__", None) is not frame.f_code:
        found = (
            getattr(found, "__func__", None) or getattr(found, "fget", None) or getattr(found, "__wrapped__", None)
        )
    if found is None:
        return {}
    positional = found.__defaults__ or ()
    defaults = dict(zip(shape.positional[len(shape.positional) - len(positional) :], positional))
    defaults.update(found.__kwdefaults__ or {})
    return defaults
