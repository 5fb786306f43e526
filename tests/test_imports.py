"""What importing costs, and how the package is laid out."""

import ast
import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import catchlight

SOURCE = Path(catchlight.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
PACKAGES = sorted(path.parent for path in FILES if path.name == "__init__.py")
HEAVY = ("torch", "numba", "cv2", "rawpy", "typer", "PIL", "tifffile", "imagecodecs", "scipy", "jinja2", "rich")


def _loaded_by(statement: str) -> set[str]:
    script = f"import json, sys; {statement}; print(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stdout))


def test_importing_catchlight_loads_numpy_alone() -> None:
    loaded = _loaded_by("import catchlight")
    assert "numpy" in loaded
    assert not loaded & set(HEAVY)


def test_the_whole_pipeline_loads_no_torch() -> None:
    loaded = _loaded_by("import catchlight.pipelines")
    assert "cv2" in loaded
    assert "torch" not in loaded


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_every_package_says_what_it_is_and_keeps_its_promises(package: Path) -> None:
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{package} has no docstring"
    name = ".".join(package.relative_to(SOURCE.parent).parts)
    module = importlib.import_module(name)
    missing = [public for public in getattr(module, "__all__", []) if not hasattr(module, public)]
    assert not missing


def test_the_public_names_are_there() -> None:
    assert {"CatchlightError", "Frame", "NoiseModel", "RawFrame", "__version__"} <= set(catchlight.__all__)
    assert catchlight.__version__.count(".") == 2


def test_every_module_imports() -> None:
    names = [m.name for m in pkgutil.walk_packages(catchlight.__path__, "catchlight.") if "__main__" not in m.name]
    assert len(names) > 50
    for name in names:
        importlib.import_module(name)


def test_names_say_what_a_file_is_about() -> None:
    vague = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}
    found = [path for path in FILES if vague & set(path.stem.split("_")) or path.parent.name in vague]
    assert not found


def test_files_stay_small() -> None:
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in FILES)
    assert lengths[-1] <= 500
    assert lengths[len(lengths) // 2] <= 120
