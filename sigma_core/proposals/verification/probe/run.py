"""Entry point: ``run.py REPORT_FD SECRET_FD PLAN COVERAGE -- ARGUMENTS``, started in the checkout."""

import os
import sys


def main():
    # As `python -m` would have it; our own folder must not shadow a module of the project
    ours = sys.path[0]
    from sigma_probe.channel import excerpt_of, opened, read_plan
    from sigma_probe.lines import tracer_for
    from sigma_probe.sealing import forget

    send = opened(int(sys.argv[1]), int(sys.argv[2]))
    plan = read_plan(sys.argv[3])
    coverage, arguments = sys.argv[4], sys.argv[6:]
    if plan["runner"] == "pytest":
        from sigma_probe.pytest_runner import run
    elif plan["runner"] == "django":
        from sigma_probe.django_runner import run
    else:
        from sigma_probe.unittest_runner import run
    # The files are named from the top, before the project's own folder is entered
    tracer = tracer_for(plan["files"], coverage)
    os.chdir(plan["folder"] or os.curdir)
    sys.path[:] = [os.getcwd()] + [entry for entry in sys.path if entry != ours]
    sys.argv = [plan["runner"]] + arguments
    forget(ours)
    send(t="begin", runner=plan["runner"], python=list(sys.version_info[:3]), tracer=tracer.name)
    try:
        code = int(run(plan, arguments, send, tracer))
    except BaseException as error:
        send(t="broken", text=excerpt_of(error))
        raise
    tracer.stop()
    for index, files in tracer.by_test():
        send(t="lines", i=index, files=files)
    send(t="modules", **tracer.modules())
    send(t="end", code=code)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    sys.path[0] = os.path.dirname(os.path.abspath(__file__))
    sys.exit(main())
