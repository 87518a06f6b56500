"""`test`: every call where it holds and where it does not, formats for machines, and how it ends.

usage: testing_test.py BINARY BUILD_DIR
"""
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

from harness import Checks

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data/testing")


def run(binary, *options):
    return subprocess.run([binary, "test", *options], capture_output=True, text=True, cwd=DATA)


def without_times(text):
    return re.sub(r"\(\d+\.\d\ds\)", "(TIME)", text)


# --- what it says ---

def check_text(checks, binary):
    done = run(binary, "shop", "extra", "month", "top", "outside")
    checks.equal("every call holds where it should", done.stdout, "28 passed, 0 failed, 2 skipped\n")
    checks.equal("and the program says so", (done.returncode, done.stderr), (0, ""))

    done = run(binary, "failing", "--timeout", "1")
    golden = open(os.path.join(DATA, "failing.txt"), encoding="utf-8").read()
    checks.true("every call fails where it should, in the words of failing.txt",
                without_times(done.stdout) == golden, without_times(done.stdout))
    checks.equal("and the program says so too", (done.returncode, done.stderr), (1, ""))

    done = run(binary, "shop", "-v", "--run", "alert is pending|not ready")
    checks.equal("-v names tests, --run picks them", without_times(done.stdout),
                 "--- PASS: shop/calls_test.lua: an alert is pending, fires, and is over (TIME)\n"
                 "--- SKIP: shop/calls_test.lua: a test that is not ready (TIME)\n"
                 "1 passed, 0 failed, 1 skipped\n")


def check_ends(checks, binary):
    done = run(binary, "broken", "extra")
    checks.equal("files that do not load are told, and the others run", (done.returncode, done.stdout),
                 (2, "2 passed, 0 failed, 0 skipped, 3 files did not load\n"))
    for text in ("broken/syntax_test.lua:2: 'end' expected", "a test 'a' already",
                 "nowhere: error[E001]: cannot be read"):
        checks.true(f"that is: {text}", text in done.stderr, done.stderr)
    for options in (["empty"], ["shop", "--run", "no such test"]):
        done = run(binary, *options)
        checks.equal(f"no test at all is an error: {options}", (done.returncode, done.stderr),
                     (2, "spendwarden test: no test was found\n"))
    for options in (["nowhere"], ["shop", "--run", "("], ["--format", "yaml"], ["--policies", "shop"], ["--timeout", "0"], ["--wrong"]):
        done = run(binary, *options)
        checks.true(f"wrong usage ends with 2 and a word: {options}", done.returncode == 2 and done.stderr,
                    (done.returncode, done.stderr))
    done = run(binary, "shop/policy.lua")
    checks.true("a policy without a test of its name beside it is told", "shop/policy_test.lua" in done.stderr,
                done.stderr)


def check_config(checks, binary, folder):
    config = os.path.join(folder, "testing.yaml")
    with open(config, "w", encoding="utf-8") as f:
        f.write("time_zone: Europe/Berlin\nlabels: { declared: [cost_centre] }\n"
                "policies: { settings: { shop: { factor: 7 }, elsewhere: { x: 1 } }, paths: [nowhere] }\n")
    tests = os.path.join(folder, "policies")
    os.makedirs(tests, exist_ok=True)
    with open(os.path.join(DATA, "shop/policy.lua"), encoding="utf-8") as f:
        policy = f.read()
    with open(os.path.join(tests, "policy.lua"), "w", encoding="utf-8") as f:
        f.write(policy)
    with open(os.path.join(tests, "policy_test.lua"), "w", encoding="utf-8") as f:
        f.write('test("labels, zone and settings are those of the configuration", function(t)\n'
                '  t:at("2026-06-01")\n'
                '  local start = t:now()\n'
                '  local r = t:send { cost_centre = "c-1", team = "a", charge_usd = 14 }\n'
                '  t:eq(start, 1780272000 - 7200)\n'
                '  t:eq(r.cost_centre, "c-1")\n'
                '  t:advance("10m")\n'
                '  t:no_alert()\n'
                '  t:send { team = "a", charge_usd = 57 }\n'
                '  t:advance("10m")\n'
                '  t:eq(t:alert("ShopSpend").value, 71 / 7)\n'
                'end)\n')
    done = run(binary, "--config", config, tests)
    checks.equal("--config gives labels, zone and settings", done.stdout, "1 passed, 0 failed, 0 skipped\n")


def check_year(checks, binary):
    done = run(binary, "year", "--timeout", "120")
    checks.equal("a year is over in less than two minutes, sanitizers and all", done.stdout,
                 "1 passed, 0 failed, 0 skipped\n")


