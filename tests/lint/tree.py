"""Files of the source tree, and how a check ends. Standard library only."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
C_SUFFIXES = (".c", ".cc", ".h")
SKIPPED_DIRECTORIES = {".git", "build", ".venv", "node_modules", "__pycache__"}


def files(*tops, suffixes=None):
    """Paths below the given directories, relative to the root, in order."""
    found = []
    for top in tops:
        for directory, names, entries in os.walk(os.path.join(ROOT, top)):
            names[:] = sorted(n for n in names if n not in SKIPPED_DIRECTORIES)
            for entry in entries:
                if entry == ".git":  # of a linked work tree: git's, not ours
                    continue
                if suffixes is None or entry.endswith(suffixes):
                    found.append(os.path.relpath(os.path.join(directory, entry), ROOT))
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def without_comments(text):
    """C or C++ with comments, string and character literals blanked; same lines."""
    out = []
    i = 0
    while i < len(text):
        two = text[i : i + 2]
        if two == "//":
            end = text.find("\n", i)
        elif two == "/*":
            end = text.find("*/", i + 2)
            end = end + 2 if end != -1 else -1
        elif text[i] in "\"'":
            end = literal_end(text, i)
        else:
            out.append(text[i])
            i += 1
            continue
        end = len(text) if end == -1 else end
        out.append("".join(c if c == "\n" else " " for c in text[i:end]))
        i = end
    return "".join(out)


def literal_end(text, start):
    i = start + 1
    while i < len(text) and text[i] not in (text[start], "\n"):
        i += 2 if text[i] == "\\" else 1
    return i + 1


def finish(name, problems, checked):
    """Prints the list and exits: 0 only if it is empty and something was looked at."""
    for problem in problems:
        print(problem)
    print(f"{name}: {len(problems)} problems in {checked} files")
    sys.exit(1 if problems or checked == 0 else 0)
