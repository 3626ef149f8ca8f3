"""Which lines of the files asked for each test executes.

Lines are kept as integers, bit n for line n, by test number; number -1 is what runs outside any test: imports.
"""

import os
import sys
import threading

OUTSIDE = -1


def tracer_for(names, coverage_folder):
    """The fastest tracer that is right for this interpreter."""
    files = Files(names)
    if not names:
        return NoTracer(files)
    if sys.version_info >= (3, 12):
        return Monitor(files)
    coverage = _coverage(coverage_folder)
    return Coverage(files, coverage) if coverage else Trace(files)


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


class Coverage(NoTracer):
    """The C tracer of coverage.py, by its public interface."""

    name = "coverage"

    def __init__(self, files, coverage):
        super().__init__(files)
        self._coverage = coverage.Coverage(
            data_file=None, config_file=False, include=files.paths, messages=False, concurrency=["thread"]
        )

    def start(self):
        self._coverage.start()
        self._coverage.switch_context("")

    def switch(self, test):
        self._coverage.switch_context("" if test == OUTSIDE else str(test))

    def stop(self):
        self._coverage.stop()

    def by_test(self):
        data = self._coverage.get_data()
        bits = {}
        for path in data.measured_files():
            number = self._files.number(path)
            if number is None:
                continue
            for line, contexts in data.contexts_by_lineno(path).items():
                for context in contexts:
                    mine = bits.setdefault(int(context) if context else OUTSIDE, {})
                    mine[number] = mine.get(number, 0) | (1 << line)
        for test, files in bits.items():
            yield test, {str(number): format(value, "x") for number, value in files.items()}


def _coverage(folder):
    """coverage.py with a C tracer for this interpreter: the project's own, else ours; None without."""
    os.environ.setdefault("COVERAGE_CORE", "ctrace")
    try:
        import coverage.tracer

        return coverage
    except ImportError:
        return _load(folder)


def _load(folder):
    import importlib.machinery
    import importlib.util

    if any(name == "coverage" or name.startswith("coverage.") for name in sys.modules):
        return None
    suffixes = importlib.machinery.EXTENSION_SUFFIXES
    if not any(os.path.exists(os.path.join(folder, "tracer" + suffix)) for suffix in suffixes):
        return None
    place = os.path.join(folder, "__init__.py")
    spec = importlib.util.spec_from_file_location("coverage", place, submodule_search_locations=[folder])
    module = importlib.util.module_from_spec(spec)
    sys.modules["coverage"] = module
    spec.loader.exec_module(module)
    return module