def check_coverage(checks, binary):
    done = run(binary, "shop", "--coverage", "--run", "a failure that is wanted|settings by name")
    checks.equal("--coverage says what did not run", done.stdout,
                 " 91.7%  shop/policy.lua: not run: 8, 13\n 91.7%  of 24 lines\n"
                 "2 passed, 0 failed, 0 skipped\n")
    report = json.loads(run(binary, "shop", "extra", "--coverage", "--format", "json").stdout)
    checks.equal("also in JSON", report["coverage"],
                 [{"file": "extra/policy.lua", "lines": 3, "run": 3, "not_run": ""},
                  {"file": "shop/policy.lua", "lines": 24, "run": 24, "not_run": ""}])


# --- formats ---

def check_json(checks, binary):
    done = run(binary, "shop", "failing", "broken", "--format", "json", "--timeout", "1")
    report = json.loads(done.stdout)
    counts = (report["passed"], report["failed"], report["skipped"])
    checks.equal("JSON counts", counts, (14, 59, 2))
    states = [test["status"] for test in report["tests"]]
    checks.equal("JSON has every test", [states.count(s) for s in ("passed", "failed", "error", "skipped")],
                 [14, 21, 38, 2])
    first = next(test for test in report["tests"] if test["status"] == "failed")
    checks.equal("with place and message", (first["file"], first["line"], first["message"]),
                 ("failing/failing_test.lua", 3, 'got "a", expected "b"'))
    checks.equal("and what did not load", len(report["errors"]), 3)


def read_tap(text):
    """TAP version 14: (plan, points), each point (ok, number, description, directive, block)."""
    lines = text.splitlines()
    assert lines[0] == "TAP version 14", lines[0]
    plan = int(re.fullmatch(r"1\.\.(\d+)", lines[1]).group(1))
    points, block = [], None
    for line in lines[2:]:
        point = re.fullmatch(r"(not )?ok (\d+) - ((?:[^#\\]|\\.)*?)(?: # (.*))?", line)
        if block is not None:
            assert line.startswith("  "), line
            if line == "  ...":
                points[-1][4].extend(block)
                block = None
            else:
                block.append(line[2:])
        elif line == "  ---":
            block = []
        elif point:
            points.append((not point.group(1), int(point.group(2)), point.group(3), point.group(4), []))
        else:
            raise AssertionError(f"no TAP: {line!r}")
    assert block is None
    return plan, points


def check_tap(checks, binary):
    done = run(binary, "shop", "failing", "broken", "--format", "tap", "--timeout", "1")
    plan, points = read_tap(done.stdout)
    checks.equal("TAP's plan is kept", [number for _, number, *_ in points], list(range(1, plan + 1)))
    checks.equal("TAP counts", (sum(ok for ok, *_ in points), plan), (16, 14 + 59 + 2 + 3))
    checks.equal("TAP skips", [directive for *_, directive, _ in points if directive], ["SKIP todo"] * 2)
    failed = next(point for point in points if not point[0])
    checks.equal("TAP says where and what", failed[4],
                 ['at: "failing/failing_test.lua"', "line: 3", "message: |", '  got "a", expected "b"'])


def check_junit(checks, binary):
    done = run(binary, "shop", "failing", "broken", "--format", "junit", "--timeout", "1")
    suites = xml.etree.ElementTree.fromstring(done.stdout)
    counts = {key: int(suites.get(key)) for key in ("tests", "failures", "errors", "skipped")}
    checks.equal("JUnit counts", counts, {"tests": 78, "failures": 21, "errors": 41, "skipped": 2})
    for suite in suites:
        cases = suite.findall("testcase")
        found = {"tests": len(cases), "failures": len(suite.findall("testcase/failure")),
                 "errors": len(suite.findall("testcase/error")), "skipped": len(suite.findall("testcase/skipped"))}
        checks.equal(f"JUnit suite {suite.get('name')}", found, {key: int(suite.get(key)) for key in found})
    failure = suites.find("testsuite/testcase/failure")
    checks.equal("JUnit says where and what", (failure.get("message"), failure.text),
                 ('got "a", expected "b"', 'failing/failing_test.lua:3: got "a", expected "b"'))


def main():
    binary, build = os.path.abspath(sys.argv[1]), sys.argv[2]
    folder = os.path.join(os.path.abspath(build), "e2e/testing")
    os.makedirs(folder, exist_ok=True)
    checks = Checks()
    check_text(checks, binary)
    check_ends(checks, binary)
    check_config(checks, binary, folder)
    check_year(checks, binary)
    check_coverage(checks, binary)
    check_json(checks, binary)
    check_tap(checks, binary)
    check_junit(checks, binary)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
