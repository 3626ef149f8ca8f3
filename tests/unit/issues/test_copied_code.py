"""Copied functions are found in spite of new names; what only looks alike by nature is left alone."""

from pathlib import Path

from sigma_core.issues.detectors.copied_code import CopiedCodeDetector
from sigma_core.issues.source import SourceFile, Sources

LOAD = '''
def load_orders(path, known):
    """Orders of a file."""
    found = []
    with open(path) as file:
        for line in file:
            fields = line.strip().split(";")
            if len(fields) < 3 or fields[0] in known:
                continue
            try:
                amount = float(fields[2])
            except ValueError:
                amount = 0.0
            found.append({"id": fields[0], "name": fields[1], "amount": amount})
            known.add(fields[0])
    return sorted(found, key=lambda one: one["amount"])
'''
COPY = (
    LOAD.replace("load_orders", "read_invoices")
    .replace("found", "rows")
    .replace("known", "seen")
    .replace("fields", "cells")
    .replace('";"', '","')
    .replace("Orders of a file.", "All invoices.")
)
OTHER = """
def ship(order, carriers, day):
    best = None
    for carrier in carriers:
        price = carrier.price(order.weight, order.country)
        if carrier.closed_on(day) or price is None:
            continue
        if best is None or price < best[0]:
            best = (price, carrier)
    if best is None:
        raise LookupError(order.country)
    order.carrier = best[1].name
    order.price = round(best[0] * 1.19, 2)
    return order.save(day)
"""


def messages(**files: str) -> list[tuple[str, int, str]]:
    sources = {f"{name}.py": SourceFile(f"{name}.py", text) for name, text in files.items()}
    return [(each.file, each.line, each.message) for each in CopiedCodeDetector().look(Sources(Path(), sources)).found]


def test_a_copied_function_with_renamed_variables_is_found() -> None:
    assert messages(a=LOAD, b=f"{OTHER}\n{COPY}") == [
        ("b.py", 17, "`read_invoices` repeats `load_orders` in a.py: 100% of their shape is the same")
    ]


def test_a_line_more_is_still_a_copy_and_another_function_is_none() -> None:
    more = COPY.replace("    return sorted", "    print(path)\n    return sorted")
    assert len(messages(a=LOAD, b=more)) == 1
    assert messages(a=LOAD, b=OTHER) == []


def test_getters_overrides_and_tests_are_left_alone() -> None:
    getters = "class A:\n" + "".join(f"    def get{n}(self):\n        return self._value{n}\n\n" for n in range(30))
    assert messages(a=getters) == []
    method = "".join(f"    {line}\n" if line else "\n" for line in LOAD.replace("(path", "(self, path").splitlines())
    assert messages(a=f"class A:\n{method}", b=f"class B:\n{method}") == []
    assert messages(a=LOAD, test_b=COPY) == []


def test_many_alike_stay_bounded() -> None:
    copies = "\n".join(LOAD.replace("load_orders", f"load{n}") for n in range(300))
    assert len(messages(a=copies)) == 299
