#!/usr/bin/env python3
"""The same 10,000 events give the same decisions, counters and alerts: in two processes
that explain them, and in engines with 1, 2 and 4 loops that several clients feed at once."""
import json
import os
import random
import threading
import time

from harness import ROOT, main, rfc3339, until

EVENTS, ROUND, BATCH, CLIENTS = 10_000, 1000, 25, 4

POLICY = """
policy { name = "deciding", data = { "owners" } }

derive({ "team", "project" }, { needs = { "hashed_api_key" } }, function(ev)
  local owner = data.owners[ev.hashed_api_key:sub(1, 1)]
  return owner and { team = owner, project = owner .. "-" .. #ev.tags }, "owner"
end)

derive("environment", { override = true }, function(ev)
  local names = {}
  for name in pairs { prod = 1, dev = 2, test = 3, [1] = 4, [2] = 5 } do names[#names + 1] = tostring(name) end
  if ev:has_tag("shuffled") then return table.concat(names, "-"), "in order of pairs" end
end)

-- Stops at its budget for some events, at the same one in every state.
derive("agent", {}, function(ev)
  local n = 0
  for i = 1, (ev.input_tokens or 0) * 10 do n = n + i % 7 end
  return "agent-" .. n % 10, "counted"
end)

derive("endpoint", { needs = { "region" } }, function(ev)
  if ev.retry_depth == 2 then error("no endpoint at depth 2") end
  return ev.region .. "/" .. string.format("%.3f", ev.reported_usd or 0)
end)

price({ needs = { "ai_system" } }, function(ev)
  if ev.ai_system == "anthropic" then return ev.charge_usd * 0.85, "contract" end
end)

price({ of = "billed" }, function(ev) return ev.charge_usd * 1.2 end)

counter("det_spend_usd_total", { help = "h", labels = { "team", "class" } }, function(ev)
  return ev.charge_usd, ev.team, ev.class
end)

histogram("det_call_usd", { help = "h", labels = { "team" }, buckets = { 0.01, 0.1, 1 } }, function(ev)
  return ev.charge_usd, ev.team
end)

local hour = window { sum = "charge_usd", by = { "team" }, over = "1h" }
local users = window { distinct = "end_user", by = { "team" }, over = "1h" }
local largest = window { max = "charge_usd", by = { "team" }, over = "1h" }
local odd = window { name = "odd", count = true, by = { "team" }, over = "1h", where = function(ev)
  return (ev.input_tokens or 0) % 2 == 1
end }

rule("DetSpend", { over = hour, steps = { { 20, "info" }, { 60, "warning" }, { 100000, "critical" } },
  annotations = function(group, value)
    return { detail = ("%s spent %.9f, at most %.9f, %d users, %d odd"):format(group.team or "nobody", value,
      largest:get(group), users:get(group), odd:get(group)) }
  end }, function(group) return group.value end)

budget("det-week", { over = "7d", by = { "team" }, steps = { { 0.5, "warning" } }, alert = "DetBudget" },
  function(group) return group.team == "search" and 50 or nil end)

gauge("det_usd_per_user", { help = "h", over = hour }, function(group)
  return users:get(group) > 0 and group.value / users:get(group)
end)
"""


