#!/usr/bin/env python3
"""Layout is clang-format's decision: every C and C++ file is as it would write it."""

import os
import re
import shutil
import subprocess
import sys

from tree import C_SUFFIXES, ROOT, files, finish

ERROR = re.compile(r"^(\S+?):(\d+):\d+: error:", re.M)


def check(tool, paths):
    """One line a file: its first place."""
    command = [tool, "--dry-run", "-Werror", *paths]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    first = {}
    for path, line in ERROR.findall(run.stderr):
        first.setdefault(path, line)
    if run.returncode != 0 and not first:
        return [run.stderr.strip() or f"{tool} failed"]
    return [f"{path}:{line}: clang-format -i {path}" for path, line in first.items()]


if __name__ == "__main__":
    clang_format = os.environ.get("CLANG_FORMAT") or shutil.which("clang-format")
    if not clang_format:
        sys.exit("format: clang-format is not installed")
    checked = files("src", "include", "tests", suffixes=C_SUFFIXES)
    finish("format", check(clang_format, checked), len(checked))
