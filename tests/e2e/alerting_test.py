"""The real Prometheus and Alertmanager: a budget and a burst fire, survive a kill -9, resolve.

usage: alerting_test.py BINARY BUILD_DIR
"""
import collections
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.parse
from http.client import HTTPException

from harness import (ROOT, Catcher, Process, free_port, main, read, replace, request, rfc3339,
                     until, wait_for, write)

# The shipped spikes wait five minutes; this is their shape within seconds. What is spent before
# stays in its window for a quarter of an hour, which is time enough for the test.
BURST = '''policy { name = "burst", version = "1", data = { "burst" } }

local recent = window { sum = "charge_usd", by = { "team" }, over = "20m" }
local before = window { sum = "charge_usd", by = { "team" }, over = "20m", offset = "20m" }

rule("LLMCostBurst", {
  over = recent, above = data.burst.factor, hold = "3s", severity = "critical",
  annotations = { summary = "{{team}} spends {{value}} times what is usual" },
}, function(group)
  local usual = before:get(group)
  return usual > 0 and group.value / usual
end)
'''
BUDGET, BURSTING = "LLMBudgetThreshold", "LLMCostBurst"


class Setting:
    """The programs of examples/prometheus with short times, on free ports."""

    def __init__(self, stage):
        self.stage = stage
        self.webhook, self.finops, self.oncall = (stage.keep(Catcher()) for _ in range(3))
        self.alertmanager, self.prometheus = free_port(), free_port()
        self.engine = self.start_engine()
        self.start_alertmanager()
        self.start_prometheus()

    def start_engine(self):
        engine = self.stage.engine("engine", "")
        self.policy = write(os.path.join(engine.folder, "burst.lua"), BURST)
        self.limits(engine, 10, 3)
        engine.configure(replace(read("examples", "prometheus", "spendwarden.yaml"), {
            "127.0.0.1:9464": f"127.0.0.1:{engine.port}", "path: spendwarden.db": "path: ledger.db",
            "127.0.0.1:9093": f"127.0.0.1:{self.alertmanager}",
            "../../policies": os.path.join(ROOT, "policies"),
            "  data:\n": f"    - {self.policy}\n  data:\n    burst: burst.yaml\n",
        }) + f"""  resend: 5s
  webhooks: [{{ name: test, url: "http://127.0.0.1:{self.webhook.port}/hook" }}]
rules: {{ tick: 1s }}
""")
        return engine.start()

    @staticmethod
    def limits(engine, budget_usd, factor):
        write(os.path.join(engine.folder, "budgets.yaml"), f"search: {budget_usd}\n")
        write(os.path.join(engine.folder, "burst.yaml"), f"factor: {factor}\n")

    def start(self, name, arguments, port, path):
        process = self.stage.keep(Process(arguments, os.path.join(self.stage.folder, f"{name}.log")))
        process.launch()
        process.wait_ready(port, path)

    def start_alertmanager(self):
        config = self.stage.file("alertmanager.yml", replace(
            read("examples", "prometheus", "alertmanager.yml"), {
                "group_wait: 30s": "group_wait: 1s", "group_interval: 5m": "group_interval: 1s",
                "127.0.0.1:5001/finops": f"127.0.0.1:{self.finops.port}/finops",
                "127.0.0.1:5001/oncall": f"127.0.0.1:{self.oncall.port}/oncall"}))
        self.start("alertmanager", [
            "prometheus-alertmanager", f"--config.file={config}", "--cluster.listen-address=",
            f"--storage.path={self.stage.folder}/alertmanager",
            f"--web.listen-address=127.0.0.1:{self.alertmanager}"], self.alertmanager, "/-/ready")

    def start_prometheus(self):
        config = self.stage.file("prometheus.yml", replace(
            read("examples", "prometheus", "prometheus.yml"), {
                "15s": "1s", "127.0.0.1:9464": f"127.0.0.1:{self.engine.port}",
                "127.0.0.1:9093": f"127.0.0.1:{self.alertmanager}"}))
        for name in ("spendwarden-rules.yaml", "spendwarden-alerts.yaml"):
            shutil.copy(os.path.join(ROOT, "examples", "prometheus", name), self.stage.folder)
        self.start("prometheus", [
            "prometheus", f"--config.file={config}",
            f"--storage.tsdb.path={self.stage.folder}/prometheus",
            f"--web.listen-address=127.0.0.1:{self.prometheus}"], self.prometheus, "/-/ready")

    def query(self, expression):
        """The only value of the answer, or None."""
        path = "/api/v1/query?query=" + urllib.parse.quote(expression)
        result = request(self.prometheus, "GET", path).json["data"]["result"]
        return float(result[0]["value"][1]) if len(result) == 1 else None

    def alerts(self):
        """Those that Alertmanager has, by name and step."""
        found = request(self.alertmanager, "GET", "/api/v2/alerts").json
        return {(a["labels"]["alertname"], a["labels"].get("step")): a for a in found}

    def notifications(self):
        """How many of each, by receiver, alert's name and status."""
        counts = collections.Counter()
        for receiver in ("webhook", "finops", "oncall"):
            for body in map(json.loads, getattr(self, receiver).taken()):
                counts[receiver, body["commonLabels"]["alertname"], body["status"]] += 1
        return dict(counts)


