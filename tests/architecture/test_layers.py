"""The layers hold, and the check that says so is able to fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("console", "consumers", "projections", "ledger", "schemas")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages in `folder`, and on no others that are installed."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "", "PYTHONUTF8": "1", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy_of_the_code(tmp_path):
    for package in PACKAGES:
        only_code = shutil.ignore_patterns("__pycache__", "*.json", "*.sql", "*.bin")
        shutil.copytree(REPOSITORY / package, tmp_path / package, ignore=only_code)
    shutil.copy(REPOSITORY / ".importlinter", tmp_path)
    return tmp_path


def test_imports_point_one_way(copy_of_the_code):
    linted = lint_imports(copy_of_the_code)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize(
    ("module", "line", "broken_contract"),
    [
        ("schemas/wrong.py", "import ledger", "Layers of the project"),
        ("consumers/wrong.py", "import projections", "Layers of the project"),
        ("ledger/wrong.py", "", "Layers inside the ledger"),  # a module that stands in no layer
        ("ledger/values/wrong.py", "import ledger.pricing", "Layers inside the ledger"),
        ("ledger/vat/wrong.py", "import ledger.fx", "Layers inside the ledger"),
        ("ledger/books/wrong.py", "import psycopg", "psycopg is imported only"),
        ("console/wrong.py", "from psycopg.rows import dict_row", "psycopg is imported only"),
        ("projections/wrong.py", "import kafka", "kafka is imported only"),
        ("consumers/wrong.py", "from kafka import KafkaConsumer", "kafka is imported only"),
    ],
)
def test_an_import_against_the_layers_is_found(copy_of_the_code, module, line, broken_contract):
    (copy_of_the_code / module).write_text(f"{line}\n")
    linted = lint_imports(copy_of_the_code)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    broken = [row for row in linted.stdout.splitlines() if " BROKEN" in row]
    assert len(broken) == 1, linted.stdout
    assert broken[0].startswith(broken_contract)
