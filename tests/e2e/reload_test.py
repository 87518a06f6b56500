"""Reloads of a running engine: by files that change, by SIGHUP under load, and windows that get
their history afterwards.

usage: reload_test.py BINARY BUILD_DIR
"""
import os
import shutil
import signal
import threading
import time

import harness
from harness import until, write

HISTORY_EVENTS, HISTORY_BATCH = 300_000, 2000
EVENT_NANO = 1_000_000
QUIET_S = 1  # after the last change, before files are read
EVENTS_LEAST, GENERATIONS_LEAST = 1000, 10


def classify(name):
    return (f'policy {{ name = "p", version = "{name}" }}\n'
            f'classify({{ "{name}" }}, {{ default = "{name}" }}, function() end)\n')


def events(ids, **more):
    return [{"id": i, "status": "success", "requested_model": "gpt-4o", "ai_system": "openai",
             "input_tokens": 1, "output_tokens": 1, "reported_usd": "0.001", **more} for i in ids]


class Watched:
    """An engine that watches a folder of policies."""

    def __init__(self, stage, name):
        self.folder = os.path.join(stage.folder, name, "policies")
        os.makedirs(self.folder)
        self.asked = 0
        self.engine = stage.engine(name, {"policies": {"paths": [self.folder], "watch": True},
                                          "rules": {"tick": "1s"}})

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def decided(self):
        """The class that an event gets now."""
        self.asked += 1
        name = f"asked-{self.asked}"
        self.engine.post("generic", events([name]))
        return self.engine.rows("SELECT class FROM requests WHERE id = ?", name)[0][0]

    def decides(self, wanted):
        return until(lambda: self.decided() == wanted, step=0.25)

    def reloads(self, word):
        return [line for line in self.engine.log().splitlines()
                if "reload" in line and word in line and "generation" in line]


def replace_file(path, text):
    write(path + ".new", text)
    os.replace(path + ".new", path)


def set_at_once(checks, w):
    """Six files that change while the engine sees nothing: one reload, which says how many."""
    w.engine.send(signal.SIGSTOP)
    replace_file(w.path("p.lua"), classify("two"))
    for i in range(5):
        write(w.path(f"more{i}.lua"), f'policy {{ name = "more{i}" }}\n')
    w.engine.send(signal.SIGCONT)
    checks.true("files: what was renamed over the old one decides", w.decides("two"))
    time.sleep(2.5)
    reloads = w.reloads("changed files")
    checks.true("files: six changes at once are one reload, and the log names one and says how many",
                len(reloads) == 1 and ".lua and 5 more)" in reloads[0], reloads)


def set_bit_by_bit(checks, w):
    """Changes of which each follows the last one within its second of quiet; where this test was
    held up for longer between two of them, it writes another set."""
    for attempt in range(50):
        before, slowest, last = len(w.reloads("changed files")), 0, time.monotonic()
        for i in range(12):
            write(w.path(f"more{i % 5}.lua"), f'policy {{ name = "more{i % 5}", version = "{attempt}-{i}" }}\n')
            slowest, last = max(slowest, time.monotonic() - last), time.monotonic()
            time.sleep(0.15)
        seen = until(lambda: len(w.reloads("changed files")) > before)
        time.sleep(2.5)
        if slowest < QUIET_S * 0.8:
            break
    checks.true("files: changes that follow each other soon are seen", seen)
    checks.equal("files: and are one reload", len(w.reloads("changed files")) - before, 1)


def plain_files(checks, stage):
    w = Watched(stage, "plain")
    write(w.path("p.lua"), classify("one"))
    w.engine.start()
    checks.equal("files: the first policy decides", w.decided(), "one")
    set_at_once(checks, w)
    set_bit_by_bit(checks, w)
    before = len(w.reloads("changed files"))
    write(w.path(".hidden.lua"), "broken")
    write(w.path("notes.txt"), "not a policy")
    time.sleep(3)
    checks.equal("files: others in the folder are none of its business",
                 len(w.reloads("changed files")), before)
    w.engine.end()


def config_map(checks, stage):
    """As the kubelet writes a volume: files link into ..data, which is swapped by a rename."""
    w = Watched(stage, "mounted")

    def put(name):
        version = f"..2026_{name}"
        write(w.path(version, "p.lua"), classify(name))
        os.symlink(version, w.path("..data_tmp"))
        os.rename(w.path("..data_tmp"), w.path("..data"))
    put("one")
    os.symlink("..data/p.lua", w.path("p.lua"))
    w.engine.start()
    checks.equal("config map: its file decides, and no other", w.decided(), "one")
    put("two")
    shutil.rmtree(w.path("..2026_one"))
    checks.true("config map: the swap of ..data is noticed", w.decides("two"))
    put("three")
    checks.true("config map: and the next one", w.decides("three"))
    w.engine.end()


