"""What a value is, as text: equal for values that nobody can tell apart, whatever process they lie in."""

import enum
import re
import types

MOST_PARTS = 2000
MOST_ITEMS = 50
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented), range, slice)
_NAMED = (
    type, types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType,
    types.MethodDescriptorType, types.WrapperDescriptorType,
)
_UNCHANGING = (int, float, complex, str, bytes)
_BASES = (bool, int, float, complex, str, bytes, bytearray)


class TooLarge(Exception):
    """The value has more parts than are looked at."""


class Describer:
    """Describes values that belong together: one that is there twice is told from two that are equal."""

    def __init__(self):
        self._numbers, self._names = {}, {}
        self._kept = []
        self._left = MOST_PARTS

    def named(self, name, value):
        """The text of an argument; wherever it is met again it goes by its name."""
        self._names[id(value)] = name
        return name + "=" + self(value)

    def __call__(self, value):
        self._left -= 1
        if self._left < 0:
            raise TooLarge
        kind = type(value)
        if kind in _PLAIN:
            return without_addresses(repr(value))
        if isinstance(value, _NAMED):
            return "<" + str(getattr(value, "__qualname__", None) or getattr(value, "__name__", kind.__name__)) + ">"
        if isinstance(value, enum.Enum):
            return kind.__name__ + "." + str(value._name_)
        if kind is tuple:
            return "(" + ", ".join(map(self, value)) + ("," if len(value) == 1 else "") + ")"
        if kind is frozenset:
            return "frozenset({" + ", ".join(sorted(map(self, value))) + "})"
        if isinstance(value, _UNCHANGING):
            # Nobody asks which of two equal ones it is
            return self._instance(value, kind)
        if id(value) in self._numbers:
            number = self._numbers[id(value)]
            return "<the same object as {}>".format(self._names.get(id(value), "the {}. in here".format(number)))
        self._numbers[id(value)] = len(self._numbers) + 1
        self._kept.append(value)
        return self._mutable(value, kind)

    def _mutable(self, value, kind):
        if kind is list:
            return "[" + ", ".join(map(self, value)) + "]"
        if kind is set:
            return "{" + ", ".join(sorted(map(self, value))) + "}" if value else "set()"
        if kind is dict:
            return "{" + ", ".join(self(key) + ": " + self(each) for key, each in value.items()) + "}"
        if isinstance(value, BaseException):
            return kind.__name__ + "(" + ", ".join(map(self, value.args)) + ")"
        if isinstance(value, (types.GeneratorType, types.CoroutineType)) or _iterates(kind):
            return self._drained(value)
        return self._instance(value, kind)

    def _drained(self, value):
        """What is left in an iterator; which kind it is of cannot be told by going through it."""
        if isinstance(value, types.CoroutineType):
            return self._awaited(value)
        found = []
        try:
            for _ in range(MOST_ITEMS):
                found.append(self(next(value)))
        except StopIteration as ended:
            return "<iterator of [" + ", ".join(found) + "]" + (
                "" if ended.value is None else " ending with " + self(ended.value)
            ) + ">"
        except TooLarge:
            raise
        except Exception as error:
            return "<iterator of [" + ", ".join(found) + "] raising " + type(error).__name__ + ">"
        return "<iterator of [" + ", ".join(found) + ", ...]>"

    def _awaited(self, value):
        try:
            value.send(None)
        except StopIteration as ended:
            return "<awaited: " + self(ended.value) + ">"
        except TooLarge:
            raise
        except Exception as error:
            return "<awaited: raises " + type(error).__name__ + ">"
        value.close()
        return "<awaited: waits>"

    def _instance(self, value, kind):
        parts = [self._content(value)]
        parts += [name + "=" + self(each) for name, each in sorted(_attributes(value), key=lambda each: each[0])]
        parts = [part for part in parts if part]
        if parts or kind.__repr__ is object.__repr__ or kind.__module__.startswith("sigma_probe"):
            return kind.__name__ + "(" + ", ".join(parts) + ")"
        return kind.__name__ + ": " + without_addresses(repr(value))[:500]

    def _content(self, value):
        """What an object of a subclass holds as one of the built-in kind."""
        for base in _BASES:
            if isinstance(value, base):
                return base.__repr__(value)
        for base in (list, tuple, set, frozenset):
            if isinstance(value, base):
                items = [self(each) for each in base.__iter__(value)]
                return "[" + ", ".join(items if base in (list, tuple) else sorted(items)) + "]"
        if isinstance(value, dict):
            return "{" + ", ".join(self(key) + ": " + self(each) for key, each in dict.items(value)) + "}"
        return ""


def described(value):
    """One value by itself."""
    return Describer()(value)


def without_addresses(text):
    """Where an object lies says nothing about it."""
    return _ADDRESS.sub("", text)


def _iterates(kind):
    return kind.__module__ in ("builtins", "itertools") and hasattr(kind, "__next__")


def _attributes(value):
    try:
        yield from object.__getattribute__(value, "__dict__").items()
    except AttributeError:
        pass
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            member = kind.__dict__.get(name)
            if isinstance(member, types.MemberDescriptorType):
                try:
                    yield name, member.__get__(value)
                except AttributeError:
                    continue