class Sender(threading.Thread):
    """Posts until told to stop; what was not acknowledged is sent again."""

    def __init__(self, engine):
        super().__init__(daemon=True)
        self.engine, self.stopping, self.acknowledged = engine, threading.Event(), []

    def post(self, ids):
        events = [{"id": i, "team": "support", "ai_system": "openai", "requested_model": "gpt-4o",
                   "status": "success", "input_tokens": 10, "output_tokens": 2,
                   "reported_usd": "0.000123"} for i in ids]
        try:
            return self.engine.post("generic", events).status == 200
        except (OSError, HTTPException):
            return False

    def run(self):
        number = 0
        while not self.stopping.is_set():
            ids = [f"load-{number}-{i}" for i in range(7)]
            while not self.post(ids):
                time.sleep(0.02)
            self.acknowledged += ids
            number += 1
            time.sleep(0.02)

    def end(self):
        self.stopping.set()
        if self.is_alive():
            self.join(10)


def spend(engine, team, usd, seconds_ago):
    when = rfc3339(time.time() - seconds_ago)
    answer = engine.post("generic", [{
        "id": f"{team}-{seconds_ago}-{usd}", "team": team, "ai_system": "openai", "start": when,
        "end": when, "requested_model": "gpt-4o", "status": "success", "input_tokens": 10,
        "output_tokens": 2, "reported_usd": usd}])
    return answer.status == 200 and answer.json["accepted"] == 1


def fire(check, setting):
    engine = setting.engine
    check.true("spend is taken", spend(engine, "search", "8.5", 1)
               and spend(engine, "checkout", "1", 25 * 60) and spend(engine, "checkout", "6", 2))
    wanted = {(BUDGET, "0.5"), (BUDGET, "0.8"), (BURSTING, None)}
    check.true("the budget's steps and the burst appear in Alertmanager",
               until(lambda: set(setting.alerts()) == wanted), list(setting.alerts()))
    alerts = setting.alerts()
    budget, burst = alerts[BUDGET, "0.8"], alerts[BURSTING, None]
    check.equal("labels of the budget's alert", budget["labels"], {
        "alertname": BUDGET, "policy": "budgets", "budget": "team-month", "team": "search",
        "severity": "warning", "step": "0.8"})
    notes = budget["annotations"]
    check.equal("annotations of the budget's alert",
                [notes.get(k) for k in ("value", "threshold", "spent", "limit")],
                ["0.85", "0.8", "8.5", "10"])
    check.equal("labels of the burst's alert", burst["labels"], {
        "alertname": BURSTING, "policy": "burst", "team": "checkout", "severity": "critical"})
    check.equal("its summary names team and value", burst["annotations"]["summary"],
                "checkout spends 6 times what is usual")
    check.true("the example's inhibit rule leaves the highest step", until(
        lambda: setting.alerts()[BUDGET, "0.5"]["status"]["state"] == "suppressed"))
    check.equal("the higher one is active", budget["status"]["state"], "active")


def notified_once(check, setting, status, when):
    wanted = {("webhook", BUDGET, status): 1, ("webhook", BURSTING, status): 1,
              ("finops", BUDGET, status): 1, ("oncall", BURSTING, status): 1}

    def seen():
        return {k: v for k, v in setting.notifications().items() if k[2] == status}
    until(lambda: seen() == wanted)
    check.equal(f"{when}: each receiver was told once", seen(), wanted)


