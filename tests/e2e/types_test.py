"""What `types` prints is what the tree holds, and luacheck agrees with it: no warning in what
is shipped, and a warning for each thing that policies do not have.

usage: types_test.py BINARY BUILD_DIR
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
META = os.path.join(ROOT, "lua/spendwarden.meta.lua")
LUACHECKRC = os.path.join(ROOT, "examples/.luacheckrc")
LUARC = os.path.join(ROOT, "examples/.luarc.json")

BAD = """policy { name = "bad" }
derive("team", {}, function(ev)
  local now = os.time()
  local number = math.random(3)
  local code = string.dump(now)
  total = number
  setmetatable({}, {})
  print(code)
  data.x = 1
  return ev.team or teem
end)
"""
WARNINGS = ["3:15: (W113) accessing undefined variable os",
            "4:18: (W143) accessing undefined field random of global math",
            "5:16: (W143) accessing undefined field dump of global string",
            "6:3: (W111) setting non-standard global variable total",
            "7:3: (W113) accessing undefined variable setmetatable",
            "8:3: (W113) accessing undefined variable print",
            "9:3: (W122) setting read-only field x of global data",
            "10:21: (W113) accessing undefined variable teem"]

CONFIG = """labels: { declared: [cost_centre, product] }
policies: { data: { rates: rates.yaml } }
"""


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def types(binary, *options):
    run = subprocess.run([binary, "types", *options], capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"FAIL: types {options}: {run.returncode}: {run.stderr}")
    return run.stdout


def luacheck(*paths):
    run = subprocess.run(["luacheck", "--no-color", "--codes", "--no-cache", "--config",
                          LUACHECKRC, *paths], capture_output=True, text=True, cwd=ROOT)
    return run.returncode, run.stdout + run.stderr


def check_printed(binary):
    if types(binary) != read(META):
        yield "types does not print lua/spendwarden.meta.lua"
    if types(binary, "--luacheck") != read(LUACHECKRC):
        yield "examples/.luacheckrc: make it again with `spendwarden types --luacheck`"


def check_declared(binary, folder):
    path = os.path.join(folder, "spendwarden.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(CONFIG)
    plain, text = types(binary).splitlines(), types(binary, "--config", path).splitlines()
    added = [line for line in text if line not in plain]
    wanted = ["---| \"cost_centre\"", "---| \"product\"", "---@field cost_centre string?",
              "---@field product string?", "---@field rates table"]
    if sorted(added) != sorted(wanted) or len(text) != len(plain) + len(wanted):
        yield f"types --config adds {added}"


def check_shipped():
    files = [path for top in ("policies", "examples")
             for path in glob.glob(os.path.join(ROOT, top, "**/*.lua"), recursive=True)]
    code, text = luacheck(*files)
    if code != 0 or len(files) < 5:
        yield f"luacheck over {len(files)} shipped files: {text}"


def check_standard(file, code, warnings):
    """A file that is not there: luacheck goes by its name."""
    run = subprocess.run(["luacheck", "--no-color", "--codes", "--config", LUACHECKRC,
                          "--filename", file, "-"], input=code, capture_output=True,
                         text=True, cwd=ROOT)
    text = run.stdout
    for warning in warnings:
        if warning not in text.replace("'", ""):
            yield f"luacheck does not say {warning!r} of {file}: {text}"
    if (run.returncode == 0) != (not warnings):
        yield f"luacheck ends in {run.returncode} for {file}: {text}"


def check_folder(binary, folder):
    """What docs/editors.md says to do: definitions and settings beside the policies."""
    for name, text in (("spendwarden.meta.lua", types(binary)),
                       (".luacheckrc", types(binary, "--luacheck")),
                       ("p.lua", 'policy { name = "p" }\n')):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)
    lint = subprocess.run(["luacheck", "."], capture_output=True, text=True, cwd=folder)
    check = subprocess.run([binary, "check", folder], capture_output=True, text=True)
    if lint.returncode != 0:
        yield f"luacheck in the folder of policies: {lint.stdout}"
    if check.returncode != 0 or check.stdout or check.stderr:
        yield f"check of the folder of policies: {check.stdout}{check.stderr}"


def check_tests():
    code = "test('x', function(t) t:ok(math.max(1, 2)) end)\n"
    yield from check_standard("policies/x/policy_test.lua", code, [])
    yield from check_standard("policies/x/policy.lua", code, ["undefined variable test"])
    yield from check_standard("policies/x/policy_test.lua", "derive('team', {}, os.time)\n",
                              ["undefined variable derive", "undefined variable os"])


def check_bad(folder):
    path = os.path.join(folder, "bad.lua")
    with open(path, "w", encoding="utf-8") as f:
        f.write(BAD)
    code, text = luacheck(path)
    found = [line.split("bad.lua:", 1)[1].replace("'", "") for line in text.splitlines()
             if "bad.lua:" in line]
    if code != 1 or found != WARNINGS:
        yield f"luacheck says of a bad policy: {text}"


def check_luarc():
    settings = json.loads(read(LUARC))
    for path in settings["workspace.library"]:
        if not os.path.exists(os.path.join(ROOT, "examples", path)):
            yield f"examples/.luarc.json: no {path}"
    for library in ("basic", "io", "os", "string", "math", "table", "ffi", "jit", "debug"):
        if settings["runtime.builtin"].get(library) != "disable":
            yield f"examples/.luarc.json: {library} is not disabled"


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as own:
        failures = [*check_printed(binary), *check_declared(binary, folder), *check_shipped(),
                    *check_bad(folder), *check_tests(), *check_folder(binary, own),
                    *check_luarc()]
    for failure in failures:
        print("FAIL:", failure)
    if not failures:
        print("ok: types, luacheck and the editor's settings agree")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
