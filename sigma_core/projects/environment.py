"""An environment for a project, built in the sandbox: the one step with a network."""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from sigma_core.errors import Unavailable
from sigma_core.projects.git import Clone
from sigma_core.projects.interpreter import Interpreter, system_interpreter
from sigma_core.projects.requirements import pip_arguments
from sigma_core.projects.sandbox import Execution, ExecutionEnding, Request, ResourceLimits, Sandbox
from sigma_core.projects.sandbox.model import MIB
from sigma_core.projects.tables import Project

LIMITS = ResourceLimits(wall_s=1200, memory_bytes=4096 * MIB, disk_bytes=4096 * MIB, output_bytes=256 * 1024)
STEPS = '"$0" -I -m venv --clear "$1" && env="$1" && shift && exec "$env/bin/python" -I -m pip install "$@"'
CARRIED = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
LINES_SHOWN = 12


class EnvironmentBuilder:
    """Builds virtual environments below `home`.

    Code of the project and of what it depends on runs while building, with the network and with what pip is configured
    with on this machine (index, certificates, proxy): only on a person's request.
    """

    def __init__(self, sandbox: Sandbox, home: Path, variables: Mapping[str, str] | None = None) -> None:
        self._sandbox = sandbox
        self._folder = home / "environments"
        self._variables = os.environ if variables is None else variables

    def install(self, project: Project, clone: Clone) -> str:
        """Build one for the commit last fetched; returns the path of its interpreter. Raises `Unavailable`."""
        with tempfile.TemporaryDirectory(prefix="sigma-install-") as folder:
            tree = Path(folder, "tree")
            tree.mkdir()
            clone.export(project.head, tree)
            for path in (Path(folder), tree):
                path.chmod(0o755)
            return str(self.build(str(project.id), tree, Path(project.path), folder=project.folder))

    def build(
        self,
        name: str,
        tree: Path,
        checkout: Path,
        cancelled: Callable[[], bool] = lambda: False,
        *,
        folder: str = "",
    ) -> Path:
        """An environment in which the package in `folder` of `tree`, seen at `checkout`, is installed as a link.

        Raises `Unavailable` with the end of the log; what was there before is gone then.
        """
        environment = self._folder / name
        shutil.rmtree(environment, ignore_errors=True)
        environment.mkdir(parents=True)
        base = system_interpreter(checkout)
        execution = self._sandbox.run(self._request(environment, tree, checkout, base, folder), cancelled)
        if execution.ending is not ExecutionEnding.EXIT or execution.exit_code != 0:
            shutil.rmtree(environment)
            raise Unavailable(_failure(execution))
        return environment / "bin" / "python"

    def _request(self, environment: Path, tree: Path, checkout: Path, base: Interpreter, folder: str) -> Request:
        variables = self._pip_variables()
        named = [Path(value) for name, values in variables.items() if name not in PROXIES for value in values.split()]
        return Request(
            argv=("/bin/sh", "-c", STEPS, str(base.executable), str(environment), *pip_arguments(tree, folder)),
            source=tree,
            checkout=checkout,
            readable=(*base.readable, *(path for path in named if path.is_absolute() and path.exists())),
            writable=(environment,),
            environment=variables,
            limits=LIMITS,
            network=True,
        )

    def _pip_variables(self) -> dict[str, str]:
        """How pip reaches an index from here; packages that ask git for their version get one."""
        carried = {
            name: value
            for name, value in self._variables.items()
            if name.startswith("PIP_") or name in CARRIED or name.lower() in PROXIES
        }
        configuration = self._pip_configuration()
        if configuration and "PIP_CONFIG_FILE" not in carried:
            carried["PIP_CONFIG_FILE"] = str(configuration)
        return {**carried, "PIP_NO_CACHE_DIR": "1", "PIP_NO_INPUT": "1", "SETUPTOOLS_SCM_PRETEND_VERSION": "0.0.0"}

    def _pip_configuration(self) -> Path | None:
        home = Path(self._variables.get("HOME", "/nonexistent"))
        folder = Path(self._variables.get("XDG_CONFIG_HOME", home / ".config"))
        places = (folder / "pip" / "pip.conf", home / ".pip" / "pip.conf", Path("/etc/pip.conf"))
        return next((place for place in places if place.is_file()), None)


def _failure(execution: Execution) -> str:
    if execution.ending is ExecutionEnding.REFUSED:
        return f"No environment could be built: {execution.detail}"
    why = (
        f"pip ended with {execution.exit_code}"
        if execution.ending is ExecutionEnding.EXIT
        else f"limit: {execution.ending}"
    )
    log = "\n".join(execution.output.strip().splitlines()[-LINES_SHOWN:])
    return f"No environment could be built ({why}). Mend this or give an interpreter with --python.\n{log}"
