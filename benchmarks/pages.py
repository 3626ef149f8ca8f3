"""What pages of the console cost on a large store: ``PYTHONPATH=tests python benchmarks/pages.py [PART]``.

A full store (``PART`` 1) has 1 000 000 calls and items of knowledge, 100 000 issues, 50 000 runs, 10 000 proposals and
200 projects; unless told otherwise a hundredth of it. Of each page: CPU of its script once it is warm, and SQL
statements. Then, on a console in a process of its own: how long a browser navigates to it, beside an empty page in the
same frame; how long ten people wait who open pages, beside one; memory over ``--views`` of pages.
"""

import argparse
import logging
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from browsing import CHROMIUM
from page_load.filling import Filling, Load
from page_load.navigation import install_empty_page, navigation
from page_load.sessions import Server
from servers import console
from sqlalchemy import event
from streamlit.testing.v1 import AppTest

import sigma_core.console
from sigma_core.console import session
from sigma_core.console.page_list import GROUPS
from sigma_core.runtime.build import build
from sigma_core.settings import load_settings

MAIN = Path(sigma_core.console.__file__).with_name("main.py")
PAGES = [entry.name for entries in GROUPS.values() for entry in entries]
ROUNDS = 5
GOAL_S = 0.1
SLOWEST = 3
NAVIGATION_GOAL = 1.3
PEOPLE, PEOPLE_GOAL = 10, 2.0
PACE_S = 3.0
"""From one page to the next, in the mean: somebody who hardly reads."""
VIEWS_EACH = 32


class Statements:
    """What is sent to the database meanwhile, with the time it took."""

    def __init__(self) -> None:
        self.count, self.spent = 0, Counter[str]()
        self._began = 0.0
        engine = session.system().database.engine
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)

    def reset(self) -> None:
        """From here on."""
        self.count = 0
        self.spent.clear()

    def _before(self, *_: object) -> None:
        self._began = time.thread_time()

    def _after(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self.count += 1
        self.spent[" ".join(statement.split())[:400]] += time.thread_time() - self._began


def opened(page: str) -> AppTest:
    """A session on a page."""
    app = AppTest.from_file(str(MAIN), default_timeout=600)
    app.context = {"timezone": "Europe/Berlin"}
    app.run()
    if page != "overview":
        app.switch_page(f"../../pages/{page}.py")
    return app.run()


def measure(page: str, told: Statements, *, explain: bool) -> tuple[float, int]:
    """Print one line; seconds of CPU and statements."""
    app, spent = opened(page), []
    for _ in range(ROUNDS):
        told.reset()
        began = time.process_time()
        app.run()
        spent.append(time.process_time() - began)
    cpu = statistics.median(spent)
    over = "" if cpu <= GOAL_S else "  over the goal"
    print(f"{page:<12} {1000 * cpu:7.0f} ms CPU  {told.count:4} statements{over}", flush=True)
    if explain and over:
        for statement, took in told.spent.most_common(SLOWEST):
            print(f"    {1000 * took:6.0f} ms  {statement}")
    if app.exception:
        raise SystemExit(f"{page}: {app.exception[0].message}")
    return cpu, told.count


def navigate(url: str, statements: Mapping[str, int]) -> None:
    """Print a line for each page: the browser's way to it and to an empty page in the same run."""
    worst = 0.0
    for page, there, empty in navigation(url):
        worst = max(worst, there / empty)
        ratio = f"{there / empty:.2f} of an empty page's {empty:.0f} ms"
        print(f"{page:<12} {there:7.0f} ms by a browser, {ratio}, {statements[page]:4} statements", flush=True)
    print(f"worst {worst:.2f} of an empty page, goal {NAVIGATION_GOAL}; load {_load()}")


def together(server: Server) -> None:
    """Print how long views take for one person and for ten, at the same pace and all at the same moment."""
    server.views(1, PAGES, len(PAGES), 0)
    p95 = {}
    for people, pace_s in ((1, PACE_S), (PEOPLE, PACE_S), (PEOPLE, 0.0)):
        views = server.views(people, PAGES, VIEWS_EACH, pace_s)
        p95[people, pace_s] = views.percentile(0.95)
        said = f"a page every {pace_s:.0f} s" if pace_s else "page after page without a pause"
        print(
            f"{people:>2} at once, {said}: p50 {1000 * views.percentile(0.5):.0f} ms, "
            f"p95 {1000 * views.percentile(0.95):.0f} ms, {1000 * views.cpu / len(views.took):.0f} ms CPU a view; "
            f"load {_load()}",
            flush=True,
        )
    print(f"p95 of ten {p95[PEOPLE, PACE_S] / p95[1, PACE_S]:.2f} of one's, goal {PEOPLE_GOAL}")


def memory(server: Server, views: int) -> None:
    """Print what stays of many views of pages in turn."""
    fifth, marks = max(1, views // 5), []
    for _ in range(5):
        server.views(1, PAGES, fifth, 0)
        marks.append(f"{server.memory_mb():.0f}")
    print(f"memory after each {fifth} of {5 * fifth} views: {', '.join(marks)} MB")


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def main() -> None:
    """Fill, then look at each page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("part", nargs="?", type=int, default=100)
    options.add_argument("--views", type=int, default=100)
    options.add_argument("--home", type=Path, help="a home that is filled already, or is to be kept")
    options.add_argument("--explain", action="store_true", help="name the slowest statements of pages over the goal")
    told = options.parse_args()
    # Streamlit's word on a script that no browser asked for
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        home = told.home or Path(folder)
        os.environ["SIGMA_HOME"] = str(home)
        if not (home / "sigma.db").exists():
            system = build(load_settings(home))
            print(f"1/{told.part} of a full store")
            Filling(system.database, Load().smaller(told.part)).fill()
            system.close()
        st.cache_resource.clear()
        statements = Statements()
        measured = {page: measure(page, statements, explain=told.explain) for page in PAGES}
        worst = max(cpu for cpu, _ in measured.values())
        print(f"worst {1000 * worst:.0f} ms, goal {1000 * GOAL_S:.0f} ms; load {_load()}")
        session.system().close()
        packages = install_empty_page(home / "packages")
        with console(home, PYTHONPATH=str(packages)) as url:
            if CHROMIUM:
                navigate(url, {page: count for page, (_, count) in measured.items()})
            server = Server(url)
            together(server)
            memory(server, told.views)


if __name__ == "__main__":
    main()
