"""Plants each fault of faults.toml in a copy of the project and runs the tests that must see it.

make mutants                      # all
make mutants ARGS="purge reopen"  # those whose name has one of the words
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutants import ROOT, Fault, faults

COPIED = ("relay", "sql", "alembic", "ops", "tests", "pyproject.toml", "README.md", "README.de.md")
TOO_LONG_S = 900


def main(words: list[str]) -> int:
    """Return how many faults were seen by no test and have no reason to be."""
    chosen = [f for f in faults() if not words or any(word in f.name for word in words)]
    unseen = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / name)
        for fault in chosen:
            seen = is_seen(fault, copy)
            told = "killed" if seen else f"SURVIVED: {fault.survives or 'no test sees it'}"
            sys.stdout.write(f"{told:10} {fault.name}\n")
            sys.stdout.flush()
            unseen += not seen and fault.survives is None
    sys.stdout.write(f"{len(chosen)} faults planted, {unseen} seen by no test\n")
    return unseen


def is_seen(fault: Fault, copy: Path) -> bool:
    """Plant a fault, run its tests until one fails, and take it out again."""
    file = copy / fault.file
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace(fault.before, fault.after), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-k", "not mssql"]
    try:
        done = subprocess.run(  # noqa: S603 - our own tests
            [*command, "-p", "no:cacheprovider", "-p", "no:judge", *fault.tests],
            cwd=copy, capture_output=True, text=True, check=False, timeout=TOO_LONG_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return True  # a fault that hangs is noticed
    finally:
        file.write_text(whole, encoding="utf-8")
    if done.returncode not in (0, 1):  # no test was found, or pytest itself failed
        sys.stderr.write(f"{fault.name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        raise SystemExit(2)
    return done.returncode == 1


if __name__ == "__main__":
    raise SystemExit(min(main(sys.argv[1:]), 1))
