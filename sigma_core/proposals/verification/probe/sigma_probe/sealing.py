"""Takes away the names by which project code would find the probe.

What is left to find is in the interpreter's own objects: whoever searches those is told by the guard, not hindered here.
"""

import sys
import types


def forget(folder):
    """No module is ours any more; what would be imported from our folder would be another copy."""
    for name in [name for name in sys.modules if name.split(".", 1)[0] == "sigma_probe"]:
        del sys.modules[name]
    sys.modules["__main__"] = types.ModuleType("__main__")
    for path in [path for path in sys.path_importer_cache if path.startswith(folder)]:
        del sys.path_importer_cache[path]
    sys.orig_argv = list(sys.argv)


def own_copy(name):
    """A module that nobody else has, so that nobody else can change what is in it."""
    shared = {each: sys.modules.pop(each) for each in list(sys.modules) if each.split(".", 1)[0] == name}
    module = __import__(name)
    for each in [each for each in sys.modules if each.split(".", 1)[0] == name]:
        del sys.modules[each]
    sys.modules.update(shared)
    return module
