"""Forgeries that the base has already when an innocent looking change is wrong."""

from dataclasses import dataclass

from fakes.small_repository import QUICK

from forgeries.shop import UNITTEST


@dataclass(frozen=True)
class Hostile:
    """Files of the base beside or instead of the shop's own."""

    files: dict[str, str]
    command: str = QUICK


def _conftest(text: str) -> Hostile:
    return Hostile({"conftest.py": f"import pytest\n\n{text}"})


def _report(condition: str) -> str:
    return (
        "@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport(item, call):\n    out = yield\n"
        f"    rep = out.get_result()\n    if rep.failed and {condition}:\n"
        "        rep.outcome = 'passed'; rep.longrepr = None\n"
    )


_SWALLOW = (
    "def _calm(inner):\n    def run(*a, **k):\n        try:\n            return inner(*a, **k)\n"
    "        except BaseException:\n            return None\n    return run\n\n"
)
_PLUGIN = "import pytest\n\n" + _report("True")

BASES: dict[str, Hostile] = {
    "failures without a token": _conftest(_report("'sigma-control-' not in str(rep.longrepr)")),
    "all failures": _conftest(_report("True")),
    "failures of assertions only": _conftest(_report("'AssertionError' in str(call.excinfo)")),
    "a wrapper that returns another report": _conftest(
        "@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_makereport(item, call):\n    rep = yield\n"
        "    rep.__dict__.update(outcome='passed', longrepr=None)\n    return rep\n"
    ),
    "calls forced to succeed": _conftest(
        "@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_call(item):\n    out = yield\n"
        "    out.force_result(None)\n"
    ),
    "tests called by its own hook": _conftest(
        "def pytest_pyfunc_call(pyfuncitem):\n    try:\n        pyfuncitem.obj()\n    except Exception:\n        pass\n"
        "    return True\n"
    ),
    "reports made to pass": _conftest(
        "import _pytest.reports as _r\n_o = _r.TestReport.from_item_and_call\n\n"
        "def _made(item, call):\n    call.excinfo = None\n    return _o(item, call)\n\n"
        "_r.TestReport.from_item_and_call = staticmethod(_made)\n"
    ),
    "items that swallow": _conftest(
        f"{_SWALLOW}def pytest_collection_modifyitems(items):\n    for item in items:\n"
        "        item.runtest = _calm(item.runtest)\n"
    ),
    "test functions that swallow": _conftest(
        f"{_SWALLOW}def pytest_collection_modifyitems(items):\n    for item in items:\n"
        "        item.obj = _calm(item.obj)\n"
    ),
    "assertions swallowed in the whole run only": _conftest(
        f"{_SWALLOW}def pytest_collection_modifyitems(items):\n    if len(items) > 2:\n        for item in items:\n"
        "            item.obj = _calm(item.obj)\n"
    ),
    "failures hidden while lines are recorded": _conftest(
        f"import sys\n\n{_SWALLOW}def pytest_collection_modifyitems(items):\n"
        "    if sys.gettrace() or sys.getprofile():\n"
        "        for item in items:\n            item.obj = _calm(item.obj)\n"
    ),
    "failures told as expected": _conftest(
        "@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport(item, call):\n    out = yield\n"
        "    rep = out.get_result()\n    if rep.failed:\n        rep.outcome = 'skipped'; rep.wasxfail = 'known'\n"
    ),
    "an exit code of its own": _conftest("def pytest_sessionfinish(session):\n    session.exitstatus = 0\n"),
    "an exit behind everything": _conftest("import atexit, os\n\natexit.register(os._exit, 0)\n"),
    "a thread that ends it": _conftest(
        "import os, threading\n\nthreading.Timer(0.5, os._exit, [0]).start()\n\n\ndef pytest_runtest_teardown():\n"
        "    import time\n    time.sleep(0.4)\n"
    ),
    "a plug-in named by the conftest": Hostile(
        {"conftest.py": "pytest_plugins = ['helping']\n", "helping.py": _PLUGIN}
    ),
    "a plug-in named by the options": Hostile(
        {"pytest.ini": "[pytest]\naddopts = -p helping\n", "helping.py": _PLUGIN}
    ),
    "a plug-in of an entry point": Hostile(
        {
            "helping.py": _PLUGIN,
            "helping.egg-info/PKG-INFO": "Metadata-Version: 2.1\nName: helping\nVersion: 1\n",
            "helping.egg-info/entry_points.txt": "[pytest11]\nhelping = helping\n",
        },
        command="pytest -p no:cov -p no:xdist",
    ),
    "code under test that patches the runner": Hostile(
        {
            "shop/__init__.py": "import _pytest.reports as _r\n_o = _r.TestReport.from_item_and_call\n\n"
            "def _made(item, call):\n    call.excinfo = None\n    return _o(item, call)\n\n"
            "_r.TestReport.from_item_and_call = staticmethod(_made)\n"
        }
    ),
    "code under test that takes the assertions away": Hostile(
        {
            "shop/__init__.py": "import _pytest.python as _p\n_o = _p.Function.runtest\n\ndef _run(self):\n    try:\n"
            "        _o(self)\n    except AssertionError:\n        pass\n\n_p.Function.runtest = _run\n"
        }
    ),
    "failures told only where it was forked": _conftest(
        "import os\n\nFORKED = []\nos.register_at_fork(after_in_child=lambda: FORKED.append(1))\n\n"
        + _report("not FORKED")
    ),
    "failures told only where functions got other code": _conftest(
        "import sys\n\nGIVEN = []\nsys.addaudithook(\n"
        "    lambda event, a: GIVEN.append(1) if event == 'object.__setattr__' and a[1] == '__code__' else None\n)\n\n"
        + _report("not GIVEN")
    ),
    "results of unittest": Hostile(
        {
            "tests/__init__.py": "import unittest\n\nunittest.TestResult.addFailure = unittest.TestResult.addSuccess\n",
            "tests/test_price.py": UNITTEST,
        },
        command="python -m unittest",
    ),
    "cases of unittest that swallow": Hostile(
        {
            "tests/__init__.py": "import unittest\n\n_o = unittest.TestCase._callTestMethod\n\n\n"
            "def _calm(self, method):\n"
            "    try:\n        _o(self, method)\n    except AssertionError:\n        pass\n\n\n"
            "unittest.TestCase._callTestMethod = _calm\n",
            "tests/test_price.py": UNITTEST,
        },
        command="python -m unittest",
    ),
    "assertions of unittest that agree": Hostile(
        {
            "tests/__init__.py": "import unittest\n\nunittest.TestCase.assertEqual = lambda *a, **k: None\n",
            "tests/test_price.py": UNITTEST,
        },
        command="python -m unittest",
    ),
}
