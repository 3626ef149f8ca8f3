"""unittest with a result that reports every test."""

import time
import unittest

from sigma_probe.channel import excerpt, excerpt_of
from sigma_probe.lines import OUTSIDE


def run(plan, arguments, send, tracer, trials=None):
    """With `trials` the tests are loaded here and run in the processes that those fork."""
    tracer.start()
    # argv[0] only names the program in messages
    program = unittest.TestProgram(
        module=None, argv=["python -m unittest"] + list(arguments), exit=False, failfast=False,
        testRunner=_runner(plan, send, tracer, trials),
    )
    if program.result is None:
        return 5
    return 0 if program.result.wasSuccessful() else 1


def run_suite(suite, plan, send, tracer):
    """Run the tests of a suite, reporting each; the result."""
    return _runner(plan, send, tracer).run(suite)


def _runner(plan, send, tracer, trials=None):
    """What `unittest` calls to run a suite. What it works with is in no attribute."""

    class Runner:
        def run(self, suite):
            only, without = None if plan["only"] is None else set(plan["only"]), set(plan["without"])
            broken = [test for test in _walk(suite) if _is_broken(test)]
            sound = [test for test in _walk(suite) if not _is_broken(test)]
            tests = [test for test in sound if test.id() not in without and (only is None or test.id() in only)]
            for test in broken:
                send(t="collect_error", id=_imported(test), text=excerpt(_why(test)))
            names = list(dict.fromkeys(test.id() for test in tests))
            send(t="collected", ids=names)
            trial = trials.each() if trials is not None else None
            result = _result(names, send, tracer, trials if trial is not None else None)
            if trial is not None:
                tests = [test for test in tests if test.id() in trial.tests]
            if not plan["collect_only"] and (trials is None or trial is not None):
                unittest.TestSuite(tests).run(result)
            if broken:
                result.errors.extend((test, _why(test)) for test in broken)
            return result

    return Runner()


def _result(names, send, tracer, trials=None):
    """Outcomes by test number; a failed class or module set-up counts against all tests below it."""
    numbers = {name: number for number, name in enumerate(names)}

    def meant(name):
        """The tests a name stands for: ``setUpClass (module.Class)`` stands for all of the class."""
        if name in numbers:
            return [numbers[name]]
        place = name[name.find("(") + 1 : -1] if name.endswith(")") else name
        return [number for each, number in numbers.items() if each.startswith(place + ".")]

    clock = time.monotonic
    began = [clock()]

    def phase(test, outcome, error=None, **more):
        if error is not None:
            more["text"] = excerpt_of(error[1])
        more["s"], began[0] = round(clock() - began[0], 4), clock()
        for number in meant(test.id()):
            send(t="phase", i=number, when="call", outcome=outcome, **more)
            if trials is not None and outcome == "failed":
                trials.current.failed(names[number])

    class Result(unittest.TestResult):
        def startTest(self, test):
            super().startTest(test)
            began[0] = clock()
            tracer.switch(numbers.get(test.id(), OUTSIDE))

        def stopTest(self, test):
            tracer.switch(OUTSIDE)
            super().stopTest(test)

        def addSuccess(self, test):
            super().addSuccess(test)
            phase(test, "passed")

        def addFailure(self, test, error):
            super().addFailure(test, error)
            phase(test, "failed", error)
            if trials is not None and trials.current.stops:
                # Only what a test says itself: an error may say no more than that the code broke
                self.stop()

        def addError(self, test, error):
            super().addError(test, error)
            phase(test, "failed", error)

        def addSubTest(self, test, subtest, error):
            super().addSubTest(test, subtest, error)
            if error is not None:
                phase(test, "failed", error)

        def addSkip(self, test, reason):
            super().addSkip(test, reason)
            phase(test, "skipped")

        def addExpectedFailure(self, test, error):
            super().addExpectedFailure(test, error)
            phase(test, "skipped", xfail=True)

        def addUnexpectedSuccess(self, test):
            super().addUnexpectedSuccess(test)
            phase(test, "failed")

    return Result()


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
