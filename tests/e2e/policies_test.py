"""What /api/v1/policies and /metrics tell of the policies that decide.

usage: policies_test.py BINARY BUILD_DIR
"""
import hashlib
import os
import time

import harness
from harness import until, write

POLICY = """policy { name = "finops", version = "3", owner = "finops@example.com", settings = { above = 5 } }

derive("team", { needs = { "key_alias" } }, function(ev)
  if ev.key_alias == "broken" then error("no team for this one") end
  return ev.key_alias == "checkout" and "shop"
end)

local hour = window { sum = "charge_usd", by = { "team" }, over = "1h" }
for _, severity in ipairs { "info", "warning" } do
  rule("Spent", { over = hour, above = settings.above, severity = severity, labels = { for_ = severity } }, function(g) return g.value end)
end
"""

OTHER = 'policy { name = "other" }\nwindow { sum = "charge_usd", by = { "team" }, over = "1h" }\n'


def event(name, **more):
    return {"id": name, "status": "success", "requested_model": "gpt-4o", "ai_system": "openai",
            "input_tokens": 1, "output_tokens": 1, "reported_usd": "0.001", **more}


def send(engine):
    engine.post("generic", [event("a", key_alias="checkout"), event("b", key_alias="other"),
                            event("c"), event("d", key_alias="checkout", team="given"),
                            event("e", key_alias="broken")])


def identity(checks, engine, folder):
    data = engine.api("policies")
    checks.equal("a revision is a hash", len(data["active_revision"]), 64)
    checks.equal("the generation is the ledger's", data["generation"],
                 engine.rows("SELECT max(number) FROM generations")[0][0])
    checks.equal("the start counts as a reload that worked",
                 (data["last_reload"]["trigger"], data["last_reload"]["successful"],
                  data["last_reload"]["errors"]), ("start", True, []))
    finops, other = data["policies"]
    checks.equal("a policy says who it is", (finops["name"], finops["version"], finops["owner"]),
                 ("finops", "3", "finops@example.com"))
    path = os.path.join(folder, "finops.lua")
    with open(path, "rb") as f:
        checks.equal("and which file it is, by name and hash", (finops["file"], finops["sha256"]),
                     (path, hashlib.sha256(f.read()).hexdigest()))
    checks.true("what a policy does not say is left out", "version" not in other, other)
    window = {"window": "sum charge_usd by team over 1h", "groups": 3, "cells": 3, "filling": False}
    until(lambda: engine.api("policies")["policies"][0]["windows"] == [window])
    checks.equal("the windows that it declares, and what they hold",
                 engine.api("policies")["policies"][0]["windows"], [window])
    checks.equal("equal ones are one", other["windows"], finops["windows"])


def functions(checks, engine, folder):
    derive, *rules = engine.api("policies")["policies"][0]["functions"]
    checks.equal("a function's kind, name and place", (derive["kind"], derive["name"], derive["where"]),
                 ("derive", "team", os.path.join(folder, "finops.lua") + ":3"))
    counts = {k: derive[k] for k in ("calls", "answered", "nil", "failed", "skipped", "failures")}
    checks.equal("what came of it, event by event", counts,
                 {"calls": 3, "answered": 1, "nil": 1, "failed": 1,
                  "skipped": {"needs": 1, "label present": 1}, "failures": {"runtime": 1}})
    checks.true("and what it took", derive["seconds"] > 0 and derive["instructions"] > 0, derive)
    until(lambda: engine.api("policies")["policies"][0]["functions"][1]["calls"] >= 3)
    rules = engine.api("policies")["policies"][0]["functions"][1:]
    checks.true("rules are counted by group and tick", len(rules) == 2 and
                all(r["kind"] == "rule" and r["answered"] >= 3 and r["seconds"] > 0 for r in rules), rules)
    error = engine.api("policies")["policies"][0]["last_error"]
    checks.true("the last error has its text",
                error["reason"] == "runtime" and "no team for this one" in error["message"], error)


def metrics(checks, engine, folder):
    derive = {"policy": "finops", "rule": os.path.join(folder, "finops.lua") + ":3"}
    m = engine.metrics()
    counts = {o: int(m.sum("spendwarden_policy_calls_total", outcome=o, **derive))
              for o in ("answered", "nil", "failed", "skipped")}
    checks.equal("metrics have the same counts", counts,
                 {"answered": 1, "nil": 1, "failed": 1, "skipped": 2})
    checks.true("and time", m.one("spendwarden_policy_seconds_total", **derive) > 0)
    names = [(n, tuple(sorted(labels.items()))) for n, labels, _ in m.samples]
    checks.equal("no series is there twice, though two rules stand on one line", len(names), len(set(names)))
    checks.equal("failures are counted", m.one("spendwarden_policy_errors_total", reason="runtime", **derive), 1)


def reloads(checks, engine, folder):
    path = os.path.join(folder, "finops.lua")
    before = engine.api("policies")
    time.sleep(0.01)
    checks.equal("an unchanged reload works", engine.reload().status, 200)
    same = engine.api("policies")
    checks.equal("and changes neither revision, number nor time",
                 [same[k] for k in ("active_revision", "generation", "active_since")],
                 [before[k] for k in ("active_revision", "generation", "active_since")])
    checks.equal("its trigger is told", same["last_reload"]["trigger"], "HTTP")
    checks.equal("counts begin anew with what was loaded", same["policies"][0]["functions"][0]["calls"], 0)
    write(path, POLICY.replace('derive("team"', 'derive("teem"'))
    checks.equal("a broken one is refused", engine.reload().status, 500)
    broken = engine.api("policies")
    checks.equal("which leaves the revision", broken["active_revision"], before["active_revision"])
    reload = broken["last_reload"]
    checks.true("and is told with place and text", not reload["successful"] and
                reload["last_successful"] == same["last_reload"]["time"] and
                [(e["file"], e["line"], e["severity"]) for e in reload["errors"]] == [(path, 3, "error")]
                and "teem" in reload["errors"][0]["message"], reload)
    write(path, POLICY)
    engine.configure({"policies": {"paths": [folder], "settings": {"finops": {"above": 7}}},
                      "rules": {"tick": "1s"}})
    engine.reload()
    changed = engine.api("policies")
    checks.true("a setting makes another revision", changed["last_reload"]["successful"] and
                changed["active_revision"] != before["active_revision"] and
                changed["generation"] == before["generation"] + 1 and
                changed["active_since"] > before["active_since"], changed)


def run(checks, stage, _build):
    folder = os.path.join(stage.folder, "policies")
    write(os.path.join(folder, "finops.lua"), POLICY)
    write(os.path.join(folder, "other.lua"), OTHER)
    engine = stage.engine("api", {"policies": {"paths": [folder]}, "rules": {"tick": "1s"}}).start()
    send(engine)
    identity(checks, engine, folder)
    functions(checks, engine, folder)
    metrics(checks, engine, folder)
    reloads(checks, engine, folder)


if __name__ == "__main__":
    harness.main(run)
