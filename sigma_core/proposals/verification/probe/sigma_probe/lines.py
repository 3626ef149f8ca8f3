"""Which lines of the files asked for each test executes.

Lines are kept as integers, bit n for line n, by test number; number -1 is what runs outside any test: imports.
"""

import importlib.machinery
import importlib.util
import os
import shutil
import sys
import tempfile
import threading

OUTSIDE = -1


def tracer_for(names, coverage_folder):
    """The fastest tracer that is right for this interpreter."""
    files = Files(names)
    if not names:
        return NoTracer(files)
    if sys.version_info >= (3, 12):
        return Monitor(files)
    extension = _extension(coverage_folder)
    return Compiled(files, extension) if extension else Trace(files)


class Files:
    """The files asked for, and which of them a code object's file name means."""

    def __init__(self, names):
        self.names = names
        self._number = {os.path.realpath(name): number for number, name in enumerate(names)}
        self._known = {}

    @property
    def paths(self):
        return list(self._number)

    def number(self, filename):
        """The number of the file, or None when nobody asked for it."""
        try:
            return self._known[filename]
        except KeyError:
            found = self._number.get(os.path.realpath(filename))
            self._known[filename] = found
            return found

    def modules(self):
        """Files that were imported from here, and files of which another copy was imported instead."""
        loaded, elsewhere = set(), {}
        for module in list(sys.modules.values()):
            path = getattr(module, "__file__", None)
            if not isinstance(path, str):
                continue
            number = self.number(path)
            if number is not None:
                loaded.add(number)
            else:
                self._note_other(module, path, elsewhere)
        return {
            "loaded": sorted(loaded),
            "elsewhere": {str(n): path for n, path in elsewhere.items() if n not in loaded},
        }

    def _note_other(self, module, path, elsewhere):
        tail = "/" + str(getattr(module, "__name__", "")).replace(".", "/")
        for number, name in enumerate(self.names):
            stem = "/" + (name[: -len("/__init__.py")] if name.endswith("/__init__.py") else name[: -len(".py")])
            if tail != "/" and stem.endswith(tail) and (tail.count("/") > 1 or stem == tail or stem == "/src" + tail):
                elsewhere[number] = path[:1000]


class NoTracer:
    name = "none"

    def __init__(self, files):
        self._files = files

    def start(self):
        pass

    def switch(self, test):
        pass

    def stop(self):
        pass

    def by_test(self):
        return []

    def modules(self):
        return self._files.modules()


class _Own(NoTracer):
    """Collects (file, line) of the running test in a set, folded into bits when the test changes."""

    def __init__(self, files):
        super().__init__(files)
        self._hits = set()
        self._test = OUTSIDE
        self._bits = {}

    def switch(self, test):
        self._fold()
        self._test = test

    def _fold(self):
        hits, self._hits = self._hits, set()
        mine = self._bits.setdefault(self._test, {})
        for number, line in hits:
            mine[number] = mine.get(number, 0) | (1 << line)

    def by_test(self):
        self._fold()
        for test, files in self._bits.items():
            if files:
                yield test, {str(number): format(bits, "x") for number, bits in files.items()}


class Monitor(_Own):
    """`sys.monitoring` (3.12 and newer): each line costs once per test."""

    name = "monitor"
    _TOOL = 4

    def start(self):
        monitoring = sys.monitoring
        events = monitoring.events
        monitoring.use_tool_id(self._TOOL, "sigma")
        monitoring.register_callback(self._TOOL, events.PY_START, self._on_start)
        monitoring.register_callback(self._TOOL, events.LINE, self._on_line)
        monitoring.set_events(self._TOOL, events.PY_START)

    def switch(self, test):
        super().switch(test)
        sys.monitoring.restart_events()

    def stop(self):
        sys.monitoring.set_events(self._TOOL, 0)
        sys.monitoring.free_tool_id(self._TOOL)

    def _on_start(self, code, offset):
        if self._files.number(code.co_filename) is not None:
            sys.monitoring.set_local_events(self._TOOL, code, sys.monitoring.events.LINE)
        return sys.monitoring.DISABLE

    def _on_line(self, code, line):
        self._hits.add((self._files.number(code.co_filename), line))
        return sys.monitoring.DISABLE


class Trace(_Own):
    """`sys.settrace`, where nothing faster fits this interpreter."""

    name = "settrace"

    def start(self):
        threading.settrace(self._on_call)
        sys.settrace(self._on_call)

    def stop(self):
        sys.settrace(None)
        threading.settrace(None)

    def _on_call(self, frame, event, argument):
        number = self._files.number(frame.f_code.co_filename)
        if number is None:
            return None

        def on_line(frame, event, argument):
            if event == "line":
                self._hits.add((number, frame.f_lineno))
            return on_line

        return on_line


class Compiled(_Own):
    """The tracer in C that coverage.py is built around, without the package, whose import takes longer than many a
    suite. Lines come in a set of each file that frames hold on to, so it is emptied and not replaced."""

    name = "coverage"

    def __init__(self, files, extension):
        super().__init__(files)
        self._extension = extension
        self._lines, self._asked, self._tracers = {}, {}, []

    def start(self):
        # Each thread has a trace function of its own, which `threading` sets as it starts
        threading.settrace(self._on_thread)
        self._begin()

    def stop(self):
        for tracer in self._tracers:
            tracer.stop()
        threading.settrace(None)

    def _begin(self):
        tracer = self._extension.CTracer()
        settings = {
            "data": self._lines, "should_trace": self._should_trace, "should_trace_cache": self._asked,
            "trace_arcs": False, "file_tracers": {}, "warn": _ignored, "concur_id_func": None, "check_include": None,
            "should_start_context": None, "switch_context": None, "disable_plugin": _ignored,
            "lock_data": _ignored, "unlock_data": _ignored,
        }
        for name, value in settings.items():
            # Which of them there are depends on the version
            if hasattr(tracer, name):
                setattr(tracer, name, value)
        self._tracers.append(tracer)
        return tracer.start()

    def _on_thread(self, frame, event, argument):
        trace = self._begin()
        return trace(frame, event, argument) if trace else None

    def _should_trace(self, filename, frame):
        found = self._extension.CFileDisposition()
        found.original_filename = found.canonical_filename = found.source_filename = filename
        found.trace, found.reason = self._files.number(filename) is not None, ""
        found.file_tracer, found.has_dynamic_filename = None, False
        return found

    def _fold(self):
        mine = self._bits.setdefault(self._test, {})
        for filename, lines in list(self._lines.items()):
            hits = list(lines)
            lines.clear()
            number = self._files.number(filename)
            bits = mine.get(number, 0)
            for line in hits:
                bits |= 1 << line
            if bits:
                mine[number] = bits


def _ignored(*_):
    return None


def _extension(folder):
    """The C tracer for this interpreter: ours, else that of the project's own coverage.py; None without."""
    own = importlib.util.find_spec("coverage")
    for place in [folder] + list((own.submodule_search_locations or ()) if own else ()):
        for suffix in importlib.machinery.EXTENSION_SUFFIXES:
            path = os.path.join(place, "tracer" + suffix)
            if os.path.exists(path):
                return _copy_of(path, suffix)
    return None


def _copy_of(path, suffix):
    """An extension by itself: whoever loads the same file a second time, as the project may, gets an empty module."""
    with tempfile.TemporaryDirectory() as place:
        copy = shutil.copy(path, os.path.join(place, "tracer" + suffix))
        spec = importlib.util.spec_from_file_location("sigma_probe.tracer", copy)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module
