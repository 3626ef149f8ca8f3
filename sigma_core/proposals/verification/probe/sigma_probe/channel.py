"""Records to the outside: one line each, the nonce first, then JSON."""

import fcntl
import os
import random
import resource
import traceback

from sigma_probe.sealing import own_copy

_TEXT = 400


def opened(report, secret):
    """The function that sends a record; it numbers them, so that none can be left out or added unnoticed.

    Nothing that project code can change is looked up when it runs, and the pipe lies under a number that stands nowhere.
    The nonce is known to this function only; a process forked by a test holds a copy of it and does not speak.
    """
    return opened_for_forks(report, secret)[0]


def opened_for_forks(report, secret):
    """The same with a second function: called in a forked process, it lets that one speak, numbered from one on and
    with some words in each record. Only one of the processes may speak at a time."""
    with os.fdopen(secret, "rb") as pipe:
        nonce = pipe.read()
    target = _hidden(report)
    encode = own_copy("json").dumps
    write, process, mine = os.write, os.getpid, os.getpid()
    sent, words = 0, {}

    def send(before=b"", **record):
        nonlocal sent
        if process() != mine:
            return
        sent += 1
        record.update(words, n=sent)
        rest = memoryview(before + nonce + b" " + encode(record, separators=(",", ":")).encode("ascii") + b"\n")
        while rest:
            rest = rest[write(target, rest):]

    def branch(**more):
        nonlocal mine, sent, words
        mine, sent, words = process(), 0, more

    return send, branch


def _hidden(report):
    """The same pipe under another number, high enough to be in nobody's way; not for processes started later."""
    highest = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 4096) - 8
    lowest = random.SystemRandom().randrange(highest // 2, highest)
    hidden = fcntl.fcntl(report, fcntl.F_DUPFD_CLOEXEC, lowest)
    os.close(report)
    return hidden


def excerpt(text):
    """What of a failure's text goes out: the line that says why."""
    lines = [line for line in text.splitlines() if line.strip()]
    reasons = [line[1:].strip() for line in lines if line.startswith("E ")]
    return (reasons[0] if reasons else (lines[-1].strip() if lines else ""))[:_TEXT]


def excerpt_of(error):
    return excerpt("".join(traceback.format_exception(type(error), error, error.__traceback__)))


def read_plan(path):
    with open(path, encoding="utf-8") as file:
        return own_copy("json").load(file)