def event(number, chance, begin):
    """As a gateway may send it, with everything that two runs could disagree about."""
    end = begin + number * 0.1
    made = {
        "id": f"r{number}", "start": rfc3339(end - chance.random() * 30), "end": rfc3339(end),
        "received": rfc3339(end + 1), "status": chance.choice(["success"] * 8 + ["failure", "cancelled"]),
        "requested_model": chance.choice(["gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "no-such-model", "é"]),
        "input_tokens": chance.randrange(0, 4000), "output_tokens": chance.randrange(0, 800),
        "retry_depth": chance.choice([0, 0, 0, 0, 1, 2]), "end_user": f"user-{chance.randrange(400)}",
        "tags": chance.sample(["shuffled", "team:tagged", "env:prod", "workflow:nightly"], chance.randrange(4)),
    }
    if chance.random() < 0.8:
        made["hashed_api_key"] = f"{chance.choice('abcdx')}{chance.randrange(50)}"
    if chance.random() < 0.5:
        made["ai_system"] = chance.choice(["openai", "anthropic"])
    if chance.random() < 0.6:
        made["reported_usd"] = f"{chance.random() * 0.2:.9f}"
    if chance.random() < 0.3:
        made["region"] = chance.choice(["eu", "us"])
    if chance.random() < 0.3:
        made["team"] = chance.choice(["search", "ml"])
    if chance.random() < 0.2:
        made["key_alias"] = "checkout-prod"
    return made


def configuration(stage, loops):
    shipped = sorted(os.listdir(os.path.join(ROOT, "policies")))
    paths = [os.path.join(ROOT, "policies", name) for name in shipped
             if os.path.isdir(os.path.join(ROOT, "policies", name))]
    stage.file("deciding.lua", POLICY)
    stage.file("owners.json", json.dumps({"a": "search", "b": "ml", "c": "checkout"}))
    stage.file("keys.json", json.dumps({"checkout-prod": "checkout"}))
    return {
        "server": {"loops": loops}, "rules": {"tick": "1s"},
        "policies": {
            "limits": {"call_time": "10s"},  # the clock stops none on a busy machine
            "paths": [os.path.join(stage.folder, "deciding.lua"), *paths],
            "data": {"owners": os.path.join(stage.folder, "owners.json"),
                     "workflow_by_key": os.path.join(stage.folder, "keys.json")},
        },
    }


def explained(check, engine, events):
    """What two processes say of all events; by id."""
    path = os.path.join(engine.folder, "events.ndjson")
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(e) + "\n" for e in events)
    runs = [engine.run("explain", "--source", "generic", "--format", "json", "--config",
                       engine.path, path, seconds=300) for _ in range(2)]
    check.equal("explain reads all events", [r.returncode for r in runs], [0, 0])
    check.equal("explain says one line for each", runs[0].stdout.count("\n"), EVENTS)
    check.true("two processes say the same, byte by byte", runs[0].stdout == runs[1].stdout)
    return {r["id"]: r for r in map(json.loads, filter(None, runs[0].stdout.split("\n")))}


def send(engine, events):
    """Batches over several connections at once, in whatever order they come."""
    batches = [events[i:i + BATCH] for i in range(0, len(events), BATCH)]
    lock, failures = threading.Lock(), []

    def client():
        while True:
            with lock:
                if not batches:
                    return
                batch = batches.pop()
            answer = engine.post("generic", batch)
            if answer.status != 200 or answer.json["accepted"] != len(batch):
                failures.append(answer.text)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return failures


# Policies whose windows hold all events for as long as the engines run: what others find
# depends on the time of their ticks.
WHOLE = {"deciding", "coverage"}

# When it came and was booked; explain alone says what was not applied.
OF_THE_RUN = {"seq", "committed", "received", "generation", "kind", "not_applied", "counts_in"}


def decided(row):
    return {k: v for k, v in row.items() if k not in OF_THE_RUN}


def told(alert):
    """Functions say in others what there was when the alert began, which is the tick's chance."""
    return {k: v for k, v in alert["annotations"].items() if k in ("value", "threshold")}


def run_engine(check, stage, loops, events):
    """Feeds an engine; returns what each row says, its own counters, and its alerts."""
    engine = stage.engine(f"loops-{loops}", configuration(stage, loops)).start()
    rows, failures = {}, []
    for i in range(0, EVENTS, ROUND):
        failures += send(engine, events[i:i + ROUND])
        rows.update((r["id"], decided(r)) for r in engine.api(f"requests?limit={ROUND}"))
    check.equal(f"{loops} loops: all are accepted", failures, [])
    sent = time.time()
    until(lambda: engine.metrics().sum("spendwarden_tick_timestamp_seconds") > sent + 1)
    alerts = {json.dumps(a["labels"], sort_keys=True): (a["state"], a["value"], told(a))
              for a in engine.api("alerts") if a["labels"]["policy"] in WHOLE}
    metrics = {line for line in engine.get("/metrics").text.split("\n")
               if line.startswith(("llm_", "det_", "spendwarden_policy_errors_total"))
               and not line.startswith("llm_budget_forecast")}
    check.equal(f"{loops} loops: the ledger is consistent", engine.verify().returncode, 0)
    engine.end()
    return rows, metrics, alerts


def first_difference(a, b):
    for key in sorted(set(a) | set(b)):
        if a.get(key) != b.get(key):
            return f"{key}: {a.get(key)} against {b.get(key)}"
    return ""


def run(check, stage, _build):
    begin = time.time() - 1300
    chance = random.Random(20261125)
    events = [event(i, chance, begin) for i in range(EVENTS)]
    said = explained(check, stage.engine("explain", configuration(stage, 1)), events)
    said = {key: decided(row) for key, row in said.items()}
    runs = {loops: run_engine(check, stage, loops, events) for loops in (1, 2, 4)}
    rows, metrics, alerts = runs[1]
    check.equal("every row is there", len(rows), EVENTS)
    check.equal("the ledger's rows are what explain says", first_difference(rows, said), "")
    check.true("some policies failed, all at the same events",
               any("spendwarden_policy_errors_total" in m for m in metrics))
    check.true("alerts fire", sum("Det" in a for a in alerts) >= 4, list(alerts))
    for loops in (2, 4):
        check.equal(f"{loops} loops decide as one", first_difference(runs[loops][0], rows), "")
        check.equal(f"{loops} loops count as one", sorted(runs[loops][1] ^ metrics)[:4], [])
        check.equal(f"{loops} loops alert as one", first_difference(runs[loops][2], alerts), "")


if __name__ == "__main__":
    main(run)
