"""Pairs of functions as fixes leave them: such as behave otherwise for some input, and such as never do.

Each is a module before and after, with a call that runs it and checks nothing.
"""

from textwrap import dedent


def _pair(old: str, new: str, call: str) -> tuple[str, str, str]:
    return dedent(old).lstrip(), dedent(new).lstrip(), call


DIFFERENT = {
    "memo_in_default": _pair(
        """
        def gather(item, seen=[]):
            seen.append(item)
            return list(seen)
        """,
        """
        def gather(item, seen=None):
            if seen is None:
                seen = []
            seen.append(item)
            return list(seen)
        """,
        "gather(1)",
    ),
    "equal_to_none": _pair(
        "def missing(value):\n    return value == None\n",
        "def missing(value):\n    return value is None\n",
        "missing(1)",
    ),
    "equal_to_true": _pair(
        "def on(flag):\n    return 1 if flag == True else 0\n",
        "def on(flag):\n    return 1 if flag else 0\n",
        "on(True)",
    ),
    "first_of_list": _pair(
        "def first(items):\n    return list(items)[0]\n",
        "def first(items):\n    return next(iter(items))\n",
        "first([1])",
    ),
    "list_in_all": _pair(
        "def mark(items, log):\n    return all([log.append(each) or each for each in items])\n",
        "def mark(items, log):\n    return all(log.append(each) or each for each in items)\n",
        "mark([1, 2], [])",
    ),
    "stable_reversed": _pair(
        "def rank(rows):\n    return list(reversed(sorted(rows, key=lambda row: row[0])))\n",
        "def rank(rows):\n    return sorted(rows, key=lambda row: row[0], reverse=True)\n",
        "rank([(1, 'a'), (2, 'b')])",
    ),
    "changed_in_place": _pair(
        """
        def joined(parts):
            whole = []
            for part in parts:
                whole = whole + part
            return whole
        """,
        """
        def joined(parts):
            whole = parts[0]
            for part in parts[1:]:
                whole += part
            return whole
        """,
        "joined([[1], [2]])",
    ),
    "order_of_evaluation": _pair(
        """
        def say(value):
            print(value)
            return value


        def less(one, two):
            return say(one) < say(two)
        """,
        """
        def say(value):
            print(value)
            return value


        def less(one, two):
            return say(two) > say(one)
        """,
        "less(1, 2)",
    ),
    "rounded": _pair(
        "def near(value: float):\n    return round(value)\n",
        "def near(value: float):\n    return int(value + 0.5)\n",
        "near(1.0)",
    ),
    "emptiness": _pair(
        "def none_of(items):\n    return not items\n",
        "def none_of(items):\n    return len(items) == 0\n",
        "none_of([1])",
    ),
    "falsy_default": _pair(
        "def chosen(value, other):\n    return value or other\n",
        "def chosen(value, other):\n    return value if value is not None else other\n",
        "chosen(3, 4)",
    ),
    "default_of_get": _pair(
        "def word(data, key):\n    return data.get(key) or 'none'\n",
        "def word(data, key):\n    return data.get(key, 'none')\n",
        "word({'a': 1, 'b': 2}, 'a')",
    ),
    "narrower_except": _pair(
        """
        def number(text):
            try:
                return int(text)
            except Exception:
                return None
        """,
        """
        def number(text):
            try:
                return int(text)
            except ValueError:
                return None
        """,
        "number('1')",
    ),
    "stripped": _pair(
        "def stem(name):\n    return name.rstrip('.py')\n",
        "def stem(name):\n    return name.removesuffix('.py')\n",
        "stem('yard.py')",
    ),
    "division": _pair(
        "def half(number: int) -> int:\n    return int(number / 2)\n",
        "def half(number: int) -> int:\n    return number // 2\n",
        "half(4)",
    ),
    "same_object": _pair(
        "def kept(items):\n    return items\n", "def kept(items):\n    return list(items)\n", "kept([1])"
    ),
    "order_of_unique": _pair(
        "def unique(items):\n    return sorted(set(items))\n",
        "def unique(items):\n    return list(dict.fromkeys(items))\n",
        "unique([1, 2])",
    ),
    "split": _pair(
        "def parts(text: str):\n    return text.split(' ')\n",
        "def parts(text: str):\n    return text.split()\n",
        "parts('a b')",
    ),
    "strict_zip": _pair(
        "def both(one, two):\n    return list(zip(one, two))\n",
        "def both(one, two):\n    return list(zip(one, two, strict=True))\n",
        "both([1], [2])",
    ),
    "what_a_method_returns": _pair(
        """
        class Tally:
            def __init__(self):
                self.count = 0

            def add(self, number=1):
                self.count += number
                return self
        """,
        """
        class Tally:
            def __init__(self):
                self.count = 0

            def add(self, number=1):
                self.count += abs(number)
                return self
        """,
        "Tally().add(2)",
    ),
    "quoted_percent": _pair(
        "def shown(value):\n    return '<%s>' % value\n", "def shown(value):\n    return f'<{value}>'\n", "shown((1,))"
    ),
    "exhausted": _pair(
        "def largest(items):\n    return max(items) if items else None\n",
        "def largest(items):\n    return max(items, default=None)\n",
        "largest([1, 2])",
    ),
}

