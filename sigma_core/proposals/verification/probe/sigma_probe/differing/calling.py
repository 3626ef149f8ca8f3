"""Calls in a child process: what one version leaves behind, the other does not meet; what hangs is ended."""

import contextlib
import io
import json
import os
import random
import resource
import select
import signal
import sys
import time
import warnings

from sigma_probe.differing.describing import Describer, TooLarge, without_addresses

_MORE_MEMORY = 512 * 1024 * 1024
_LONGEST_TEXT = 2000
_UNTOLD = "untold"
HANGS = {"result": "does not end", "rest": ""}


def observed(function, shape, inputs, limit_s, deadline, known, busy_s=None, patient=False):
    """What each call did, in order, until one does not end within the limit, or works for longer than `busy_s`, or
    time is up. With it, whether one hung.

    `patient`: one that works, or would if others left it a core, may go on beyond the limit.
    """
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        # Threads of the project: a child that they block is ended
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        os.close(ours)
        _child(function, shape, inputs, theirs, known, busy_s)
    os.close(theirs)
    try:
        found, hung = _read(ours, len(inputs), limit_s, deadline, lambda: patient and _would_work(child))
    finally:
        os.close(ours)
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
    return found, hung or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF)


def _would_work(child):
    """Whether it has work to do, rather than to wait for something (Linux)."""
    try:
        with open("/proc/{}/stat".format(child)) as file:
            return file.read().rpartition(")")[2].split()[0] in ("R", "D", "T")
    except OSError:
        return False


def _read(pipe, expected, limit_s, deadline, goes_on):
    data, found = b"", []
    while len(found) < expected:
        wait = min(limit_s, deadline - time.monotonic())
        ready = select.select([pipe], [], [], max(wait, 0))[0]
        if not ready:
            if wait == limit_s and goes_on():
                continue
            return found, wait == limit_s
        part = os.read(pipe, 1 << 16)
        if not part:
            return found, False
        *lines, data = (data + part).split(b"\n")
        found.extend(json.loads(line) for line in lines)
    return found, False


def _child(function, shape, inputs, pipe, known, busy_s):
    """Never returns."""
    try:
        _bound()
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        for number, each in enumerate(inputs):
            if busy_s:
                # Processor time: a busy machine makes no call look endless. The first may import what it needs
                signal.setitimer(signal.ITIMER_PROF, busy_s if number else 4 * busy_s)
            record = json.dumps(_outcome(function, shape, each, known))
            # One call's record, whole, at once: the clock of the other side counts from here
            rest = memoryview(record.encode("ascii") + b"\n")
            while rest:
                rest = rest[os.write(pipe, rest):]
    finally:
        os._exit(0)


def _bound():
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (now + _MORE_MEMORY, now + _MORE_MEMORY))
    random.seed(0)
    sys.setrecursionlimit(min(sys.getrecursionlimit(), 1000))
    warnings.simplefilter("ignore")


def _outcome(function, shape, each, known):
    """What it returned or raised, what is printed, and its arguments as they are afterwards."""
    try:
        positional, keywords = shape.bound(each.values, known)
    except Exception:
        return {"result": _UNTOLD, "rest": ""}
    printed, describe = io.StringIO(), Describer()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            # In this order: a result that is one of the arguments is told from an equal one
            try:
                value = function(*positional, **keywords)
            except (MemoryError, RecursionError):
                return {"result": _UNTOLD, "rest": ""}
            except BaseException as error:
                result, raised = "raises " + type(error).__name__, True
            else:
                result, raised = None, False
            arguments = _left(describe, shape, positional, keywords) if raised or not _is_lazy(value) else ""
            if not raised:
                result = "returns " + describe(value)
            if not arguments:
                arguments = _left(describe, shape, positional, keywords)
    except (MemoryError, RecursionError, TooLarge):
        return {"result": _UNTOLD, "rest": ""}
    except Exception as error:
        return {"result": "returns what cannot be looked at: " + type(error).__name__, "rest": ""}
    return {
        "result": _bounded(result), "arguments": _bounded(arguments), "raised": raised,
        "printed": _bounded(without_addresses(printed.getvalue())),
    }


def _left(describe, shape, positional, keywords):
    """The arguments after the call."""
    names = shape.positional + [str(number) for number in range(len(shape.positional), len(positional))]
    return ", ".join(describe.named(name, value) for name, value in [*zip(names, positional), *keywords.items()])


def _is_lazy(value):
    """Whether it reads arguments only when it is gone through: they are looked at after it."""
    return hasattr(type(value), "__next__") or hasattr(type(value), "send")


def _bounded(text):
    if len(text) <= _LONGEST_TEXT:
        return text
    # What is cut off still tells one from another
    return text[:_LONGEST_TEXT] + "... {:x}".format(hash(text))


def is_told(outcome):
    """Whether the call says anything: it did not run out of memory or stack, and could be looked at."""
    return outcome["result"] != _UNTOLD
