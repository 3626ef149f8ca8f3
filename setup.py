"""Packs what lies beside the package into it: a wheel holds all of SIGMA, and needs no checkout."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
BESIDE = ("app.py", "scheduler.py", "pages", "migrations", ".streamlit")


class BuildWhole(build_py):
    """The package, and in its folder `bundled` what a checkout has beside it."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        bundled = Path(self.build_lib) / "sigma_core" / "bundled"
        shutil.rmtree(bundled, ignore_errors=True)
        bundled.mkdir(parents=True)
        for name in BESIDE:
            source = HERE / name
            if source.is_dir():
                shutil.copytree(source, bundled / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, bundled / name)


setup(cmdclass={"build_py": BuildWhole})
