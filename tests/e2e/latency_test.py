"""A policy that burns its whole budget on every event and at every tick delays neither
/metrics nor health: views have threads of their own, and a loop never decides for long.

usage: latency_test.py BINARY BUILD_DIR

What is checked is that answers do not wait for bodies of events, which take seconds here;
tests/bench/latency.py has the numbers.
"""
import http.client
import json
import os
import threading
import time

from harness import ROOT, main, request, rfc3339, until

SECONDS = 6
EVENTS_A_BODY = 1000
SHARE_MAX = 1 / 8  # of the time of a body; on a busy machine both take longer


def body(name, count=EVENTS_A_BODY):
    now = rfc3339(time.time())
    return json.dumps([{"id": f"{name}-{i}", "ai_system": "openai", "requested_model": "gpt-4o",
                        "team": f"t{i}", "input_tokens": 10, "output_tokens": 2, "end": now,
                        "reported_usd": "0.001"} for i in range(count)])


class Load:
    """Bodies one after the other, on connections of their own."""

    def __init__(self, engine, connections):
        self.engine, self.ended, self.sent, self.statuses = engine, False, 0, set()
        self.slowest, self.lock = 0.0, threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(connections)]
        for thread in self.threads:
            thread.start()

    def run(self, n):
        turn = 0
        while not self.ended:
            turn += 1
            began = time.monotonic()
            status = self.engine.post("generic", body(f"{n}-{turn}")).status
            with self.lock:
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.statuses.add(status)
                self.sent += EVENTS_A_BODY

    def end(self):
        self.ended = True
        for thread in self.threads:
            thread.join()


def measure(engine, paths, seconds):
    """Seconds that each answer took, by path; each on a connection of its own."""
    took = {path: [] for path in paths}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path in paths:
            began = time.monotonic()
            status = request(engine.port, "GET", path).status
            took[path].append(time.monotonic() - began)
            if status != 200:
                raise SystemExit(f"FAIL  {path} is {status}")
            time.sleep(0.01)
    return took


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def burns(check, stage, loops):
    path = os.path.join(ROOT, "tests", "data", "policy", "burn.lua")
    engine = stage.engine(f"loops{loops}", {
        "server": {"loops": loops}, "rules": {"tick": "1s"}, "policies": {"paths": [path]}}).start()
    load = Load(engine, 2 * loops)
    time.sleep(0.5)
    took = measure(engine, ["/metrics", "/-/healthy"], SECONDS)
    load.end()
    check.true(f"with {loops} loop(s) a body takes long", load.slowest > 0.5, f"{load.slowest:.2f} s")
    for name, values in took.items():
        p50, p99 = quantile(values, 0.5), quantile(values, 0.99)
        check.true(f"{name} does not wait for it", p50 < load.slowest * SHARE_MAX and len(values) > 10,
                   f"p50 {p50 * 1000:.0f} ms of {len(values)}")
        print(f"      p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms, max {max(values) * 1000:.1f} ms of "
              f"{len(values)}; slowest body {load.slowest:.1f} s")
    check.equal("every body is answered", load.statuses, {200})
    check.equal("every event is booked", engine.rows("SELECT count(*) FROM requests"), [(load.sent,)])
    errors = engine.metrics().select("spendwarden_policy_errors_total")
    check.equal("and no call was stopped", errors, [])
    engine.end()
    check.equal("exit status", engine.child.returncode, 0)


def ends(check, stage):
    """A body that would take very long does not hold up the end, and is no loss."""
    path = os.path.join(ROOT, "tests", "data", "policy", "burn.lua")
    config = {"server": {"loops": 1}, "policies": {"paths": [path]}}
    engine = stage.engine("ends", config).start()
    long_body, statuses = body("long", 100 * EVENTS_A_BODY), []

    def send():
        try:
            statuses.append(engine.post("generic", long_body).status)
        except (OSError, http.client.HTTPException):
            statuses.append(503)

    thread = threading.Thread(target=send)
    thread.start()
    check.true("the engine is at it", until(
        lambda: engine.rows("SELECT count(*) FROM requests")[0][0] > 0))
    seconds = engine.end(seconds=60)
    thread.join()
    check.equal("it ends cleanly", engine.child.returncode, 0)
    check.true("soon after its grace of 5 s", seconds < 20, f"{seconds:.1f} s")
    check.equal("the sender is not told that all was booked", statuses, [503])
    booked = engine.rows("SELECT count(*) FROM requests")[0][0]
    check.true("some of it was", 0 < booked < 100 * EVENTS_A_BODY, booked)
    engine.configure({**config, "policies": {}})
    engine.start()
    answer = engine.post("generic", long_body).json
    check.equal("sent again, each event is booked once", (answer["duplicate"], answer["accepted"]),
                (booked, 100 * EVENTS_A_BODY - booked))
    engine.end()
    check.equal("ledger verify is clean", engine.verify().returncode, 0)


def run(check, stage, _build):
    for loops in (1, 2):
        burns(check, stage, loops)
    ends(check, stage)


if __name__ == "__main__":
    main(run)
