"""What has a licence of its own (``interop/``) stays outside of the package, its archives and its imports."""

import ast
from pathlib import Path

from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]


def test_no_archive_has_the_second_opinion_on_memory() -> None:
    packed = {
        builder.PLUGIN_NAME: {file.distribution_path for file in builder(str(ROOT)).recurse_included_files()}
        for builder in (SdistBuilder, WheelBuilder)
    }

    assert "src/labkit/errors.py" in packed["sdist"]
    assert "labkit/errors.py" in packed["wheel"]
    assert not [path for paths in packed.values() for path in paths if path.startswith("interop") or "volatil" in path]


def test_no_module_imports_the_second_opinion_on_memory() -> None:
    modules = [path for folder in ("src", "tests", "benchmarks", "scripts") for path in (ROOT / folder).rglob("*.py")]
    guilty = [path for path in modules if imported(path) & {"interop", "volatility3"}]

    assert modules
    assert not guilty


def imported(path: Path) -> set[str]:
    """Return the top-level packages that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names
