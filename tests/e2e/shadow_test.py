"""Candidates beside the policies that decide: what they would change is counted, what is booked
stays, and nobody is told of their alerts.

usage: shadow_test.py BINARY BUILD_DIR
"""
import os
import time

import harness
from harness import Catcher, until, write

ACTIVE = """policy { name = "finops", version = "1", data = { "teams" }, settings = { factor = 0.9 } }
derive("team", { needs = { "key_alias" } }, function(ev) return data.teams[ev.key_alias], "alias" end)
price({}, function(ev) return ev.charge_usd * settings.factor, "contract" end)
classify({ "prod", "experiment" }, { default = "experiment" }, function(ev)
  if ev.environment == "prod" then return "prod" end
end)
counter("acme_calls_total", { help = "Calls.", labels = { "team" } }, function(ev) return 1, ev.team end)
local large = window { name = "large", by = { "team" }, over = "1h", sum = function(ev) return ev.charge_usd > 1 and ev.charge_usd end }
rule("Spent", { over = large, above = 1e9 }, function(g) return g.value end)
"""

# The next version: the same names everywhere, and other answers.
CANDIDATE = """policy { name = "finops", version = "2", data = { "teams" }, settings = { factor = 0.9, floor = 0 } }
derive("team", { needs = { "key_alias" } }, function(ev) return data.teams[ev.key_alias] or "unknown", "alias" end)
price({}, function(ev) return ev.charge_usd * settings.factor, "contract" end)
classify({ "prod", "batch" }, { default = "batch" }, function(ev)
  if ev.environment == "prod" then return "prod" end
end)
counter("acme_calls_total", { help = "Calls.", labels = { "team" } }, function(ev) return 2, ev.team end)
local large = window { name = "large", by = { "key_alias" }, over = "1h", sum = function(ev) return ev.charge_usd > settings.floor and ev.charge_usd end }
local all = window { sum = "charge_usd", by = { "team" }, over = "1h" }
rule("Spent", { over = large, above = 0, severity = "critical" }, function(g) return g.value end)
rule("Booked", { over = all, above = 0 }, function(g) return g.value end)
"""


def event(name, alias, **more):
    return {"id": name, "status": "success", "requested_model": "gpt-4o", "ai_system": "openai",
            "input_tokens": 1, "output_tokens": 1, "reported_usd": "10", "key_alias": alias, **more}


class Setup:
    def __init__(self, stage, name, candidate=CANDIDATE):
        self.folder = os.path.join(stage.folder, name)
        self.active = write(os.path.join(self.folder, "active.lua"), ACTIVE)
        self.candidate = write(os.path.join(self.folder, "candidate.lua"), candidate)
        teams = write(os.path.join(self.folder, "teams.yaml"), "{ checkout: shop }\n")
        self.other = write(os.path.join(self.folder, "other.yaml"), "{ checkout: store }\n")
        self.catcher = stage.keep(Catcher())
        self.policies = {"paths": [self.active], "data": {"teams": teams},
                         "shadow": [self.candidate]}
        self.engine = stage.engine(name, self.config())

    def config(self, **policies):
        return {"policies": {**self.policies, **policies}, "rules": {"tick": "1s"},
                "server": {"loops": 2},
                "alerts": {"alertmanagers": [{"url": f"http://127.0.0.1:{self.catcher.port}"}],
                           "webhooks": [{"name": "w", "url": f"http://127.0.0.1:{self.catcher.port}/w"}]}}


