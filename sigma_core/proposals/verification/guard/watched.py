"""What counts as machinery, by dotted path, attribute and text."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum


class Way(StrEnum):
    """What is reached."""

    RUNNER = "the test runner"
    INTERPRETER = "the interpreter's own objects"
    IMPORTS = "the import machinery"
    PROCESS = "the process that reports"
    OTHERS = "what another module owns"
    SNIFFING = "whether it is under test"
    ELSEWHERE = "what is otherwise where the tests do not run"
    TEXT = "code made from text"


_PATHS: Mapping[Way, Sequence[str]] = {
    Way.RUNNER: ("_pytest", "pluggy", "coverage", "sigma_probe", "xdist"),
    Way.INTERPRETER: (
        "gc",
        "gc.get_objects",
        "gc.get_referrers",
        "gc.get_referents",
        "ctypes",
        "_ctypes",
        "cffi",
        "marshal",
        "dis",
        "bdb",
        "trace",
        "linecache",
        *(
            f"sys.{name}"
            for name in (
                "_getframe",
                "_getframemodulename",
                "_current_frames",
                "_current_exceptions",
                "settrace",
                "setprofile",
                "gettrace",
                "getprofile",
                "monitoring",
                "call_tracing",
                "addaudithook",
            )
        ),
        *(f"threading.{name}" for name in ("settrace", "setprofile", "settrace_all_threads", "setprofile_all_threads")),
        *(
            f"inspect.{name}"
            for name in (
                "currentframe",
                "stack",
                "trace",
                "getouterframes",
                "getinnerframes",
                "getsource",
                "getsourcelines",
            )
        ),
        "traceback.walk_stack",
        "traceback.walk_tb",
        "traceback.extract_stack",
    ),
    Way.IMPORTS: (
        "sys.modules",
        "sys.meta_path",
        "sys.path_hooks",
        "sys.path_importer_cache",
        "imp",
        "_imp",
        "runpy",
        "zipimport",
        *(
            f"importlib.{name}"
            for name in ("reload", "invalidate_caches", "machinery", "_bootstrap", "_bootstrap_external")
        ),
        *(
            f"importlib.util.{name}"
            for name in ("module_from_spec", "spec_from_file_location", "spec_from_loader", "LazyLoader")
        ),
        *(
            f"importlib.abc.{name}"
            for name in ("MetaPathFinder", "PathEntryFinder", "Loader", "InspectLoader", "SourceLoader", "FileLoader")
        ),
        "pkgutil.resolve_name",
        "pkgutil.get_loader",
        "pkgutil.find_loader",
        "site",
    ),
    Way.PROCESS: (
        "atexit",
        "faulthandler",
        "resource.setrlimit",
        *(
            f"os.{name}"
            for name in (
                "_exit",
                "abort",
                "kill",
                "killpg",
                "fork",
                "forkpty",
                "register_at_fork",
                "dup",
                "dup2",
                "closerange",
                "set_inheritable",
                "set_blocking",
                "pidfd_open",
                "execv",
                "execve",
                "execvp",
                "execvpe",
                "execl",
                "execle",
                "execlp",
                "execlpe",
            )
        ),
        *(f"signal.{name}" for name in ("alarm", "setitimer", "raise_signal", "pthread_kill", "signal")),
    ),
    Way.TEXT: (
        "code",
        "codeop",
        "timeit",
        "cProfile",
        "profile",
        "pdb",
        "pickle",
        "_pickle",
        "shelve",
        "logging.config",
        "typing.get_type_hints",
        "typing.ForwardRef",
    ),
}
PATHS: Mapping[str, Way] = {path: way for way, paths in _PATHS.items() for path in paths}
CHANGES_OUTCOMES = {
    f"{verb} {name}"
    for verb in ("uses", "imports", "names")
    for name in (
        "sys._getframe",
        "sys._current_frames",
        "sys.settrace",
        "sys.setprofile",
        "sys.monitoring",
        "gc.get_objects",
        "gc.get_referrers",
        "gc.get_referents",
        "ctypes",
        "f_back",
        "f_locals",
        "f_globals",
        "gi_frame",
        "cell_contents",
        "os.dup2",
    )
}
"""What tests have no ordinary use for and outcomes can be changed by."""
NOT_IN_CODE = ("pytest", "unittest", "test.support")
"""What tests may use and the code under test has no reason to."""
CALLS: Mapping[str, Way] = {
    "builtins.exec": Way.TEXT,
    "builtins.eval": Way.TEXT,
    "builtins.compile": Way.TEXT,
    "builtins.__import__": Way.IMPORTS,
    "types.FunctionType": Way.TEXT,
    "types.CodeType": Way.TEXT,
}
ATTRIBUTES: Mapping[str, Way] = {
    **dict.fromkeys(
        (
            "f_back",
            "f_locals",
            "f_globals",
            "f_builtins",
            "tb_frame",
            "gi_frame",
            "cr_frame",
            "ag_frame",
            "__subclasses__",
            "__globals__",
            "__code__",
            "__closure__",
            "cell_contents",
            "co_code",
            "__builtins__",
            "_getframe",
            "settrace",
            "setprofile",
        ),
        Way.INTERPRETER,
    ),
    **dict.fromkeys(("__loader__", "exec_module", "load_module"), Way.IMPORTS),
}
COMPUTED = {"sys", "os", "builtins", "threading", "inspect", "importlib", "signal", "types"}
"""Modules in which a name that is not known beforehand may be anything of the above."""
SNIFFED = re.compile(r"_?pytest([_.]\w+)*|PYTEST_\w+|unittest(\.\w+)+|COV(ERAGE)?_\w+|sigma_probe(\.\w+)*")
PLACES = re.compile(r"(?<![\w./])(/proc|/dev/fd|/sigma)(?![\w-])[^\s'\"]*")
OPENERS = {"os.open", "os.pipe", "os.memfd_create", "os.openpty", "os.eventfd", "pty.openpty", "tempfile.mkstemp"}
TAKES_DESCRIPTOR = {
    *(f"os.{name}" for name in ("write", "fdopen", "close", "writev", "pwrite", "sendfile", "ftruncate", "splice")),
    *(f"fcntl.{name}" for name in ("fcntl", "ioctl", "flock", "lockf")),
    "io.FileIO",
    "io.open_code",
    "socket.fromfd",
    "multiprocessing.connection.Connection",
}
ELSEWHERE = {
    *(f"os.{name}" for name in ("environ", "environb", "getenv", "uname", "getuid", "getlogin")),
    *(f"time.{name}" for name in ("time", "time_ns", "localtime", "gmtime", "strftime")),
    *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    "datetime.date.today",
    "sys.flags",
    "sys.dont_write_bytecode",
    "socket.gethostname",
    "platform.node",
    "platform.uname",
    "getpass.getuser",
}
"""What a run in the sandbox sees otherwise than one on a day in a place that counts. Asking for it is ordinary; that
something else is done by it, no test shows."""
SETTERS = {"builtins.setattr", "builtins.delattr", "builtins.object.__setattr__", "builtins.type.__setattr__"}
CHANGING = {"update", "insert", "append", "extend", "remove", "pop", "clear", "setdefault", "__setitem__"}
LOOKING_ONLY = {
    f"builtins.{name}"
    for name in ("getattr", "hasattr", "setattr", "delattr", "vars", "dir", "id", "repr", "str", "isinstance", "type")
}
HANDED = {f"builtins.{name}" for name in ("getattr", "setattr", "exec", "eval", "compile", "__import__")}
