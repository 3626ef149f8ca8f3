"""One version of a function, made from its text within a module that is loaded already."""

import ast
import copy
import functools
import importlib
import os
import sys
import types


class NotComparable(Exception):
    """Why two versions cannot be held against each other, in one sentence."""


def module_of(file):
    """The module that a file was loaded as; loaded now, where no test did."""
    path = _real(file)
    for module in list(sys.modules.values()):
        place = getattr(module, "__file__", None)
        if isinstance(place, str) and _real(place) == path:
            return module
    for folder in [os.path.realpath(entry or os.curdir) for entry in sys.path]:
        if path.startswith(folder + os.sep):
            name = os.path.relpath(path, folder)[: -len(".py")].replace(os.sep, ".")
            try:
                return importlib.import_module(name[: -len(".__init__")] if name.endswith(".__init__") else name)
            except BaseException as error:
                raise NotComparable("the module cannot be loaded ({})".format(type(error).__name__)) from None
    raise NotComparable("no module is loaded from its file")


@functools.lru_cache(maxsize=None)
def _real(path):
    """Where a file lies: it is asked of every module for every function, and nothing moves meanwhile."""
    return os.path.realpath(path)


class Version:
    """All of one text, by its tree: each function can be taken out of it. `other` is the tree of the other version."""

    def __init__(self, module, tree, other):
        self._module, self._tree = module, tree
        self.space = dict(vars(module))
        self._future = [each for each in self._tree.body if _is_future(each)]
        new = _imports(tree.body) - _imports(other.body)
        # Further in they are looked for only where the other version has not the same at its top
        known = _imports(ast.walk(other)) if new else set()
        for each in self._tree.body:
            if _is_import(each) and not _is_future(each) and ast.dump(each) in new - known:
                self._execute([each], self.space)

    def function(self, name):
        """The function by its qualified name, without its decorators."""
        node, owners = self._found(name)
        bare = copy.copy(node)
        bare.decorator_list = []
        body = bare
        for owner in reversed(owners):
            body = ast.copy_location(
                ast.ClassDef(
                    name=owner, bases=[], keywords=[], body=[body], decorator_list=[], type_params=[]
                ), node,
            )
        local = {}
        self._execute([body], local)
        found, real = local[name.split(".")[0]], vars(self._module).get(name.split(".")[0])
        for part in name.split(".")[1:]:
            owner, found = real, vars(found)[part]
            real = vars(real).get(part) if real is not None else None
        if owners:
            return self._of_class(_plain(found), owner)
        if not node.decorator_list:
            self.space[name] = found
        return found

    def decorators(self, name):
        """What decorates a function, as text."""
        body, node = self._tree.body, None
        for part in name.split("."):
            node = next((each for each in body if getattr(each, "name", None) == part), None)
            body = getattr(node, "body", [])
        return [ast.dump(each) for each in getattr(node, "decorator_list", [])]

    def _of_class(self, function, owner):
        """With `__class__`, for `super()`, as the class that objects are of."""
        cells = tuple(
            types.CellType(owner) if name == "__class__" else cell
            for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ())
        )
        made = types.FunctionType(
            function.__code__, self.space, function.__name__, function.__defaults__, cells or None
        )
        made.__kwdefaults__, made.__annotations__ = function.__kwdefaults__, function.__annotations__
        return made

    def _found(self, name):
        body, owners = self._tree.body, []
        parts = name.split(".")
        for part in parts[:-1]:
            body = next((each.body for each in body if isinstance(each, ast.ClassDef) and each.name == part), [])
            owners.append(part)
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        found = [each for each in body if isinstance(each, kinds) and each.name == parts[-1]]
        if len(found) != 1:
            raise NotComparable("it is defined {}".format("more than once" if found else "under a condition"))
        return found[0], owners

    def _execute(self, body, local):
        tree = ast.fix_missing_locations(ast.Module(body=[*self._future, *body], type_ignores=[]))
        file = getattr(self._module, "__file__", "<project>")
        try:
            exec(compile(tree, file, "exec", dont_inherit=True), self.space, local)
        except Exception as error:
            raise NotComparable("its definition raises {}".format(type(error).__name__)) from None


def _plain(found):
    """The function itself: `__new__` and its like are wrapped by the class."""
    return getattr(found, "__func__", found)


def _imports(nodes):
    return {ast.dump(each) for each in nodes if _is_import(each)}


def _is_import(node):
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _is_future(node):
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"
