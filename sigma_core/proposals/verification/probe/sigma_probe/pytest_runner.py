"""pytest with a plug-in that reports every phase of every test."""

import importlib.util
import os
import tempfile

import pytest

from sigma_probe.channel import excerpt
from sigma_probe.lines import OUTSIDE

_LIFTED = {
    "maxfail": 0, "lf": False, "failedfirst": False, "newfirst": False, "stepwise": False, "stepwise_skip": False,
    "continue_on_collection_errors": True,
    # pytest-xdist: results of its workers do not come through this process
    "numprocesses": 0, "dist": "no", "tx": [],
}


def run(plan, arguments, send, tracer, trials=None):
    """With `trials` the tests are collected here and run in the processes that those fork."""
    plugins = _reporter(plan, send, tracer, trials)
    tracer.start()
    return pytest.main(list(arguments) + _options(plan, arguments), plugins=plugins)


def _options(plan, arguments):
    """Options that make the run whole and repeatable, whatever the project's own say."""
    options = ["-o", "cache_dir=" + tempfile.mkdtemp(), "--maxfail=0", "-p", "no:randomly", "-p", "no:random_order"]
    given = " ".join(arguments)
    # An option of a plug-in that is not there would be an error
    loaded = not os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD") or "pytest_cov" in given
    if loaded and importlib.util.find_spec("pytest_cov") and "no:cov" not in given and "no:pytest_cov" not in given:
        options.append("--no-cov")
    if plan["collect_only"]:
        options += ["--collect-only", "-qq"]
    if plan["only"] is not None:
        # Of these failures only the last line is read: whole tracebacks of hundreds cost seconds
        options.append("--tb=line")
    if plan["plain"]:
        # To have each `assert` explain itself takes longer than most of the tests that are asked for
        options.append("--assert=plain")
    return options


def _reporter(plan, send, tracer, trials):
    """Collection, outcomes and lines, by test number. What it works with is in no attribute of the plug-ins."""
    only, without = None if plan["only"] is None else set(plan["only"]), set(plan["without"])
    numbers = {}
    raised = {}
    enough = []

    def note(name, text):
        """What a trial has to know of a failed test."""
        trials.current.failed(name)
        if trials.current.stops and not trials.breaks(text):
            enough.append(name)

    def watched(item):
        """Remember, before any report is made of it, whether the test itself raised."""
        inner = item.runtest

        def runtest():
            raised.pop(item.nodeid, None)
            try:
                return inner()
            except BaseException as error:
                raised[item.nodeid] = type(error).__name__
                raise

        item.runtest = runtest

    class Plugin:
        @pytest.hookimpl(tryfirst=True)
        def pytest_cmdline_main(self, config):
            for name, value in _LIFTED.items():
                if hasattr(config.option, name):
                    setattr(config.option, name, value)
            if only is not None:
                _narrow(config, only)

        @pytest.hookimpl(trylast=True)
        def pytest_collection_modifyitems(self, config, items):
            kept = [item for item in items if item.nodeid not in without and (only is None or item.nodeid in only)]
            if len(kept) < len(items):
                left = set(kept)
                config.hook.pytest_deselected(items=[item for item in items if item not in left])
                items[:] = kept

        def pytest_collection_finish(self, session):
            names = list(dict.fromkeys(item.nodeid for item in session.items))
            numbers.update((name, number) for number, name in enumerate(names))
            send(t="collected", ids=names)

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtestloop(self, session):
            if trials is None:
                return None
            trial = trials.each()
            if trial is None:
                return True
            session.items[:] = [item for item in session.items if item.nodeid in trial.tests]
            return None

        def pytest_collectreport(self, report):
            if report.failed:
                send(t="collect_error", id=report.nodeid, text=excerpt(str(report.longrepr)))

        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_protocol(self, item, nextitem):
            watched(item)
            tracer.switch(numbers.get(item.nodeid, OUTSIDE))
            yield
            tracer.switch(OUTSIDE)
            vars(item).pop("runtest", None)

        def pytest_runtest_logreport(self, report):
            number = numbers.get(report.nodeid)
            if number is None:
                return
            record = {"i": number, "when": report.when, "outcome": report.outcome, "s": round(report.duration, 4)}
            if hasattr(report, "wasxfail"):
                record["xfail"] = True
            if report.when == "call" and report.nodeid in raised:
                record["raised"] = raised[report.nodeid]
            if report.failed:
                record["text"] = excerpt(str(report.longrepr))
            send(t="phase", **record)
            if report.failed and trials is not None:
                note(report.nodeid, record["text"])

    class Passing:
        """A test after it is known what a trial is to tell is not run. To stop would have the whole stack printed."""

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_protocol(self, item, nextitem):
            return True if enough else None

    return [Plugin(), Passing()]


def _narrow(config, only):
    """Collect only the files that hold the tests asked for: roots and settings were found already."""
    root = str(getattr(config, "rootpath", None) or config.rootdir)
    files = sorted({os.path.join(root, name.split("::", 1)[0]) for name in only})
    if files and all(os.path.isfile(path) and path.endswith(".py") for path in files):
        config.args[:] = files
