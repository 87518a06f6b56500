"""`bench`: what it counts is right and the same in every run; of times only that they are there.

usage: bench_test.py BINARY BUILD_DIR
"""
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

POLICY = """policy { name = "p" }
derive("team", { needs = { "key_alias" } }, function(ev) return ev.key_alias end)
derive("team", {}, function(ev) return ("x"):rep(1000) .. ev.id and nil end)
classify({ "a" }, {}, function(ev) if ev.retry_depth > 0 then return "a" end end)
classify({ "b" }, { default = "b" }, function(ev) return "b" end)
counter("p_events_total", { help = "h", needs = { "session_id" } }, function() return 1 end)
local all = window { sum = "charge_usd", over = "1h", where = { team = "search" } }
local by = window { sum = "charge_usd", by = { "team" }, over = "1h" }
rule("R", { over = by, above = 1 }, function(group) return all:get() end)
budget("b", { by = { "team" }, over = "1h" }, function(group) return 5 end)
histogram("p_usd", { help = "h" }, function(ev) return ev.reported_usd end)
gauge("p_team_usd", { help = "h", over = by }, function(group) return group.value end)
rule("S", { over = by, above = 1.5, annotations = function(group) return { a = "b" } end },
  function(group) return group.value end)
"""
# team search, from the key; team there; no key, no team; a retry of the team that is there
EVENTS = """{"id": "1", "end": "2026-11-24T10:00:00Z", "key_alias": "search", "reported_usd": 1}
{"id": "2", "end": "2026-11-24T10:00:01Z", "key_alias": "k", "team": "t", "reported_usd": 1}
{"id": "3", "end": "2026-11-24T10:00:02Z", "reported_usd": 1}
{"id": "4", "end": "2026-11-24T10:00:03Z", "team": "t", "retry_depth": 1, "reported_usd": 1}
{"id": 5}
"""
WANTED = {  # by stage and line: answered, nil, needs, label_present, answered_already
    ("derive", 2): (1, 0, 2, 1, 0),
    ("derive", 3): (0, 1, 0, 3, 0),
    ("classify", 4): (1, 3, 0, 0, 0),
    ("classify", 5): (3, 0, 0, 0, 1),
    ("counter", 6): (0, 0, 4, 0, 0),
    ("rule", 9): (3, 0, 0, 0, 0),
    ("budget", 10): (3, 0, 0, 0, 0),
    ("histogram", 11): (4, 0, 0, 0, 0),
    ("gauge", 12): (3, 0, 0, 0, 0),
    ("rule", 13): (3, 0, 0, 0, 0),
    ("annotations", 13): (1, 0, 0, 0, 0),
}
OUTCOMES = ("answered", "nil", "needs", "label_present", "answered_already")
FAILING = 'policy { name = "f" }\nderive("team", {}, function(ev) error("no") end)\n'


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def bench(binary, *options, text=None):
    return subprocess.run([binary, "bench", "--count", "3", *options], input=text,
                          capture_output=True, text=True)


def key_of(function):
    return function["stage"], int(function["rule"].rsplit(":", 1)[1])


def without_times(result):
    text = json.loads(result)
    for part in ("overhead", "event", "tick"):
        text[part] = {k: v for k, v in text[part].items() if "ns" not in k}
    for function in text["functions"]:
        del function["ns_per_call"]
    return text


def check_counts(binary, policy, events):
    runs = [bench(binary, "--format", "json", "--events", events, policy) for _ in range(2)]
    if any(run.returncode != 0 for run in runs):
        yield f"bench ends in {runs[0].returncode}: {runs[0].stderr}"
        return
    result = json.loads(runs[0].stdout)
    if without_times(runs[0].stdout) != without_times(runs[1].stdout):
        yield "two runs count differently"
    counts = {key_of(f): tuple(f[name] for name in OUTCOMES) for f in result["functions"]}
    if counts != WANTED:
        yield f"outcomes are {counts}"
    if (result["events"], result["rejected"], result["count"]) != (4, 1, 3):
        yield f"{result['events']} events, {result['rejected']} rejected"
    if result["filters"] != [{"fields": ["team"], "passed": 1}]:
        yield f"filters: {result['filters']}"
    yield from check_costs(result)


def check_costs(result):
    functions = {key_of(f): f for f in result["functions"]}
    for key, function in functions.items():
        called = function["calls"] > 0
        if called != (function["instructions_per_call"] > 0):
            yield f"{key}: {function['calls']} calls and {function['instructions_per_call']}"
    if functions["derive", 3]["bytes_per_call"] < 1000:
        yield "a text of 1000 bytes takes less"
    if functions["classify", 5]["bytes_per_call"] != 0:
        yield "a constant takes memory"
    if functions["derive", 3]["instructions_per_call"] < 60:
        yield "work in C is not in the instructions"
    per_event = sum(f["calls"] * f["instructions_per_call"] for f in result["functions"]
                    if f["per"] == "event") / 4
    if abs(per_event - result["event"]["instructions"]) > 0.01:
        yield f"{result['event']['instructions']} instructions an event, not {per_event}"
    if result["event"]["calls"] != 13 / 4 or result["tick"]["calls"] != 13:
        yield f"calls: {result['event']['calls']} an event, {result['tick']['calls']} a tick"
    if min(result["event"]["ns"], result["tick"]["ns"], result["overhead"]["call_ns"]) <= 0:
        yield "something takes no time"


def check_text(binary):
    done = bench(binary, "-c", os.path.join(ROOT, "examples/quickstart/spendwarden.yaml"))
    for wanted in ("1000 events (built in)", "per event\n", "filters of windows\n",
                   "per tick\n", "class  spend-class/policy.lua:", "team-month  budgets/"):
        if wanted not in done.stdout:
            yield f"no {wanted!r} in {done.stdout}"
    if done.returncode != 0 or done.stderr:
        yield f"the quickstart ends in {done.returncode}: {done.stderr}"
    source = bench(binary, "--events", "-", "--format", "json",
                   text=open(os.path.join(ROOT, "tests/data/decode/litellm/01_plain.json"),
                             encoding="utf-8").read())
    if json.loads(source.stdout)["events"] != 1:
        yield "a body of LiteLLM is not read"


def check_ends(binary, folder, policy):
    empty = write(folder, "empty", "")
    failing = write(folder, "f.lua", FAILING)
    for options, code, message in (
            ((failing,), 1, ""),
            (("--events", empty, policy), 2, "holds no event"),
            (("--events", "/no/such", policy), 2, "/no/such"),
            (("--count", "0", policy), 2, "--count"),
            (("--source", "kafka", policy), 2, "no source"),
            ((os.path.join(folder, "none.lua"),), 2, "none.lua")):
        done = bench(binary, *options)
        if done.returncode != code or message not in done.stderr:
            yield f"bench {options}: {done.returncode}, {done.stderr}"


def main():
    binary = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        policy = write(folder, "p.lua", POLICY)
        events = write(folder, "events.jsonl", EVENTS)
        failures = [*check_counts(binary, policy, events), *check_text(binary),
                    *check_ends(binary, folder, policy)]
    for failure in failures:
        print("FAIL:", failure)
    if not failures:
        print("ok: bench")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
