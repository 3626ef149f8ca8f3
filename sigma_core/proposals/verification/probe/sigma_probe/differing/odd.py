"""Objects that annotations allow and that tests seldom have."""


class Fresh:
    """Stands for a generator, which can be gone through once and not be copied."""

    def __init__(self, *items):
        self.items = items


class EqualToAll:
    """`==` says yes to everything, None and False among it, as `unittest.mock.ANY` does."""

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __hash__(self):
        return 1


class Elementwise:
    """`==` and its like answer with another such object, whose truth nobody can tell, as arrays do."""

    def __eq__(self, other):
        return Elementwise()

    __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __eq__
    __hash__ = None

    def __bool__(self):
        raise ValueError("the truth value of an array with more than one element is ambiguous")


class Falsy:
    """False and empty, and neither None nor a container of the built-in kinds."""

    def __bool__(self):
        return False

    def __len__(self):
        return 0

    def __iter__(self):
        return iter(())


class Text(str):
    """A subclass, as enumerations and marked-up texts are."""


class Number(int):
    """A subclass of int that is no bool."""


class Items(list):
    """A subclass of list."""


class Mapping(dict):
    """A subclass of dict that has every key, as `collections.defaultdict` does."""

    def __missing__(self, key):
        self[key] = 0
        return 0
