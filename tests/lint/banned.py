#!/usr/bin/env python3
"""Calls and habits that the style guide rules out. Arrays of variable length are the
compiler's work: this only sees to it that it is asked."""

import re

from tree import C_SUFFIXES, files, finish, read, without_comments

BANNED = {
    r"\b(strcpy|strcat|stpcpy|sprintf|vsprintf|gets)\s*\(": "writes without a bound",
    r"\bstrtok\s*\(": "keeps hidden state",
    r"\b(gmtime|localtime|ctime|asctime)\s*\(": "returns shared memory",
    r"\balloca\s*\(": "takes stack without a bound",
    r"\btypedef\s+(struct|union)\b": "hides what a type is",
}


def check(path):
    text = without_comments(read(path))
    for pattern, why in BANNED.items():
        for match in re.finditer(pattern, text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{line}: {match.group(0).rstrip('( ')} {why}"


def flags():
    if "-Wvla" not in read("CMakeLists.txt"):
        yield "CMakeLists.txt:1: -Wvla is not among the warnings"


if __name__ == "__main__":
    checked = files("src", "include", "tests", suffixes=C_SUFFIXES)
    problems = [p for path in checked for p in check(path)]
    finish("banned", problems + list(flags()), len(checked))
