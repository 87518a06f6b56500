"""The circuit breaker: a policy that only fails is taken out, alerts, and is tried again.

usage: breaker_test.py BINARY BUILD_DIR
"""
import json

from harness import Catcher, main, until

BAD = """policy { name = "bad" }
derive("team", {}, function(ev) return nil .. "x" end)
"""

MENDED = BAD.replace('nil .. "x"', '"search", "mended"')

# Fires for a team at first; then its function fails at every tick.
TICKS = """policy { name = "ticks" }
local hour = window { sum = "charge_usd", by = { "tenant" }, over = "1h" }
rule("Spends", { over = hour, above = 0 }, function(group)
  if group.count >= 5 then error("five is too much\\n  for\\tme") end
  return group.value
end)
"""

GOOD = """policy { name = "good" }
derive("workflow_id", {}, function(ev) return "checkout" end)
local hour = window { sum = "charge_usd", over = "1h" }
rule("Anything", { over = hour, above = 0 }, function(group) return group.value end)
"""


def event(name, **more):
    return {"id": name, "ai_system": "openai", "requested_model": "gpt-4o", "input_tokens": 10,
            "output_tokens": 2, "reported_usd": "0.5", "tenant": "acme", **more}


def alerts(catcher):
    """The last state of each alert that was posted, by name and policy."""
    found = {}
    for body in catcher.taken():
        for alert in json.loads(body)["alerts"]:
            key = alert["labels"]["alertname"], alert["labels"]["policy"]
            found[key] = alert
    return found


def by_events(check, stage, catcher):
    files = {name: stage.file(f"events/{name}.lua", text)
             for name, text in (("bad", BAD), ("good", GOOD))}
    engine = stage.engine("events", {
        "rules": {"tick": "1s"},
        "policies": {"paths": list(files.values()), "breaker": {"events": 10}},
        "alerts": {"webhooks": [{"name": "catch", "url": f"http://127.0.0.1:{catcher.port}/"}]},
    }).start()
    name = "spendwarden_policy_disabled"
    check.equal("before, nothing is disabled",
                [engine.metrics().one(name, policy=p) for p in ("bad", "good")], [0, 0])
    engine.post("generic", [event(f"a-{i}") for i in range(9)])
    check.equal("nine failures are not ten", engine.metrics().one(name, policy="bad"), 0)
    engine.post("generic", [event(f"b-{i}") for i in range(3)])
    check.equal("with the tenth it is disabled", engine.metrics().one(name, policy="bad"), 1)
    check.equal("and only it", engine.metrics().one(name, policy="good"), 0)
    engine.post("generic", [event("c-1")])
    check.equal("every event is booked, with its charge and what the other policy says",
                engine.rows("SELECT count(*), sum(charge_nanousd) FROM requests"
                            " WHERE team IS NULL AND workflow_id = 'checkout'"), [(13, 13 * 5 * 10**8)])
    check.equal("rows name what decided them", engine.rows(
        "SELECT group_concat(DISTINCT generation) FROM entries WHERE seq <= 12"), [("1",)])
    check.equal("and from when on the policy was out", engine.rows(
        "SELECT e.generation, g.disabled FROM entries e JOIN generations g"
        " ON g.number = e.generation WHERE e.seq = 13"), [(2, '["bad"]')])
    errors = {e["reason"]: int(v) for e, v in engine.metrics().select(
        "spendwarden_policy_errors_total", policy="bad")}
    check.equal("failures are counted, and that it was disabled", errors,
                {"runtime": 12, "disabled": 1})

    key = "SpendwardenPolicyDisabled", "bad"
    alert = until(lambda: alerts(catcher).get(key))
    check.true("an alert fires", alert and alert["status"] == "firing", alert)
    check.equal("critical", alert["labels"]["severity"], "critical")
    notes = alert["annotations"]
    check.true("which names the rule, the last error and what to do",
               notes["rule"].endswith("bad.lua:2") and "concatenate" in notes["error"]
               and "reload" in notes["description"] and "bad" in notes["summary"], notes)
    check.true("other rules go on", until(lambda: ("Anything", "good") in alerts(catcher)))

    engine.reload()
    check.equal("a load tries it again", engine.metrics().one(name, policy="bad"), 0)
    stage.file("events/bad.lua", MENDED)
    engine.reload()
    engine.post("generic", [event("d-1")])
    check.equal("a mended one decides", engine.rows("SELECT team FROM requests WHERE id = 'd-1'"),
                [("search",)])
    check.true("and the alert is over", until(
        lambda: alerts(catcher)[key]["status"] == "resolved"), alerts(catcher)[key])
    engine.end()
    check.equal("ledger verify is clean", engine.verify().returncode, 0)


def by_ticks(check, stage, catcher):
    path = stage.file("ticks/ticks.lua", TICKS)
    engine = stage.engine("ticks", {
        "rules": {"tick": "1s"}, "policies": {"paths": [path], "breaker": {"ticks": 3}},
        "alerts": {"webhooks": [{"name": "catch", "url": f"http://127.0.0.1:{catcher.port}/"}]},
    }).start()
    engine.post("generic", [event("a-1")])
    check.true("a rule fires", until(lambda: ("Spends", "ticks") in alerts(catcher)))
    engine.post("generic", [event(f"b-{i}") for i in range(4)])
    name = "spendwarden_policy_disabled"
    check.true("after failing at three ticks its policy is disabled",
               until(lambda: engine.metrics().one(name, policy="ticks") == 1))
    check.equal("which is a row", engine.rows(
        "SELECT disabled FROM generations ORDER BY number DESC LIMIT 1"), [('["ticks"]',)])
    alert = until(lambda: alerts(catcher).get(("SpendwardenPolicyDisabled", "ticks")))
    check.true("and an alert, whose text is one line",
               alert and "five is too much   for me" in alert["annotations"]["error"], alert)
    check.equal("what fired still fires", alerts(catcher)["Spends", "ticks"]["status"], "firing")
    states = {(a["labels"]["alertname"]): a["state"] for a in engine.api("alerts")}
    check.equal("as /api/v1/alerts has it", states,
                {"Spends": "firing", "SpendwardenPolicyDisabled": "firing"})
    lines = [line for line in engine.log().splitlines() if not line.startswith("ts=")]
    check.equal("no error text breaks the log's lines", lines, [])
    engine.end()
    engine.start()
    check.equal("a restart tries it again", engine.metrics().one(name, policy="ticks"), 0)
    engine.end()


def run(check, stage, _build):
    for part in (by_events, by_ticks):
        catcher = stage.keep(Catcher())
        print(f"# {part.__name__}")
        part(check, stage, catcher)


if __name__ == "__main__":
    main(run)
