"""A second searcher for inputs: CrossHair follows the branches of both versions and works out what reaches them.

It only proposes: its inputs are tried like any others. It runs in a child process, which is ended when its time is up.
"""

import ast
import json
import os
import select
import signal
import sys
import time
import warnings

from sigma_probe.differing.calls import Input

_EACH_S = 5.0
_AT_LEAST_S = 1.0
_BEGINS_S = 10.0
"""For its own import."""


def searched(place, functions, seconds):
    """Its version, None where it does not load, and the inputs it found by the number of a pair.

    `functions` are old and new by that number; `place` is the folder that its modules lie in.
    """
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        os.close(ours)
        _child(place, functions, seconds, theirs)
    os.close(theirs)
    try:
        return _read(ours, functions, time.monotonic() + _BEGINS_S + seconds)
    finally:
        os.close(ours)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _read(pipe, functions, deadline):
    data, version, found = b"", None, {}
    while select.select([pipe], [], [], max(deadline - time.monotonic(), 0))[0]:
        part = os.read(pipe, 1 << 16)
        if not part:
            break
        *lines, data = (data + part).split(b"\n")
        for record in map(json.loads, lines):
            if "version" in record:
                version = record["version"]
            elif (values := _values(record["arguments"])) is not None:
                found.setdefault(record["i"], []).append(Input(values, origin="searched"))
    return version, found


def _values(arguments):
    """Plain values from their text; None where one of them is none."""
    try:
        return {name: ast.literal_eval(text) for name, text in arguments.items()}
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _child(place, functions, seconds, pipe):
    """Never returns."""

    def send(**record):
        os.write(pipe, json.dumps(record).encode("ascii") + b"\n")

    try:
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        warnings.simplefilter("ignore")
        sys.path.append(place)
        import crosshair
        import crosshair.core_and_libs
        from crosshair.options import DEFAULT_OPTIONS, AnalysisOptionSet

        send(version=crosshair.__version__)
        each_s = max(_AT_LEAST_S, min(_EACH_S, seconds / len(functions)))
        options = DEFAULT_OPTIONS.overlay(AnalysisOptionSet(per_condition_timeout=each_s, per_path_timeout=each_s / 4))
        for number, (old, new) in functions.items():
            for arguments in _differing(old, new, options):
                send(i=number, arguments=arguments)
    finally:
        os._exit(0)


def _differing(old, new, options):
    from crosshair.diff_behavior import ExceptionEquivalenceType, diff_behavior
    from crosshair.fnutil import FunctionInfo

    one, other = FunctionInfo.from_fn(old), FunctionInfo.from_fn(new)
    try:
        found = diff_behavior(one, other, options, ExceptionEquivalenceType.SAME_TYPE)
    except Exception:
        return []
    return [] if isinstance(found, str) else [each.args for each in found]
