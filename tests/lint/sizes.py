#!/usr/bin/env python3
"""Bounds of the style guide: functions, files, headers, nesting. Relies on the layout that
clang-format gives: a function's braces stand at the beginning of a line."""

import re

from tree import C_SUFFIXES, files, finish, read, without_comments

FUNCTION_MAX = 60
FILE_MAX = 400
HEADER_MAX = 120
NESTING_MAX = 3
INDENT = 4

# Headers that are a list of names, and may be longer.
LONG_HEADERS = {"include/spendwarden/event.h": 200}

CONTROL = re.compile(r"( *)(?:\} *)?(?:if|for|while|switch|do|else)\b")
NAME = re.compile(r"(\w+)\s*\([^;]*$")


def function_name(lines, opening):
    for i in range(opening - 1, max(-1, opening - 12), -1):
        match = NAME.match(re.sub(r"^[\w\s\*]*?(?=\w+\s*\()", "", lines[i]))
        if match and not lines[i].startswith(" "):
            return match.group(1)
    return "?"


def functions(lines):
    """(line of the opening brace, line of the closing one), from 0."""
    opening = None
    for i, line in enumerate(lines):
        if line.rstrip() == "{":
            opening = i
        elif line.startswith("}") and opening is not None:
            yield opening, i
            opening = None


def nesting_problems(path, lines, opening, closing):
    for i in range(opening + 1, closing):
        match = CONTROL.match(lines[i])
        if match and len(match.group(1)) // INDENT > NESTING_MAX:
            depth = len(match.group(1)) // INDENT
            yield f"{path}:{i + 1}: nesting {depth}, at most {NESTING_MAX}"


def check(path):
    text = read(path)
    lines = without_comments(text).split("\n")
    length = text.count("\n")
    limit = FILE_MAX
    if path.startswith("include/"):
        limit = LONG_HEADERS.get(path, HEADER_MAX)
    if length > limit:
        yield f"{path}:1: {length} lines, at most {limit}"
    for opening, closing in functions(lines):
        size = closing - opening + 1
        if size > FUNCTION_MAX:
            name = function_name(lines, opening)
            yield f"{path}:{opening + 1}: {name}() has {size} lines, at most {FUNCTION_MAX}"
        yield from nesting_problems(path, lines, opening, closing)


if __name__ == "__main__":
    checked = files("src", "include", "tests", suffixes=C_SUFFIXES)
    finish("sizes", [p for path in checked for p in check(path)], len(checked))
