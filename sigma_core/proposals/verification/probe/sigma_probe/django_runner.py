"""Django's own runner (databases, settings, discovery) with a result that reports every test."""

import runpy
import sys

from sigma_probe.unittest_runner import run_suite


def run(plan, arguments, send, tracer):
    from django.core.management.commands import test as command

    found = command.get_runner
    # Asked for twice: for its options, and to be made. From then on no attribute leads to what it works with
    command.get_runner = lambda *_: _runner(plan, send, tracer, lambda: setattr(command, "get_runner", found))
    tracer.start()
    sys.argv = ["manage.py", "test", "--noinput", "--parallel=1"] + list(arguments)
    try:
        runpy.run_path("manage.py", run_name="__main__")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _runner(plan, send, tracer, made):
    from django.test.runner import DiscoverRunner

    class Runner(DiscoverRunner):
        def __init__(self, *words, **options):
            made()
            super().__init__(*words, **options)

        def run_suite(self, suite, **options):
            return run_suite(suite, plan, send, tracer)

        def suite_result(self, suite, result, **options):
            return 0 if result.wasSuccessful() else 1

    return Runner
