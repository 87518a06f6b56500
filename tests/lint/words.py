#!/usr/bin/env python3
"""Text that does not belong into the repository: absolute paths of one machine, notes to
oneself, merge marks, blanks at the end of a line. Data and generated files are left out."""

import re

from tree import files, finish, read

LEFT_OUT = re.compile(
    r"^(tests/(data|cases|fuzz/corpus|lint)/|src/price/book\.json$|data/|LICENSE$)"
)
TEXT = (
    ".c", ".cc", ".h", ".lua", ".md", ".yaml", ".yml", ".py", ".sh", ".cmake", ".txt",
    ".json", ".html", ".css", ".js", ".sql",
)  # fmt: skip

FORBIDDEN = {
    r"(?<![\w.$}/-])/(?:home|root|work|Users)/[\w.-]": "absolute path of one machine",
    r"\b(?:TODO|FIXME)\b": "note to oneself: file an issue",
    r"^(?:<{7}|>{7}|={7}$)": "merge mark",
    r"[ \t]+$": "blank at the end of the line",
}


def is_text(path):
    name = path.rsplit("/", 1)[-1]
    return name.endswith(TEXT) or "." not in name.lstrip(".")


def check(path):
    try:
        lines = read(path).split("\n")
    except UnicodeDecodeError:
        return
    for number, line in enumerate(lines, 1):
        for pattern, why in FORBIDDEN.items():
            if re.search(pattern, line):
                yield f"{path}:{number}: {why}: {line.strip()[:80]}"


if __name__ == "__main__":
    checked = [p for p in files(".") if is_text(p) and not LEFT_OUT.match(p)]
    finish("words", [p for path in checked for p in check(path)], len(checked))