def broken_files(checks, stage):
    w = Watched(stage, "broken")
    write(w.path("p.lua"), classify("one"))
    w.engine.start()
    write(w.path("p.lua"), 'policy { name = "p" }\nderive("teem", {}, function() end)\n')
    good = "spendwarden_config_last_reload_successful"
    checks.true("broken: the metric says so",
                until(lambda: w.engine.metrics().one(good) == 0))
    checks.equal("broken: the old one goes on", w.decided(), "one")
    checks.true("broken: the log has what check prints", "did you mean 'team'" in w.engine.log())
    answer = w.engine.reload()
    checks.equal("broken: asked to reload, it answers 500", answer.status, 500)
    printed = w.engine.run("check", "--config", w.engine.path)
    checks.equal("broken: with the text of check", answer.text, printed.stderr)
    write(w.path("p.lua"), classify("two"))
    checks.true("broken: the next change is tried", w.decides("two"))
    checks.equal("broken: and the metric is 1 again", w.engine.metrics().one(good), 1)

    # The configuration names a file that does not load; then only that file is mended.
    other = write(os.path.join(stage.folder, "elsewhere", "q.lua"), "oops oops")
    w.engine.configure({"policies": {"paths": [w.folder, other], "watch": True},
                        "rules": {"tick": "1s"}})
    checks.true("broken: a new name is followed", until(lambda: w.engine.metrics().one(good) == 0))
    write(other, 'policy { name = "q" }\n'
                 'derive("team", {}, function() return "from q" end)\n')
    checks.true("broken: and so is what it names", until(
        lambda: w.engine.metrics().one(good) == 1))
    w.decided()
    checks.equal("broken: which then decides",
                 w.engine.rows("SELECT team FROM requests ORDER BY seq DESC LIMIT 1"), [("from q",)])
    w.engine.end()


PASSES = 'test("decides", function(t) t:eq(t:send { team = "x" }.class, "%s") end)\n'


def tests_first(checks, stage):
    """policies.test_on_load: what fails its tests never decides."""
    w = Watched(stage, "tested")
    write(w.path("p.lua"), classify("one"))
    write(w.path("p_test.lua"), PASSES % "one")
    write(w.path("below", "q_test.lua"), "not Lua at all")  # of another folder
    w.engine.configure({"policies": {"paths": [w.folder], "watch": True, "test_on_load": True},
                        "rules": {"tick": "1s"}})
    w.engine.start()
    checks.true("tests: run at the start", "1 tests passed" in w.engine.log(), w.engine.log()[-500:])
    replace_file(w.path("p.lua"), classify("two"))
    good = "spendwarden_config_last_reload_successful"
    checks.true("tests: one that fails refuses the reload",
                until(lambda: w.engine.metrics().one(good) == 0))
    checks.equal("tests: and the old one goes on", w.decided(), "one")
    error = w.engine.api("policies")["last_reload"]["errors"]
    checks.true("tests: which one and why is told", len(error) == 1 and
                error[0]["file"].endswith("p_test.lua") and error[0]["line"] == 1 and
                'test "decides"' in error[0]["message"], error)
    replace_file(w.path("p_test.lua"), PASSES % "two")
    checks.true("tests: a test that is mended is a change too", w.decides("two"))
    write(w.path("p_test.lua"), PASSES % "three")
    w.engine.end()
    started = w.engine.run("run", "--config", w.engine.path, seconds=60)
    checks.true("tests: nor does a start get by", started.returncode == 2 and
                'test "decides"' in started.stderr, started.stderr[-500:])


class Sender(threading.Thread):
    def __init__(self, engine, tag, stop):
        super().__init__(daemon=True)
        self.engine, self.tag, self.stop = engine, tag, stop
        self.acknowledged, self.refused = [], 0

    def run(self):
        turn = 0
        while not self.stop.is_set():
            ids = [f"{self.tag}-{turn}-{i}" for i in range(20)]
            answer = self.engine.post("generic", events(ids))
            if answer.status == 200 and answer.json["accepted"] == len(ids):
                self.acknowledged += ids
            else:
                self.refused += 1
            turn += 1


def under_load(checks, stage):
    policy = os.path.join(stage.folder, "load", "p.lua")
    write(policy, classify("v0"))
    engine = stage.engine("load", {"policies": {"paths": [policy]}, "server": {"loops": 2},
                                   "rules": {"tick": "1s"}}).start()
    stop = threading.Event()
    senders = [Sender(engine, f"s{n}", stop) for n in range(4)]
    for s in senders:
        s.start()
    version = 0

    def has_enough():
        return (version >= 30 and sum(len(s.acknowledged) for s in senders) > EVENTS_LEAST and engine.rows(
            "SELECT count(DISTINCT generation) FROM requests")[0][0] > GENERATIONS_LEAST)

    def change():
        nonlocal version
        version += 1
        replace_file(policy, classify(f"v{version}"))
        engine.send(signal.SIGHUP)
        time.sleep(0.2)
        return has_enough()
    checks.true("load: many events and many generations", until(change, 200, 0))
    stop.set()
    for s in senders:
        s.join(30)
    acknowledged = [i for s in senders for i in s.acknowledged]
    booked = [row[0] for row in engine.rows("SELECT id FROM requests")]
    checks.equal("load: nothing was refused", sum(s.refused for s in senders), 0)
    checks.true("load: every event is booked exactly once",
                sorted(acknowledged) == sorted(booked),
                f"{len(acknowledged)} acknowledged, {len(booked)} booked")
    decided = engine.rows("SELECT DISTINCT generation, class FROM requests ORDER BY 1")
    numbers = [number for number, _ in decided]
    checks.true("load: and each row names the one that did",
                len(set(numbers)) == len(numbers) and len({c for _, c in decided}) == len(decided),
                decided)
    known = {number for number, in engine.rows("SELECT number FROM generations")}
    checks.true("load: all of which the ledger knows", set(numbers) <= known)
    verified = engine.verify()
    checks.equal("load: the ledger is verified", verified.returncode, 0)
    engine.end()