def kill_and_return(check, setting, sender):
    engine, before = setting.engine, setting.alerts()
    killed = len(sender.acknowledged)
    engine.end(signal.SIGKILL)
    engine.start()
    back = time.time()

    def sent_again():
        now = setting.alerts()
        return set(now) == set(before) and all(a["updatedAt"] > rfc3339(back) for a in now.values())
    check.true("after kill -9 the alerts are sent again", until(sent_again), setting.alerts())
    time.sleep(6)  # more than one resend
    after = setting.alerts()
    check.equal("with the startsAt that they had", {k: a["startsAt"] for k, a in after.items()},
                {k: a["startsAt"] for k, a in before.items()})
    notified_once(check, setting, "firing", "after kill -9")
    check.true("events came before the kill and after it",
               0 < killed < len(sender.acknowledged), (killed, len(sender.acknowledged)))


def compare_sums(check, setting, sender):
    engine = setting.engine
    sender.end()
    ids = [i for i, in engine.rows("SELECT id FROM requests WHERE team = 'support'")]
    check.equal("every acknowledged event is booked once, and no other", sorted(ids),
                sorted(sender.acknowledged))
    nano = len(sender.acknowledged) * 123000 + 15_500_000_000
    check.equal("the counter is their sum", engine.metrics().nano("llm_spend_usd_total"), nano)
    check.true("Prometheus has the same", until(lambda: abs(
        setting.query("sum(llm_spend_usd_total)") - nano / 1e9) < 1e-9),
        setting.query("sum(llm_spend_usd_total)"))
    check.equal("no counter fell over the kill", setting.query(
        "sum(resets(llm_spend_usd_total[1h]))"), 0)
    check.equal("it sees the engine up", setting.query('up{job="spendwarden"}'), 1)
    check.true("it evaluates the budget's ratio", abs(setting.query(
        'llm_budget_spent_usd{team="search"} / llm_budget_limit_usd') - 0.85) < 1e-9)
    check.true("and the example's recording rule", until(lambda: setting.query(
        'count(team:llm_spend_usd:rate1h) > 2')))
    verified = engine.verify()
    check.equal("ledger verify is clean", verified.returncode, 0)


def metrics_text(check, setting):
    text = setting.engine.get("/metrics").text
    tool = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                          capture_output=True, check=False)
    check.equal("promtool check metrics finds nothing",
                (tool.returncode, tool.stdout + tool.stderr), (0, ""))


def resolve(check, setting):
    setting.limits(setting.engine, 100, 50)
    setting.engine.send(signal.SIGHUP)
    check.true("higher limits by SIGHUP resolve them in Alertmanager",
               until(lambda: not setting.alerts()), list(setting.alerts()))
    notified_once(check, setting, "resolved", "after the reload")
    notified_once(check, setting, "firing", "in the end")
    check.equal("the engine has none that fires",
                int(setting.engine.metrics().sum("spendwarden_alerts", state="firing")), 0)


def told_after_a_restart(check, stage):
    """A webhook that was down when an alert began to fire, and still is at a kill -9."""
    port = free_port()
    policy = stage.file("late/p.lua", """policy { name = "p" }
local hour = window { sum = "charge_usd", over = "1h" }
rule("Spent", { over = hour, above = 1, severity = "info" }, function(g) return g.value end)
""")
    engine = stage.engine("late", {
        "rules": {"tick": "1s"}, "policies": {"paths": [policy]},
        "alerts": {"webhooks": [{"name": "late", "url": f"http://127.0.0.1:{port}/"}]}}).start()
    engine.post("generic", [{"id": "late-1", "requested_model": "gpt-4o", "reported_usd": "2"}])
    check.true("an alert fires while its webhook is down", until(
        lambda: engine.metrics().sum("spendwarden_alerts", state="firing") == 1))
    time.sleep(3)
    engine.end(signal.SIGKILL)
    webhook = stage.keep(Catcher(port=port))
    engine.start()
    check.true("after a kill -9 the webhook is told", until(lambda: webhook.taken()))
    time.sleep(3)
    check.equal("once", [json.loads(b)["status"] for b in webhook.taken()], ["firing"])
    engine.end()


def run(check, stage, _build):
    told_after_a_restart(check, stage)
    setting = Setting(stage)
    wait_for("a first scrape", lambda: setting.query('up{job="spendwarden"}') == 1)
    sender = stage.keep(Sender(setting.engine))
    sender.start()
    fire(check, setting)
    notified_once(check, setting, "firing", "at first")
    kill_and_return(check, setting, sender)
    compare_sums(check, setting, sender)
    metrics_text(check, setting)
    resolve(check, setting)


if __name__ == "__main__":
    main(run)