def what_would_change(checks, s):
    engine = s.engine
    engine.post("generic", [event("a", "checkout", environment="prod"), event("b", "other"),
                            event("c", "checkout"), event("d", "other", team="given")])
    engine.post("generic", [event("a", "checkout")])  # a duplicate says nothing new
    rows = engine.rows("SELECT id, team, class, charge_usd FROM requests ORDER BY id")
    checks.equal("what is booked is what the policies that decide say", rows,
                 [("a", "shop", "prod", 9.0), ("b", None, "experiment", 9.0),
                  ("c", "shop", "experiment", 9.0), ("d", "given", "experiment", 9.0)])
    shadow = engine.api("policies")["shadow"]
    checks.equal("each event counts once", shadow["events"],
                 {"same": 1, "changed": 3, "failed": 0, "skipped": 0})
    changes = {c["change"]: (c["events"], c["booked_usd"]) for c in shadow["changes"]}
    checks.equal("what would be another, and the spend that it is about", changes,
                 {"team": (1, "9"), "class": (3, "27")})
    checks.equal("charges would stay", (shadow["booked_usd"], shadow["would_be_usd"]), ("36", "36"))
    m = engine.metrics()
    checks.equal("metrics say the same", (
        {o["outcome"]: int(v) for o, v in m.select("spendwarden_shadow_events_total")},
        m.by("spendwarden_shadow_changes_total", "change"),
        m.by("spendwarden_shadow_changed_spend_usd_total", "change"),
        m.by("spendwarden_shadow_spend_usd_total", "by")), (
        {"same": 1, "changed": 3, "failed": 0, "skipped": 0}, {"team": 1, "class": 3},
        {"team": 9, "class": 27}, {"active": 36, "shadow": 36}))


def effects_apart(checks, s):
    m = s.engine.metrics()
    checks.equal("a counter of the same name stays the active one's",
                 m.by("acme_calls_total", "team"), {"shop": 2, "given": 1, "": 1})
    checks.equal("and the candidate's has a name of its own",
                 m.by("spendwarden_candidate_acme_calls_total", "team"),
                 {"shop": 4, "given": 2, "unknown": 2})


def alerts_apart(checks, s):
    engine = s.engine
    def fires():
        return {(a["rule"], a["labels"].get("key_alias") or a["labels"].get("team")): a
                for a in engine.api("alerts?shadow=true") if a["state"] == "firing"}
    wanted = {("Spent", "checkout"), ("Spent", "other"), ("Booked", "shop"), ("Booked", "given"),
              ("Booked", None)}
    checks.true("candidates' rules read their own windows, and those of what was booked",
                until(lambda: set(fires()) == wanted), fires())
    found = fires()
    checks.true("their alerts are marked", all(a["shadow"] for a in found.values()))
    checks.equal("with values of their own", (found["Spent", "checkout"]["value"],
                                              found["Booked", "shop"]["value"]), (18, 18))
    checks.equal("the alerts that count are others", engine.api("alerts"), [])
    time.sleep(3)
    checks.equal("and nobody was told anything", s.catcher.taken(), [])
    checks.equal("nor is it history", engine.rows("SELECT count(*) FROM alerts"), [(0,)])
    m = engine.metrics()
    checks.equal("metrics count them apart",
                 (m.one("spendwarden_shadow_alerts", state="firing"),
                  m.one("spendwarden_shadow_alerts_fired_total"),
                  m.one("spendwarden_alerts", state="firing")), (5, 5, 0))
    shadow = engine.api("policies")["shadow"]
    checks.equal("and so does the API, by rule",
                 {f["rule"]: f["count"] for f in shadow["alerts_fired"]}, {"Spent": 2, "Booked": 3})
    policy = shadow["policies"][0]
    checks.equal("a candidate is listed like a policy",
                 (policy["name"], policy["version"], policy["file"]), ("finops", "2", s.candidate))
    checks.true("with its windows and counts", any(
        w["window"].startswith("window:shadow:large by key_alias") and w["groups"] == 2
        for w in policy["windows"]) and policy["functions"][0]["calls"] == 4, policy)


def restarts(checks, s):
    engine = s.engine
    checks.equal("the ledger is verified, candidates' effects included", engine.verify().returncode, 0)
    engine.end()
    engine.start()
    value = until(lambda: [a["value"] for a in engine.api("alerts?shadow=true")
                           if a["rule"] == "Spent" and a["labels"]["key_alias"] == "checkout"])
    checks.equal("their windows survive a restart", value, [18])
    checks.equal("and so do their counters",
                 engine.metrics().sum("spendwarden_candidate_acme_calls_total"), 8)
    time.sleep(2)
    checks.equal("still nobody was told", s.catcher.taken(), [])


