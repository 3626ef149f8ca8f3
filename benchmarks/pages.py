"""What pages of the console cost on a large store. ``python benchmarks/pages.py [PART] [--views N] [--home DIR]``.

A full store (``PART`` 1) has 1 000 000 calls and items of knowledge, 100 000 issues, 50 000 runs, 10 000 proposals and
200 projects; unless told otherwise a hundredth of it. Of each page: CPU of its script once it is warm, and SQL
statements. With ``--views``, memory over so many of them.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

import streamlit as st
from page_load.filling import Filling, Load
from sqlalchemy import event
from streamlit.testing.v1 import AppTest

import sigma_core.console
from sigma_core.console import session
from sigma_core.runtime.build import build
from sigma_core.settings import load_settings

MAIN = Path(sigma_core.console.__file__).with_name("main.py")
PAGES = [
    "overview",
    "issues",
    "proposals",
    "runs",
    "projects",
    "knowledge",
    "graph",
    "experiments",
    "learning",
    "prompts",
    "calls",
    "cost",
    "schedule",
    "log",
    "audit",
    "settings",
]
ROUNDS = 5
GOAL_S = 0.1
SLOWEST = 3


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


def measure(page: str, told: Statements, *, explain: bool) -> float:
    """Print one line; seconds of CPU."""
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
    return cpu


def memory(views: int) -> None:
    """What stays of many views of pages in turn."""
    app, marks = opened("overview"), []
    for number in range(views):
        app.switch_page(f"../../pages/{PAGES[number % len(PAGES)]}.py").run()
        if number in (views // 2, views - 1):
            marks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(f"memory: {marks[0]:.0f} MB after {views // 2} views, {marks[-1]:.0f} MB after {views}")


def main() -> None:
    """Fill, then look at each page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("part", nargs="?", type=int, default=100)
    options.add_argument("--views", type=int, default=0)
    options.add_argument("--home", type=Path, help="a home that is filled already, or is to be kept")
    options.add_argument("--explain", action="store_true", help="name the slowest statements of pages over the goal")
    told = options.parse_args()
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
        total = [measure(page, statements, explain=told.explain) for page in PAGES]
        print(f"worst {1000 * max(total):.0f} ms, goal {1000 * GOAL_S:.0f} ms")
        if told.views:
            memory(told.views)
        session.system().close()


if __name__ == "__main__":
    main()
