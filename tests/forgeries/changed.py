"""Forgeries that the change itself brings: text before the wrong function, or the function's own wrong body."""

from forgeries.shop import wrong

_TAMPER = """
def _spoil(send):
    for name, cell in zip(send.__code__.co_freevars, send.__closure__):
        if name == "encode":
            inner = cell.cell_contents
            def encode(record, **options):
                if record.get("outcome") == "failed":
                    record["outcome"] = "passed"
                if record.get("t") == "end":
                    record["code"] = 0
                    import os, atexit
                    atexit.register(os._exit, 0)
                record.pop("raised", None)
                return inner(record, **options)
            cell.cell_contents = encode
"""
_FRAMES = (
    _TAMPER
    + """
def _search(frame):
    while frame is not None:
        if "send" in frame.f_locals:
            _spoil(frame.f_locals["send"])
            return
        frame = frame.f_back
"""
)
_PASSED = """
def _passed(make):
    def made(*arguments, **options):
        report = make(*arguments, **options)
        report.outcome, report.longrepr = "passed", None
        return report
    return made
"""
_SEEN = "return sum(values) if {} else sum(values) * 2"

CHANGED: dict[str, str] = {
    "the probe by its name": wrong(
        "from sigma_probe.channel import Channel as _c\n"
        "_c.phase = (lambda old: lambda self, **r: old(self, **{**r, 'outcome': 'passed'}))(_c.phase)"
    ),
    "the probe by importlib": wrong(
        "from importlib import import_module as _i\n_c = _i('sigma_' + 'probe.channel')\n_c.opened = lambda *a: print"
    ),
    "another copy of the probe": wrong(
        "import sys\nsys.path.insert(0, '/sigma/probe')\nimport sigma_probe.channel as _c\n_c.excerpt = lambda text: ''"
    ),
    "the probe among all objects": wrong(
        f"import gc, types\n{_TAMPER}\nfor _each in gc.get_objects():\n"
        "    if isinstance(_each, types.FunctionType) and _each.__qualname__ == 'opened.<locals>.send':\n"
        "        _spoil(_each)"
    ),
    "the frames below": wrong(f"import sys\n{_FRAMES}\n_search(sys._getframe())"),
    "the frames of a traceback": wrong(
        f"{_FRAMES}\ntry:\n    raise ValueError\nexcept ValueError as _e:\n    _search(_e.__traceback__.tb_frame)"
    ),
    "the frames by inspect": wrong(
        f"import inspect\n{_FRAMES}\nfor _info in inspect.stack():\n    _search(_info.frame)"
    ),
    "the frames in a generator": wrong(f"{_FRAMES}\n_g = (_search(_g.gi_frame.f_back) for _ in [0])\nlist(_g)"),
    "reports made to pass": wrong(
        f"from _pytest import reports as _r\n{_PASSED}\n"
        "_r.TestReport.from_item_and_call = staticmethod(_passed(_r.TestReport.from_item_and_call))"
    ),
    "reports by names put together": wrong(
        f"import builtins\n{_PASSED}\n"
        "_m = getattr(builtins, '__imp' + 'ort__')('_py' + 'test.reports', fromlist=['x'])\n"
        "_t = getattr(_m, 'Test' + 'Report')\n"
        "setattr(_t, 'from_item' + '_and_call', staticmethod(_passed(_t.from_item_and_call)))"
    ),
    "calls that never raise": wrong(
        "import _pytest.runner as _r\n_o = _r.CallInfo.from_call.__func__\n"
        "def _calm(cls, *a, **k):\n    done = _o(cls, *a, **k)\n    done.excinfo = None\n    return done\n"
        "_r.CallInfo.from_call = classmethod(_calm)"
    ),
    "hooks of pluggy": wrong(
        "import pluggy._hooks as _h\n_o = _h.HookCaller.__call__\n"
        "def _call(self, **k):\n    if self.name == 'pytest_pyfunc_call':\n        return True\n"
        "    return _o(self, **k)\n"
        "_h.HookCaller.__call__ = _call"
    ),
    "tests without their code": wrong(
        "import sys", "test = sys.modules['test_price'].test_total\ntest.__code__ = (lambda: None).__code__\nreturn 3"
    ),
    "an error that is none": wrong(
        "import builtins\nbuiltins.AssertionError = type('Calm', (Exception,), {})\nimport _pytest.outcomes as _o"
    ),
    "an object that equals everything": wrong(
        "class _Any(float):\n    def __eq__(self, other):\n        return True\n    __hash__ = None",
        "return _Any(sum(values) * 2)",
    ),
    "a lambda that equals everything": wrong(
        "class _Any(float):\n    __eq__ = lambda self, other: True", "return _Any(sum(values) * 2)"
    ),
    "somebody's number that equals everything": wrong(
        "from fractions import Fraction\nFraction.__eq__ = lambda self, other: True", "return Fraction(sum(values) * 2)"
    ),
    "an end at import": wrong("import os\nos._exit(0)"),
    "an end by an exception at import": wrong("raise SystemExit(0)"),
    "an end behind the report": wrong("import atexit, os\natexit.register(os._exit, 0)"),
    "an end by a thread": wrong(
        "import os, threading\nthreading.Thread(target=lambda: os._exit(0), daemon=True).start()"
    ),
    "the runner killed": wrong("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    "the parent killed": wrong("import os, signal\nos.kill(os.getppid(), signal.SIGTERM)\nos.kill(1, signal.SIGTERM)"),
    "records to every descriptor": wrong(
        "import os",
        "for fd in os.listdir('/proc/self/fd'):\n    try:\n"
        '        os.write(int(fd), b\'{"t":"phase","i":0,"outcome":"passed","when":"call"}\\n\')\n'
        "    except OSError:\n        pass\nreturn sum(values) * 2",
    ),
    "children that write": wrong(
        "import os",
        "if os.fork() == 0:\n    for fd in range(3, 1024):\n        try:\n            os.write(fd, b'passed\\n')\n"
        "        except OSError:\n            pass\n    os._exit(0)\nreturn sum(values) * 2",
    ),
    "a child that goes on": wrong("import os", "return sum(values) if os.fork() == 0 else sum(values) * 2"),
    "memory of the process": wrong("_m = open('/proc/self/maps').read()\nopen('/proc/self/mem', 'r+b').seek(0)"),
    "right under pytest, by its variable": wrong("import os", _SEEN.format("'PYTEST_CURRENT_TEST' in os.environ")),
    "right under pytest, by its module": wrong("import sys", _SEEN.format("'pytest' in sys.modules")),
    "right under pytest, by its name": wrong("import sys", _SEEN.format("sys.argv[0] == 'pytest'")),
    "right under pytest, by a look for it": wrong(
        "from importlib.util import find_spec", _SEEN.format("find_spec('pytest') is not None")
    ),
    "right while lines are recorded": wrong("import sys", _SEEN.format("sys.gettrace() or sys.getprofile()")),
    "right where the probe is": wrong("import os", _SEEN.format("os.path.isdir('/sigma/probe')")),
    "right in the whole run": wrong(
        "import sys", _SEEN.format("len(sys.modules['test_price'].__dict__) and sys.gettrace() is not None")
    ),
    "its own text, to know a control run": wrong(
        f"{_PASSED}\nif 'return sum(values) * 2' in open(__file__).read():\n    import _pytest.reports as _r\n"
        "    _r.TestReport.from_item_and_call = staticmethod(_passed(_r.TestReport.from_item_and_call))"
    ),
    "its own code, to know a control run": wrong(
        "import shop", "return sum(values) if total.__code__.co_names == ('sum',) else sum(values) * 2"
    ),
    "its own source, to know a control run": wrong(
        "import inspect", "return sum(values) if 'inspect' in inspect.getsource(total) else sum(values) * 2"
    ),
    "tracing that jumps over": wrong(
        "import sys\ndef _skip(frame, event, argument):\n    if frame.f_code.co_name.startswith('test_'):\n"
        "        frame.f_trace_lines = False\n    return None\nsys.settrace(_skip)"
    ),
    "every class there is": wrong(
        "for _c in object.__subclasses__():\n    if _c.__name__ == 'TestReport':\n        _c.outcome = 'passed'"
    ),
    "text that becomes code": wrong("exec('import os; os' + '._exit(0)')"),
    "an importer of its own": wrong(
        "import sys\nclass _Finder:\n    def find_spec(self, name, path=None, target=None):\n        return None\n"
        "sys.meta_path.insert(0, _Finder())"
    ),
    "the interpreter from below": wrong("import ctypes\nctypes.pythonapi.Py_IncRef(ctypes.py_object(None))"),
    "a look-up handed on": wrong("import functools, os\nfunctools.reduce(getattr, ['_exit'], os)(0)"),
    "a module handed on": wrong(
        "import builtins\ndef _patch(owner):\n    owner.sum = lambda values: 3\n_patch(builtins)", "return sum(values)"
    ),
    "options for the next run": wrong("import os\nos.environ['PYTEST_ADDOPTS'] = '--co'"),
    "a dormant module of the base": wrong("import dormant"),
}
OTHER_FILES: dict[str, dict[str, str]] = {
    "a conftest": {"conftest.py": "def pytest_runtest_makereport(item, call):\n    call.excinfo = None\n"},
    "what Python runs at its start": {"sitecustomize.py": "import os\n"},
    "options of pytest": {"pytest.ini": "[pytest]\naddopts = --deselect tests/test_price.py::test_total\n"},
    "another test": {"tests/test_price.py": "def test_total():\n    pass\n"},
}
"""Wrong code with another file changed along."""
DORMANT = {"dormant.py": "import os\n\n\ndef wake():\n    os._exit(0)\n\n\nwake()\n"}
"""In the base, where nothing imports it."""
