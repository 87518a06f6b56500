"""`check` as a program: the examples of docs/errors/ do what their pages say, what is shipped
gives no warning, and JSON says the same as the text.

usage: check_test.py BINARY BUILD_DIR
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

from harness import ROOT, Checks, Stage, until

BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.S)
NAMED = re.compile(r"# (\S+\.yaml)\n")  # a file of data says so in its first line
NAMES = ["policy.lua", "other.lua"]


def run(binary, folder, *arguments):
    return subprocess.run([binary, "check", *arguments], cwd=folder, capture_output=True, text=True)


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        f.write(text)
    return name


def example(binary, text):
    """What `check` says to the blocks of one example: Lua files, and a configuration if there
    is one."""
    with tempfile.TemporaryDirectory() as folder:
        blocks = BLOCK.findall(text)
        files = [write(folder, name, body)
                 for name, (_, body) in zip(NAMES, [b for b in blocks if b[0] == "lua"])]
        named = [(NAMED.match(body), body) for kind, body in blocks if kind == "yaml"]
        for name, body in named:
            if name:
                write(folder, name.group(1), body)
        config = [write(folder, "spendwarden.yaml", body) for name, body in named if not name]
        os.mkdir(os.path.join(folder, "rules"))
        arguments = ["--config", *config] if config else files
        ran = run(binary, folder, "--strict", "--format", "json", *arguments)
        return ran.returncode, json.loads(ran.stdout)


def check_pages(check, binary):
    pages = sorted(glob.glob(os.path.join(ROOT, "docs/errors/[EW]*.md")))
    for path in pages:
        code = os.path.basename(path)[:-3]
        with open(path, encoding="utf-8") as f:
            text = f.read()
        wrong, right = text.split("## Wrong", 1)[1].split("## Right", 1)
        status, said = example(binary, wrong)
        codes = {e.get("code") for e in said["errors"]}
        check.true(f"{code}: the wrong example", status == 1 and code in codes, said)
        status, said = example(binary, right)
        check.true(f"{code}: the right example", status == 0 and not said["errors"], said)
        if code in ("E112", "W407") or path in (pages[0], pages[len(pages) // 2], pages[-1]):
            printed = run(binary, ROOT, "--explain", code)
            check.equal(f"{code}: --explain", (printed.returncode, printed.stdout), (0, text))
    check.true("there are pages", len(pages) > 50)


def check_folders(check, binary, folder):
    for name in ["a/one.lua", "b/c/two.lua", "b/c/two_test.lua", "d/readme.md", ".hidden/three.lua"]:
        os.makedirs(os.path.dirname(os.path.join(folder, "all", name)), exist_ok=True)
        write(folder, f"all/{name}", f'policy {{ name = "{name[:1]}" }}\nlocal x = nowhere\n')
    said = run(binary, folder, "all").stderr
    check.equal("folders below a folder", re.findall(r"^(\S+?):2:11: error", said, re.M), ["all/a/one.lua", "all/b/c/two.lua"])
    said = run(binary, folder, "all/d").stderr
    check.equal("a folder without policies", said, "all/d: error[E002]: holds no policy (*.lua)\n")
    check.equal("as `run` takes it", run(binary, folder, "--policies", "all").stderr,
                "all: error[E002]: holds no policy (*.lua)\n")


def check_shipped(check, binary):
    ran = run(binary, ROOT, "--strict", "policies")
    check.equal("all that is shipped, together", (ran.returncode, ran.stderr), (0, ""))
    configs = glob.glob(os.path.join(ROOT, "examples/*/spendwarden.yaml"))
    for folder in sorted(glob.glob(os.path.join(ROOT, "policies/*/")) + glob.glob(os.path.join(ROOT, "examples/policies/*/"))):
        ran = run(binary, ROOT, "--strict", folder)
        check.equal(f"{os.path.relpath(folder, ROOT)} is silent", (ran.returncode, ran.stdout, ran.stderr), (0, "", ""))
    for path in sorted(configs):
        ran = run(binary, ROOT, "--strict", "--config", path)
        coded = re.findall(r"(?:error|warning)\[.*", ran.stderr)  # files with secrets are not there
        check.equal(f"{os.path.relpath(path, ROOT)}: nothing in its policies", coded, [])


BROKEN = """policy { name = "broken" }
derive("teem", {}, function(ev) return ev.team end)
local hour = window { sum = "charge_usd", by = { "session_id" }, over = "1h" }
"""


def check_output(check, binary, folder):
    write(folder, "broken.lua", BROKEN)
    text = run(binary, folder, "broken.lua")
    check.equal("text: status", text.returncode, 1)
    check.equal("text: nothing on standard output", text.stdout, "")
    check.true("text: a place, a code, marks and help", text.stderr.startswith(
        "broken.lua:2:8: error[E201]: derive: the label: there is no field 'teem'\n"
        "    derive(\"teem\", {}, function(ev) return ev.team end)\n"
        "           ^^^^^^\n    help: did you mean 'team'?\n"), text.stderr)
    ran = run(binary, folder, "--format", "json", "broken.lua")
    said = json.loads(ran.stdout)
    check.equal("json: status", (ran.returncode, ran.stderr), (1, ""))
    check.equal("json: counts", (said["error_count"], said["warning_count"], said["omitted"]), (1, 1, 0))
    check.equal("json: an error", said["errors"][0], {
        "file": "broken.lua", "line": 2, "column": 8, "end_column": 14, "severity": "error", "code": "E201",
        "message": "derive: the label: there is no field 'teem'", "help": "did you mean 'team'?"})
    check.equal("json: a warning", said["errors"][1]["severity"], "warning")


def check_status(check, binary, folder):
    write(folder, "warned.lua", BROKEN.replace("teem", "team"))
    write(folder, "fine.lua", 'policy { name = "fine" }\n')
    check.equal("a warning is printed", "warning[W401]" in run(binary, folder, "warned.lua").stderr, True)
    check.equal("and is no failure", run(binary, folder, "warned.lua").returncode, 0)
    check.equal("but with --strict", run(binary, folder, "--strict", "warned.lua").returncode, 1)
    fine = run(binary, folder, "--strict", "fine.lua")
    check.equal("silent when fine", (fine.returncode, fine.stdout, fine.stderr), (0, "", ""))
    fine = run(binary, folder, "--format", "json", "fine.lua")
    check.equal("json when fine", (fine.returncode, json.loads(fine.stdout)["errors"]), (0, []))
    check.equal("wrong usage", run(binary, folder, "--frobnicate").returncode, 2)
    check.equal("no such page", run(binary, folder, "--explain", "E000").returncode, 2)


MISSPELT = """policies:
  paths: [fine.lua]
  data:
    budgets: budgts.yaml
