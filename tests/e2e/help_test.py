"""Each verb says how it is used and how it ends, and refuses what it does not know.

usage: help_test.py BINARY BUILD_DIR
"""
import os
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


CONFIG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/otel/spendwarden.yaml")

# What is wrong, and what is said of it.
WRONG = [
    (["check"], "a PATH or --config is needed"),
    (["check", CONFIG], "a configuration is given with --config"),
    (["check", "--explain", "E999"], "docs/errors/README.md lists them"),
    (["check", "--explain", "E201", "E202"], "one CODE"),
    (["check", "--explain"], "spendwarden check: option '--explain' requires an argument"),
    (["check", "--format", "xml"], 'text or json, not "xml"'),
    (["run", "spendwarden.yaml"], "a configuration is given with --config"),
    (["run", "--log-level", "loud"], 'debug, info, warn or error, not "loud"'),
    (["test", "--timeout", "x"], '--timeout: 1 to'),
    (["ledger", "verify"], "--config FILE is needed"),
    (["ledger", "verifi"], 'not "verifi"'),
    (["demo", "--seed", "x"], '--seed: a whole number, not "x"'),
    (["import", "--checked", "today", "--litellm", "-"], "a day such as 2026-08-21"),
    (["import", "--checked", "2026-02-31", "--litellm", "-"], "a day such as 2026-08-21"),
    (["rules"], "what to print is missing"),
    (["rules", "recording"], 'prometheus, alerts or grafana, not "recording"'),
    (["rules", "alerts", "--owner", "me"], 'spendwarden or prometheus, not "me"'),
    (["rules", "alerts", "--job", 'a"b'], "--job: letters, digits"),
    (["rules", "grafana", "--format", "yaml"], "grafana prints JSON"),
    (["rules", "alerts", "--format", "xml"], 'yaml or json, not "xml"'),
    (["alerts", "--history"], '"spendwarden alerts history"'),
    (["version", "x"], 'unexpected argument "x"'),
]


def check_wrong(binary, arguments, text):
    said = run(binary, *arguments)
    if said.returncode != 2 or text not in said.stderr:
        yield f"{' '.join(arguments)} ends in {said.returncode}: {said.stderr}"
    if f"Try 'spendwarden {arguments[0]} --help'" not in said.stderr:
        yield f"{' '.join(arguments)} does not say where its help is: {said.stderr}"


def main():
    binary = sys.argv[1]
    names = verbs(binary)
    failures = [failure for verb in names for failure in check_verb(binary, verb)]
    failures += [failure for case in WRONG for failure in check_wrong(binary, *case)]
    if run(binary, "help", "check").stdout != run(binary, "check", "--help").stdout:
        failures.append("help check is not check --help")
    if not run(binary, "check", "--explain", "e201").stdout.startswith("# E201: "):
        failures.append("--explain e201 is not E201's page")
    nothing = run(binary, "import", "--checked", "2026-08-21", "--litellm", "/dev/null")
    if nothing.returncode != 2 or "is empty" not in nothing.stderr:
        failures.append(f"import of nothing: {nothing.returncode}, {nothing.stderr}")
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