EQUAL = {
    "else_after_return": _pair(
        "def sign(x):\n    if x < 0:\n        return -1\n    else:\n        return 1\n",
        "def sign(x):\n    if x < 0:\n        return -1\n    return 1\n",
        "sign(1)",
    ),
    "returned_condition": _pair(
        "def has(x, xs):\n    if x in xs:\n        return True\n    return False\n",
        "def has(x, xs):\n    return x in xs\n",
        "has(1, [1])",
    ),
    "nested_ifs": _pair(
        "def both(a, b):\n    if a:\n        if b:\n            return 1\n    return 0\n",
        "def both(a, b):\n    if a and b:\n        return 1\n    return 0\n",
        "both(1, 0)",
    ),
    "collapsed_else": _pair(
        """
        def grade(x):
            if x > 9:
                return 'a'
            else:
                if x > 5:
                    return 'b'
            return 'c'
        """,
        """
        def grade(x):
            if x > 9:
                return 'a'
            elif x > 5:
                return 'b'
            return 'c'
        """,
        "grade(7)",
    ),
    "plain_comprehension": _pair(
        "def copied(xs):\n    return [x for x in xs]\n", "def copied(xs):\n    return list(xs)\n", "copied([1])"
    ),
    "f_string": _pair(
        "def told(name, size):\n    return '{} is {}'.format(name, size)\n",
        "def told(name, size):\n    return f'{name} is {size}'\n",
        "told('a', 1)",
    ),
    "conversion": _pair("def told(x):\n    return f'{str(x)}'\n", "def told(x):\n    return f'{x!s}'\n", "told(1)"),
    "not_in": _pair(
        "def out(x, xs):\n    return not x in xs\n", "def out(x, xs):\n    return x not in xs\n", "out(1, [2])"
    ),
    "keys": _pair(
        "def has(d: dict, k):\n    return k in d.keys()\n",
        "def has(d: dict, k):\n    return k in d\n",
        "has({'a': 1}, 'a')",
    ),
    "set_comprehension": _pair(
        "def kinds(xs):\n    return set(x for x in xs)\n",
        "def kinds(xs):\n    return {x for x in xs}\n",
        "kinds([1, 1])",
    ),
    "assigned_and_returned": _pair(
        "def total(xs):\n    result = sum(xs)\n    return result\n",
        "def total(xs):\n    return sum(xs)\n",
        "total([1])",
    ),
    "loop_as_comprehension": _pair(
        """
        def double(xs):
            out = []
            for x in xs:
                out.append(x * 2)
            return out
        """,
        "def double(xs):\n    return [x * 2 for x in xs]\n",
        "double([1, 2])",
    ),
    "suppressed": _pair(
        """
        def dropped(d, k):
            try:
                del d[k]
            except KeyError:
                pass
            return d
        """,
        """
        import contextlib


        def dropped(d, k):
            with contextlib.suppress(KeyError):
                del d[k]
            return d
        """,
        "dropped({'a': 1}, 'a')",
    ),
    "literal": _pair(
        "def options(a, b):\n    return dict(a=a, b=b)\n",
        "def options(a, b):\n    return {'a': a, 'b': b}\n",
        "options(1, 2)",
    ),
    "isinstance": _pair(
        "def plain(x):\n    return isinstance(x, int) or isinstance(x, str)\n",
        "def plain(x):\n    return isinstance(x, (int, str))\n",
        "plain(1)",
    ),
    "super_call": _pair(
        """
        class Base:
            def __init__(self, size):
                self.size = size

            def area(self):
                return self.size


        class Square(Base):
            def area(self):
                return super(Square, self).area() ** 2
        """,
        """
        class Base:
            def __init__(self, size):
                self.size = size

            def area(self):
                return self.size


        class Square(Base):
            def area(self):
                return super().area() ** 2
        """,
        "Square(2).area()",
    ),
    "generator": _pair(
        "def walk(xs):\n    for x in xs:\n        yield x\n", "def walk(xs):\n    yield from xs\n", "list(walk([1]))"
    ),
    "state_of_the_module": _pair(
        """
        SEEN = {}


        def numbered(x):
            if x in SEEN:
                return SEEN[x]
            else:
                SEEN[x] = len(SEEN)
                return SEEN[x]
        """,
        """
        SEEN = {}


        def numbered(x):
            if x in SEEN:
                return SEEN[x]
            SEEN[x] = len(SEEN)
            return SEEN[x]
        """,
        "numbered('a')",
    ),
    "clock": _pair(
        """
        import time


        def stamped(x):
            now = time.perf_counter_ns() if x else 0
            return now, x
        """,
        "import time\n\n\ndef stamped(x):\n    return time.perf_counter_ns() if x else 0, x\n",
        "stamped(1)",
    ),
    "written_file": _pair(
        """
        import pathlib


        def made(name: str):
            pathlib.Path('made').mkdir()
            result = name * 2
            return result
        """,
        """
        import pathlib


        def made(name: str):
            pathlib.Path('made').mkdir()
            return name * 2
        """,
        "made('')",
    ),
    "coroutine": _pair(
        "async def later(x):\n    if x:\n        return 1\n    else:\n        return 2\n",
        "async def later(x):\n    if x:\n        return 1\n    return 2\n",
        "later(1).close()",
    ),
    "any_of_plain": _pair(
        "def some(xs: list[int]) -> bool:\n    return any([x > 1 for x in xs])\n",
        "def some(xs: list[int]) -> bool:\n    return any(x > 1 for x in xs)\n",
        "some([1])",
    ),
}