alerts:
  webhooks: [{ name: oncall, url: "http://127.0.0.1:1/", secret_file: secrt }]
"""


def check_places(check, binary, folder):
    write(folder, "misspelt.yaml", MISSPELT)
    write(folder, "fine.lua", 'policy { name = "fine", data = { "budgets" } }\n')
    ran = run(binary, folder, "--strict", "--config", "misspelt.yaml")
    check.equal("a file that is not there is named with its place in the configuration", ran.stderr,
                "misspelt.yaml:4:14: warning[W407]: policies.data.budgets: budgts.yaml does not exist: an empty table\n"
                "misspelt.yaml:6:71: alerts.webhooks: secret_file: secrt: No such file or directory\n")
    write(folder, "nowhere.yaml", "policies: { paths: [fine.lua] }\nledger: { path: none/spend.db }\n")
    check.equal("as is the folder of the ledger", run(binary, folder, "--config", "nowhere.yaml").stderr,
                "nowhere.yaml:2:17: warning[W409]: ledger.path: the folder none does not exist\n")
    write(folder, "misspelt.yaml", MISSPELT.partition("alerts:")[0])
    ran = run(binary, folder, "--config", "misspelt.yaml")
    check.equal("of data that is a warning", (ran.returncode, ran.stderr.count("\n")), (0, 1))
    check.equal("that --strict fails", run(binary, folder, "--strict", "--config", "misspelt.yaml").returncode, 1)


def check_run(check, binary):
    """`run` and a reload say what `check` says."""
    with Stage(binary) as stage:
        path = stage.file("p.lua", BROKEN.replace("teem", "team"))
        engine = stage.engine("run", {"policies": {"paths": [path]}}).start()
        warned = run(binary, ROOT, path).stderr
        check.true("run prints warnings and goes on", "W401" in warned and warned in engine.log(), engine.log())
        answer = engine.reload()
        check.equal("a reload answers with warnings", (answer.status, answer.text),
                    (200, f"reloaded: generation 1 decides\n{warned}"))
        stage.file("p.lua", BROKEN)
        wrong = run(binary, ROOT, path).stderr
        answer = engine.reload()
        check.equal("and with errors", (answer.status, answer.text), (500, wrong))
        check.true("of which the log has the first lines", until(lambda: "[E201]" in engine.log()))
        engine.end()
        started = engine.run("run", "--config", engine.path)
        check.equal("run does not start with errors", started.returncode, 2)
        check.true("and prints them", wrong in started.stderr, started.stderr)


def main():
    binary, check = os.path.abspath(sys.argv[1]), Checks()
    check_pages(check, binary)
    check_shipped(check, binary)
    with tempfile.TemporaryDirectory() as folder:
        check_folders(check, binary, folder)
        check_output(check, binary, folder)
        check_status(check, binary, folder)
        check_places(check, binary, folder)
    check_run(check, binary)
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())
