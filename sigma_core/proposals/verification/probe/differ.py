"""Entry point: ``differ.py REPORT_FD SECRET_FD PLAN HYPOTHESIS… -- ARGUMENTS``, started in the checkout."""

import os
import sys


def main():
    ours = sys.path[0]
    from sigma_probe.channel import excerpt_of, opened, read_plan
    from sigma_probe.differing.comparing import compare_all
    from sigma_probe.differing.recording import Recorder
    from sigma_probe.sealing import forget

    send = opened(int(sys.argv[1]), int(sys.argv[2]))
    plan = read_plan(sys.argv[3])
    end = sys.argv.index("--")
    places, arguments = sys.argv[4:end], sys.argv[end + 1 :]
    if plan["runner"] == "pytest":
        from sigma_probe.pytest_runner import run
    elif plan["runner"] == "django":
        from sigma_probe.django_runner import run
    else:
        from sigma_probe.unittest_runner import run
    for pair in plan["pairs"]:
        pair["file"] = os.path.abspath(pair["file"])
    recorder = Recorder(plan["pairs"], plan["at_import"])
    os.chdir(plan["folder"] or os.curdir)
    sys.path[:] = [os.getcwd()] + [entry for entry in sys.path if entry != ours]
    sys.argv = [plan["runner"]] + arguments
    forget(ours)
    if plan["only"]:
        try:
            run(plan, arguments, lambda **_: None, recorder)
        except BaseException as error:
            send(t="recording", text=excerpt_of(error))
        recorder.stop()
    compare_all(plan, recorder, places, send)
    send(t="end", code=0)
    sys.stdout.flush()
    # Threads and exit hooks of the project have nothing more to say
    os._exit(0)


if __name__ == "__main__":
    sys.path[0] = os.path.dirname(os.path.abspath(__file__))
    main()
