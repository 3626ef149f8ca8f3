"""unittest with a result that reports every test."""

import unittest

from sigma_probe.lines import OUTSIDE


def run(plan, arguments, channel, tracer):
    tracer.start()
    runner = _Runner(plan, channel, tracer)
    # argv[0] only names the program in messages
    program = unittest.TestProgram(
        module=None, argv=["python -m unittest"] + list(arguments), exit=False, testRunner=runner, failfast=False
    )
    if program.result is None:
        return 5
    return 0 if program.result.wasSuccessful() else 1


class _Runner:
    """What `unittest` calls to run a suite."""

    def __init__(self, plan, channel, tracer):
        self._plan, self._channel, self._tracer = plan, channel, tracer

    def run(self, suite):
        only = None if self._plan["only"] is None else set(self._plan["only"])
        broken = [test for test in _walk(suite) if _is_broken(test)]
        tests = [test for test in _walk(suite) if not _is_broken(test) and (only is None or test.id() in only)]
        for test in broken:
            self._channel.send(t="collect_error", id=_imported(test), **self._channel.excerpt(_why(test)))
        names = list(dict.fromkeys(test.id() for test in tests))
        self._channel.send(t="collected", ids=names)
        result = _Result(names, self._channel, self._tracer)
        if not self._plan["collect_only"]:
            unittest.TestSuite(tests).run(result)
        result.broken = bool(broken)
        return result


class _Result(unittest.TestResult):
    """Outcomes by test number; a failed class or module set-up counts against all tests below it."""

    broken = False

    def __init__(self, names, channel, tracer):
        super().__init__()
        self._names, self._channel, self._tracer = names, channel, tracer
        self._number = {name: number for number, name in enumerate(names)}

    def wasSuccessful(self):
        return super().wasSuccessful() and not self.broken

    def startTest(self, test):
        super().startTest(test)
        self._tracer.switch(self._number.get(test.id(), OUTSIDE))

    def stopTest(self, test):
        self._tracer.switch(OUTSIDE)
        super().stopTest(test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._phase(test, "passed")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._phase(test, "failed", error=error)

    def addError(self, test, error):
        super().addError(test, error)
        self._phase(test, "failed", error=error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self._phase(test, "failed", error=error)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._phase(test, "skipped")

    def addExpectedFailure(self, test, error):
        super().addExpectedFailure(test, error)
        self._phase(test, "skipped", xfail=True)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._phase(test, "failed")

    def _phase(self, test, outcome, xfail=False, error=None):
        record = {"when": "call", "outcome": outcome}
        if xfail:
            record["xfail"] = True
        if error is not None:
            record.update(self._channel.failure(error[1]))
        for number in self._meant(test.id()):
            self._channel.phase(i=number, **record)

    def _meant(self, name):
        """The tests a name stands for: ``setUpClass (module.Class)`` stands for all of the class."""
        if name in self._number:
            return [self._number[name]]
        place = name[name.find("(") + 1 : -1] if name.endswith(")") else name
        return [number for each, number in self._number.items() if each.startswith(place + ".")]


def _walk(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _walk(test)
        else:
            yield test


def _is_broken(test):
    return type(test).__name__ == "_FailedTest"


def _imported(test):
    return test.id().rpartition(".")[2]


def _why(test):
    return str(getattr(test, "_exception", ""))
