"""Entry point: ``run.py REPORT_FD SECRET_FD PLAN COVERAGE -- ARGUMENTS``, started in the checkout."""

import os
import sys


def main():
    # As `python -m` would have it; our own folder must not shadow a module of the project
    ours = sys.path[0]
    from sigma_probe.channel import Channel, read_plan
    from sigma_probe.lines import tracer_for

    channel = Channel(int(sys.argv[1]), int(sys.argv[2]))
    plan = read_plan(sys.argv[3])
    arguments = sys.argv[6:]
    if plan["runner"] == "pytest":
        from sigma_probe.pytest_runner import run
    else:
        from sigma_probe.unittest_runner import run
    tracer = tracer_for(plan["files"], sys.argv[4])
    sys.path[:] = [os.getcwd()] + [entry for entry in sys.path if entry != ours]
    sys.argv = [plan["runner"]] + arguments
    channel.send(t="begin", runner=plan["runner"], python=list(sys.version_info[:3]), tracer=tracer.name)
    try:
        code = run(plan, arguments, channel, tracer)
    except BaseException as error:
        channel.send(t="broken", **channel.failure(error))
        raise
    tracer.stop()
    for index, files in tracer.by_test():
        channel.send(t="lines", i=index, files=files)
    channel.send(t="modules", **tracer.modules())
    channel.end(int(code))
    sys.stdout.flush()
    sys.stderr.flush()
    return int(code)


if __name__ == "__main__":
    sys.path[0] = os.path.dirname(os.path.abspath(__file__))
    sys.exit(main())
