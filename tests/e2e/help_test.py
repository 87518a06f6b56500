"""Each verb says how it is used and how it ends, and refuses what it does not know.

usage: help_test.py BINARY BUILD_DIR
"""
import re
import subprocess
import sys


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def verbs(binary):
    done = run(binary, "--help")
    if done.returncode != 0:
        raise SystemExit(f"FAIL: --help ends in {done.returncode}")
    return re.findall(r"^  ([a-z]+) ", done.stdout, re.M)


def check_verb(binary, verb):
    done = run(binary, verb, "--help")
    text = done.stdout
    if done.returncode != 0 or done.stderr:
        yield f"{verb} --help ends in {done.returncode}: {done.stderr}"
    if not text.startswith(f"Usage: spendwarden {verb}"):
        yield f"{verb} --help begins with {text[:60]!r}"
    if "\nExit status: 0 " not in text or "--help" not in text:
        yield f"{verb} --help does not say how it ends"
    for line in text.splitlines():
        if len(line) > 96:
            yield f"{verb} --help has a line of {len(line)}: {line}"
    wrong = run(binary, verb, "--no-such-option")
    if wrong.returncode != 2 or f"Try 'spendwarden {verb} --help'" not in wrong.stderr:
        yield f"{verb} --no-such-option ends in {wrong.returncode}: {wrong.stderr}"


def main():
    binary = sys.argv[1]
    names = verbs(binary)
    failures = [failure for verb in names for failure in check_verb(binary, verb)]
    near = run(binary, "explian")
    if near.returncode != 2 or 'did you mean "explain"?' not in near.stderr:
        failures.append(f"a misspelt verb: {near.returncode}, {near.stderr}")
    for failure in failures:
        print("FAIL:", failure)
    if len(names) < 8:
        raise SystemExit(f"FAIL: only {names}")
    if not failures:
        print(f"ok: {len(names)} verbs")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
