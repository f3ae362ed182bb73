"""Compiles the part of the engine that every result goes through, where a wheel is built with HATCH_BUILD_HOOK_ENABLE_CUSTOM=true.

The sources are the same and stand in the wheel beside what was made of them; without it, or where nothing was compiled for a
platform, they are run as they are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SETUP = """
import sys
from mypyc.build import mypycify
from setuptools import setup
setup(name="hepledger", packages=[], ext_modules=mypycify(["--ignore-missing-imports", "--follow-imports=silent", *sys.argv[1:]], opt_level="3"),
      script_args=["build_ext", "--build-lib", "compiled", "--build-temp", "objects"])
"""


class CompiledEngine(BuildHookInterface):  # type: ignore[type-arg]
    """Adds extension modules to a wheel, and says of which platform it is then."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """See BuildHookInterface.initialize. An editable install runs the sources, for they may change."""
        if version == "editable":
            return
        root, folder = Path(self.root), Path(self.config["folder"])
        self._made = Path(tempfile.mkdtemp(prefix="hepledger-compiled-"))
        shutil.copytree(root / folder, self._made / folder)
        modules = [str(folder / f"{name}.py") for name in self.config["modules"]]
        language = root.parent / "events"  # the published language, to check types against
        done = subprocess.run(
            [sys.executable, "-c", SETUP, *modules],
            cwd=self._made,
            env={**os.environ, "MYPYPATH": f"{self._made}{os.pathsep}{language}"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"the engine cannot be compiled:\n{done.stdout}\n{done.stderr}")
        compiled = self._made / "compiled"
        found = [file for file in compiled.rglob("*") if file.suffix in {".so", ".pyd"}]
        build_data["force_include"].update({str(file): str(file.relative_to(compiled)) for file in found})
        build_data["pure_python"], build_data["infer_tag"] = False, True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """See BuildHookInterface.finalize."""
        if version != "editable":
            shutil.rmtree(self._made)
