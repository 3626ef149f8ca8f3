"""Which functions of some files are loaded, and other code put into them."""

import gc
import sys
import types

from sigma_probe.forking.sources import Unfit


class Loaded:
    """Functions by their code, as they are when nothing has been put into them."""

    def __init__(self, files):
        self._files = files
        self._functions = {}
        self._present = set()
        for each in gc.get_objects():
            if type(each) is types.FunctionType:
                number = files.number(each.__code__.co_filename)
                if number is not None:
                    self._present.add(number)
                    self._functions.setdefault((number, each.__code__), []).append(each)
        for module in list(sys.modules.values()):
            path = getattr(module, "__file__", None)
            number = files.number(path) if isinstance(path, str) else None
            if number is not None:
                self._present.add(number)

    def swaps(self, path, changes):
        """(function, its new code) for all that has to change. Raises `Unfit` where it is not this code that is loaded.

        A file that nobody has loaded yet is read as it lies there by then.
        """
        number, found = self._files.number(path), []
        if number not in self._present:
            return found
        for old, new, must in changes:
            functions = self._functions.get((number, old), [])
            if must and not functions:
                raise Unfit("what is loaded is not this code")
            found += [(each, _named(new, each.__code__.co_filename)) for each in functions]
        return found


def _named(code, filename):
    """The same, as if it came from a file of this name."""
    if code.co_filename == filename:
        return code
    consts = tuple(_named(each, filename) if isinstance(each, types.CodeType) else each for each in code.co_consts)
    return code.replace(co_consts=consts, co_filename=filename)
