"""Entry point: ``trials.py REPORT_FD SECRET_FD PLAN -- ARGUMENTS``, started in the checkout."""

import os
import sys


def main():
    ours = sys.path[0]
    from sigma_probe.channel import excerpt_of, opened_for_forks, read_plan
    from sigma_probe.forking.trials import Trials
    from sigma_probe.lines import NoTracer
    from sigma_probe.sealing import forget

    send, branch = opened_for_forks(int(sys.argv[1]), int(sys.argv[2]))
    plan = read_plan(sys.argv[3])
    arguments = sys.argv[5:]
    if plan["runner"] == "pytest":
        from sigma_probe.pytest_runner import run
    else:
        from sigma_probe.unittest_runner import run
    trials = Trials(plan, send, branch)
    os.chdir(plan["folder"] or os.curdir)
    sys.path[:] = [os.getcwd()] + [entry for entry in sys.path if entry != ours]
    sys.argv = [plan["runner"]] + arguments
    forget(ours)
    send(t="begin", runner=plan["runner"])
    code = 70
    try:
        code = int(run(plan, arguments, send, NoTracer(None), trials))
        send(t="end", code=code)
    except BaseException as error:
        send(t="broken", text=excerpt_of(error))
        if trials.current is None:
            raise
    finally:
        if trials.current is not None:
            sys.stdout.flush()
            sys.stderr.flush()
            # Threads and exit hooks of the project have nothing more to say
            os._exit(code & 0xFF)
    return code


if __name__ == "__main__":
    sys.path[0] = os.path.dirname(os.path.abspath(__file__))
    sys.exit(main())