def own_data_and_settings(checks, s):
    engine = s.engine
    engine.configure(s.config(shadow_data={"teams": s.other}, settings={"finops": {"factor": 0.5}},
                              shadow_settings={"finops": {"factor": 0.4, "floor": 2}}))
    checks.equal("candidates may have data and settings of their own", engine.reload().status, 200)
    engine.post("generic", [event("e", "checkout", environment="prod")])
    checks.equal("those that decide have theirs",
                 engine.rows("SELECT team, charge_usd FROM requests WHERE id = 'e'"), [("shop", 5.0)])
    shadow = engine.api("policies")["shadow"]
    checks.equal("and the difference is seen, counted from here on", (
        {c["change"] for c in shadow["changes"]}, shadow["booked_usd"], shadow["would_be_usd"]),
        ({"team", "charge", "billed"}, "5", "4"))
    engine.configure(s.config(shadow_settings={"nobody": {"x": 1}}))
    answer = engine.reload()
    checks.true("a setting for no candidate is an error", answer.status == 500 and
                "no policy has the name 'nobody'" in answer.text, answer.text)
    engine.configure(s.config(shadow=[]))
    engine.reload()
    checks.true("without candidates there is nothing of them", "shadow" not in engine.api("policies")
                and until(lambda: engine.api("alerts?shadow=true") == [])
                and not engine.metrics().select("spendwarden_shadow_events_total"))
    engine.end()


FAILING = """policy { name = "broken" }
derive("team", {}, function(ev) error("not today") end)
price({}, function(ev) return -1 end)
rule("Fails", { over = window { sum = "charge_usd", over = "1h" } }, function() error("nor at a tick") end)
"""

SLOWEST_S = 15  # of a body of 100 events; a gateway has given up then

SLOW = """policy { name = "slow" }
for _, label in ipairs { "team", "agent", "user", "org" } do
  derive(label, {}, function(ev) local n = 0 for i = 1, 9000 do n = n + i end return "slow" end)
end
rule("Slow", { over = window { sum = "charge_usd", by = { "session_id" }, over = "1h" }, above = 0 }, function()
  local n = 0
  for i = 1, 9000 do n = n + i end
  return n
end)
"""


def bad_candidates(checks, stage):
    s = Setup(stage, "bad", FAILING)
    engine = s.engine.start()
    engine.post("generic", [event(f"f{i}", "checkout") for i in range(300)])
    checks.equal("a candidate that fails changes nothing", engine.rows(
        "SELECT DISTINCT team, class, charge_usd FROM requests"), [("shop", "experiment", 9.0)])
    shadow = until(lambda: engine.metrics().one("spendwarden_shadow_errors_total") > 100 and
                   engine.api("policies")["shadow"])
    checks.true("its failures are counted, with the last one's text",
                shadow and shadow["events"]["failed"] >= 100 and
                shadow["policies"][0]["disabled"] and shadow["policies"][0]["last_error"]["message"], shadow)
    checks.equal("and are none of those that count",
                 engine.metrics().sum("spendwarden_policy_errors_total"), 0)
    write(s.candidate, SLOW)
    checks.equal("a slow one is loaded", engine.reload().status, 200)
    sent, slowest, begin = 0, 0, time.monotonic()
    while time.monotonic() - begin < 4 or (sent <= 1000 and time.monotonic() - begin < 200):
        at = time.monotonic()
        answer = engine.post("generic", [event(f"s{sent + i}", "checkout", session_id=f"s{i}")
                                         for i in range(100)])
        slowest = max(slowest, time.monotonic() - at)
        sent += answer.json["accepted"]
    shadow = engine.api("policies")["shadow"]["events"]
    checks.true("it gets a part of the time, and is left out of the rest",
                shadow["changed"] > 0 and shadow["skipped"] > 0 and
                shadow["changed"] + shadow["skipped"] == sent, f"{shadow} of {sent}")
    checks.true("everything is booked in time", sent > 1000 and slowest < SLOWEST_S, f"{sent}, {slowest:.2f} s")
    checks.true("and ticks go on", until(lambda: engine.get("/-/ready").status == 200))
    checks.equal("nobody was told", s.catcher.taken(), [])
    write(s.candidate, 'policy { name = "x" }\nderive("teem", {}, function() end)\n')
    checks.equal("one that does not load is refused with the reload", engine.reload().status, 500)
    engine.end()


def run(checks, stage, _build):
    s = Setup(stage, "shadow")
    s.engine.start()
    what_would_change(checks, s)
    effects_apart(checks, s)
    alerts_apart(checks, s)
    restarts(checks, s)
    own_data_and_settings(checks, s)
    bad_candidates(checks, stage)


if __name__ == "__main__":
    harness.main(run)
