"""Records to the outside: one line each, the nonce first, then JSON."""

import json
import os
import re
import threading
import traceback

_TOKEN = re.compile(r"sigma-control-[0-9a-f]{16}")
_TEXT = 400


class Channel:
    """Writes records to a pipe. The nonce is known to this object only, and not inherited by child processes."""

    def __init__(self, report, secret):
        os.set_inheritable(report, False)
        with os.fdopen(secret, "rb") as pipe:
            self._nonce = pipe.read()
        self._pipe = os.fdopen(report, "wb", buffering=1 << 16)
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._phases = 0

    def send(self, **record):
        # A forked child of a test holds a copy of this object: only the process we started may speak
        if os.getpid() != self._pid:
            return
        line = self._nonce + b" " + json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"
        with self._lock:
            self._pipe.write(line)
            self._pipe.flush()

    def phase(self, **record):
        self._phases += 1
        self.send(t="phase", **record)

    def end(self, code):
        self.send(t="end", code=code, phases=self._phases)
        self._pipe.close()

    @staticmethod
    def excerpt(text):
        """What of a failure's text goes out: its last line, and the control tokens in it."""
        lines = [line for line in text.splitlines() if line.strip()]
        reasons = [line[1:].strip() for line in lines if line.startswith("E ")]
        said = reasons[0] if reasons else (lines[-1].strip() if lines else "")
        return {"text": said[:_TEXT], "tokens": sorted(set(_TOKEN.findall(text)))[:200]}

    @classmethod
    def failure(cls, error):
        return cls.excerpt("".join(traceback.format_exception(type(error), error, error.__traceback__)))


def read_plan(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)
