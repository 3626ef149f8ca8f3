"""What other modules of the project take from the changed one stays, or is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sigma_core.proposals import diff as diffs
from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.static.import_effects import ImportEffects
from sigma_core.proposals.verification.static.lost_names import LostNames, lost_names
from sigma_core.proposals.verification.static.modules import Modules

API = "from pkg.core import helper, other\n\n\ndef go():\n    return other()\n"
WITHOUT = API.replace("helper, other", "other")
Losing = Callable[..., LostNames]


@pytest.fixture
def losing(tmp_path: Path) -> Losing:
    """What is lost where `path` becomes `after` among `files`."""

    def told(files: dict[str, str], path: str, after: str) -> LostNames:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        before = files[path]
        (change,) = diffs.parse(diffs.make(path, before, after))
        file, modules = ChangedFile(path, path, before, after, tuple(change.edits())), Modules(tmp_path)
        return lost_names([file], modules, ImportEffects(modules))

    return told


@pytest.mark.parametrize(
    "user",
    [
        "from pkg.api import helper\n",
        "from pkg import api\n\n\ndef use():\n    return api.helper()\n",
        "import pkg.api\n\nx = pkg.api.helper\n",
        "import pkg.api as short\n\nx = short.helper\n",
        "from .api import helper\n",
        "from . import api\n\nx = api.helper\n",
        "from pkg.api import *\n",
        "def test(mocker):\n    mocker.patch('pkg.api.helper')\n",
    ],
)
@pytest.mark.parametrize("folder", ["", "src/", "back/"])
def test_a_name_that_another_module_takes_from_here_is_lost(losing: Losing, user: str, folder: str) -> None:
    files = {f"{folder}pkg/__init__.py": "", f"{folder}pkg/api.py": API, f"{folder}pkg/user.py": user}
    lost = losing(files, f"{folder}pkg/api.py", WITHOUT)
    assert [name.removeprefix("back.") for name in lost.names] == ["pkg.api.helper"]
    assert lost.sentences == [f"{folder}pkg/api.py:1 takes helper away, which {folder}pkg/user.py takes from here."]


@pytest.mark.parametrize("user", ["from pkg.core import helper\n", "helper = 1\n", "import api\n\nx = api.helper\n"])
def test_a_name_that_others_have_from_elsewhere_may_go(losing: Losing, user: str) -> None:
    files = {"pkg/__init__.py": "", "pkg/api.py": API, "pkg/user.py": user}
    assert losing(files, "pkg/api.py", WITHOUT) == LostNames()


@pytest.mark.parametrize(
    ("listed", "lost"),
    [
        ("", True),
        ("__all__ = ['go']\n", False),
        ("__all__ = ['go', 'helper']\n", True),
        ("__all__ = ['go']\n__all__ += more()\n", True),
        ("__all__ = ['go', *more()]\n", True),
    ],
)
def test_an_import_of_all_names_takes_those_that_are_listed(losing: Losing, listed: str, lost: bool) -> None:
    files = {"pkg/__init__.py": "from .api import *\n", "pkg/api.py": listed + API}
    assert bool(losing(files, "pkg/api.py", listed + WITHOUT).names) is lost


@pytest.mark.parametrize(
    ("path", "use", "lost"),
    [
        ("tests/test_all.py", "go()\n", False),
        ("tests/test_all.py", "eval('helper()')\n", True),
        ("pkg/more.py", "go()\n", True),
    ],
)
def test_a_test_takes_of_all_names_those_that_it_says(losing: Losing, path: str, use: str, lost: bool) -> None:
    files = {"pkg/__init__.py": "", "pkg/api.py": API, path: f"from pkg.api import *\n\n{use}"}
    assert bool(losing(files, "pkg/api.py", WITHOUT).names) is lost


def test_a_name_that_is_given_in_another_way_is_not_lost(losing: Losing) -> None:
    files = {"pkg/__init__.py": "", "pkg/api.py": API, "pkg/user.py": "from pkg.api import helper\n"}
    assert losing(files, "pkg/api.py", WITHOUT + "\n\nhelper = go\n") == LostNames()


APP = "import pkg.plug\nfrom pkg.registry import PLUGINS\n\nx = PLUGINS\n"


@pytest.mark.parametrize(
    "plug",
    [
        "from pkg import registry\n\nregistry.PLUGINS.append(1)\n",
        "from pkg import registry\n\nregistry.DEFAULT = 1\n",
        "from pkg.registry import register\n\n\n@register('a')\ndef a():\n    pass\n",
        "import pkg.registry\n\nif pkg.registry:\n    pkg.registry.PLUGINS[1] = 2\n",
        "from pkg.registry import PLUGINS\n\nPLUGINS += [1]\n",
        "from pkg import registry\n\nplugins = registry.PLUGINS\nplugins.append(1)\n",
        "import atexit\n\n\n@atexit.register\ndef leave():\n    pass\n",
        "class Plugin:\n    pass\n\n\nPlugin.start()\n",
        "def x(:\n",
    ],
)
def test_an_import_made_for_its_effect_is_lost(losing: Losing, plug: str) -> None:
    files = {"pkg/__init__.py": "", "pkg/app.py": APP, "pkg/plug.py": plug, "pkg/registry.py": "PLUGINS = []\n"}
    (said,) = losing(files, "pkg/app.py", APP.partition("\n")[2]).sentences
    assert said == "pkg/app.py:1 no longer imports pkg.plug, which does something when it is imported."


def test_an_import_of_what_others_load_too_or_that_does_nothing_may_go(losing: Losing) -> None:
    files = {"pkg/__init__.py": "", "pkg/app.py": APP, "pkg/plug.py": "print(1)\n", "pkg/registry.py": "PLUGINS = []\n"}
    after = APP.partition("\n")[2]
    assert losing({**files, "pkg/main.py": "from pkg import plug\n"}, "pkg/app.py", after) == LostNames()
    quiet = (
        "import functools\n\nX = dict(a=1)\nX['b'] = 2\nX.update(c=3)\n\n\n@functools.cache\ndef f():\n    return X\n"
    )
    assert losing({**files, "pkg/plug.py": quiet, "pkg/main.py": ""}, "pkg/app.py", after) == LostNames()
    script = "if __name__ == '__main__':\n    print(1)\n"
    assert losing({**files, "pkg/plug.py": script, "pkg/main.py": ""}, "pkg/app.py", after) == LostNames()


PROBE = "try:\n    import readline\n    HAVE = True\nexcept {}:\n    HAVE = False\n"


@pytest.mark.parametrize("caught", ["Exception", "ImportError", "(OSError, ModuleNotFoundError)"])
def test_an_import_that_asks_whether_a_module_is_there_is_told(losing: Losing, caught: str) -> None:
    before = PROBE.format(caught)
    lost = losing({"a.py": before}, "a.py", before.replace("    import readline\n", ""))
    assert lost.sentences == ["a.py:2 no longer tries to import readline, though what follows from a failure stays."]


def test_an_import_whose_failure_is_not_handled_may_go(losing: Losing) -> None:
    before = PROBE.format("ValueError")
    assert losing({"a.py": before}, "a.py", before.replace("    import readline\n", "")) == LostNames()


COMPAT = """import json
from collections import OrderedDict
from urllib.parse import quote


def encode(x):
    return json.dumps(x)
"""


def test_an_import_of_a_module_that_hands_its_imports_on_may_be_for_others_too(losing: Losing) -> None:
    users = {"pkg/__init__.py": "", "pkg/user.py": "from pkg.compat import quote\n"}
    without = COMPAT.replace("from collections import OrderedDict\n", "")
    assert losing({**users, "pkg/compat.py": COMPAT}, "pkg/compat.py", without).sentences == [
        "pkg/compat.py:2 takes OrderedDict away: what this module imports others take from here, code elsewhere "
        "perhaps this too."
    ]
    # Nobody outside takes a name of a private module, and one that is used here is not handed on
    assert losing({**users, "pkg/_compat.py": COMPAT}, "pkg/_compat.py", without) == LostNames()
    taken = {**users, "pkg/user.py": "from pkg.shims import json\n"}
    assert losing({**taken, "pkg/shims.py": COMPAT}, "pkg/shims.py", without) == LostNames()
    # One that is called after it is for others, whoever they are
    assert len(losing({"pkg/compatibility.py": COMPAT}, "pkg/compatibility.py", without).sentences) == 1