def history(checks, stage):
    """A window over rows that were there before it, while more come."""
    policy = os.path.join(stage.folder, "history", "p.lua")
    write(policy, classify("one"))
    engine = stage.engine("history", {"policies": {"paths": [policy]}, "rules": {"tick": "1s"}})
    engine.start()
    sent = 0
    while sent < HISTORY_EVENTS:
        body = events([f"h{sent + i}" for i in range(HISTORY_BATCH)], team="search")
        if engine.post("generic", body).json["accepted"] != HISTORY_BATCH:
            checks.true("history: rows are booked", False)
        sent += HISTORY_BATCH
    stop = threading.Event()
    sender = Sender(engine, "meanwhile", stop)
    sender.start()
    write(policy, classify("one") +
          'local day = window { sum = "charge_usd", by = { "team" }, over = "24h" }\n'
          'local spent = window { sum = "charge_usd", over = "48h" }\n'
          'rule("Spent", { over = day, above = 0, severity = "info" }, function(g)\n'
          '  return g.team == "search" and spent:get() end)\n')
    begin = time.monotonic()
    answer = engine.reload()
    took = time.monotonic() - begin
    filling = engine.metrics().one("spendwarden_window_filling")
    checks.equal("history: the reload works", answer.status, 200)
    checks.equal("history: two windows are being filled when it is done", filling, 2)
    early = engine.api("alerts")
    filled = until(lambda: engine.metrics().one("spendwarden_window_filling") == 0, 120, 0.05)
    whole = time.monotonic() - begin
    checks.true("history: and some time later they are", filled)
    checks.true("history: nobody waited for that", took < whole, f"{took:.2f} of {whole:.2f} s")
    checks.equal("history: no rule fired meanwhile", early, [])
    stop.set()
    sender.join(30)
    total = sent + len(sender.acknowledged)
    wanted = total * EVENT_NANO / harness.NANO
    value = until(lambda: [a["value"] for a in engine.api("alerts")
                           if abs(a["value"] - wanted) < 1e-6])
    checks.true("history: the window then has every row once", value,
                f"{engine.api('alerts')}, wanted {wanted}")
    print(f"      {total} rows, reload {took:.2f} s, history {whole:.2f} s")
    engine.end()
    begin = time.monotonic()
    engine.start()
    checks.equal("history: a restart has nothing to fill",
                 engine.metrics().one("spendwarden_window_filling"), 0)
    engine.end()
    checks.equal("history: the ledger is verified", engine.verify().returncode, 0)


def changed_hold(checks, stage):
    """What fires goes on firing; identities keep their states."""
    policy = os.path.join(stage.folder, "hold", "p.lua")

    def rule(hold, name="Spent"):
        write(policy, 'policy { name = "p" }\n'
              'local hour = window { sum = "charge_usd", by = { "team" }, over = "1h" }\n'
              f'rule("{name}", {{ over = hour, above = 0, hold = "{hold}" }}, '
              'function(g) return g.value end)\n')
    rule("1s")
    engine = stage.engine("hold", {"policies": {"paths": [policy]}, "rules": {"tick": "1s"}})
    engine.start()
    engine.post("generic", events(["a"], team="search"))
    fires = until(lambda: [a for a in engine.api("alerts") if a["state"] == "firing"])
    checks.true("hold: it fires", fires)
    rule("1h")
    checks.equal("hold: a longer one is loaded", engine.reload().status, 200)
    time.sleep(3)
    after = engine.api("alerts")
    checks.true("hold: what fires goes on, since when it did",
                [a["state"] for a in after] == ["firing"] and
                after[0]["startsAt"] == fires[0]["startsAt"], after)
    rule("1h", "Other")
    engine.reload()

    def states():
        return {a["rule"]: a["state"] for a in engine.api("alerts")}
    wanted = {"Spent": "resolved", "Other": "pending"}
    until(lambda: states() == wanted)
    checks.equal("hold: another name is another alert, and the old one is over", states(), wanted)
    engine.end()


def run(checks, stage, _build):
    plain_files(checks, stage)
    config_map(checks, stage)
    broken_files(checks, stage)
    tests_first(checks, stage)
    under_load(checks, stage)
    changed_hold(checks, stage)
    history(checks, stage)


if __name__ == "__main__":
    harness.main(run)
