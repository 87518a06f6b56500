"""`spendwarden rules grafana`: dashboards keep the rules of Grafana's dashboard-linter, of which each can fail, and every
panel's query runs on a real Prometheus, old and new, that scraped an engine under traffic: no error, no empty panel.

usage: dashboards_test.py BINARY BUILD_DIR
"""
import copy
import json
import os
import subprocess
import threading
import time

import dashboard_linter
from gotools import tool
from harness import ROOT, Process, free_port, main, request, rfc3339, until, wait_for
from prometheus import Prometheus, parser

QUICKSTART = os.path.join(ROOT, "examples", "quickstart", "spendwarden.yaml")
EXAMPLE = ["--config", "examples/prometheus/spendwarden.yaml"]
CONFIGURATIONS = {
    "defaults": [], "the example": EXAMPLE,
    "other labels": ["--set", "metrics.labels=[workflow_id, response_model]", "--set", "metrics.coverage=[]"],
    "no budget": ["--policies", "policies/silence"], "another job": ["--job", "llm-costs/eu"],
}


def dashboards(stage, *arguments):
    printed = subprocess.run([stage.binary, "rules", "grafana", *arguments], cwd=ROOT, capture_output=True, text=True)
    if printed.returncode != 0 or printed.stderr:
        raise SystemExit(f"FAIL  rules grafana {arguments}: {printed.stderr}")
    return {each["uid"]: each for each in json.loads(printed.stdout)}


# --- rules ---

def panel(dashboard, kind="timeseries"):
    return next(each for each in dashboard["panels"] if each["type"] == kind)


def variable(dashboard, name):
    return next(each for each in dashboard["templating"]["list"] if each["name"] == name)


def expr(dashboard, old, new):
    """In the first query that has it."""
    for each in dashboard_linter.panels(dashboard):
        for target in each["targets"]:
            if old in target["expr"]:
                target["expr"] = target["expr"].replace(old, new)
                return
    raise SystemExit(f"FAIL  no query has {old}")


# What each rule has to see in a dashboard that is right otherwise.
BROKEN = [
    ("datasource_variable", lambda d: variable(d, "datasource").update(query="loki")),
    ("target_variables", lambda d: variable(d, "job").update(multi=False)),
    ("target_variables", lambda d: variable(d, "instance").update(type="custom")),
    ("reload_on_time_change", lambda d: variable(d, "job").update(refresh=1)),
    ("variable_queries", lambda d: variable(d, "instance")["query"].update(query="label_values(instance)")),
    ("variable_queries", lambda d: variable(d, "instance").update(
        query={"query": "label_values(up, instance)"}, definition="label_values(up, instance)")),
    ("unused_variables", lambda d: d["templating"]["list"].append({"name": "nowhere", "type": "custom"})),
    ("datasources", lambda d: panel(d).update(datasource={"type": "prometheus", "uid": "abc"})),
    ("datasources", lambda d: panel(d)["targets"][0].pop("datasource")),
    ("titles_and_descriptions", lambda d: panel(d).update(description="")),
    ("titles_and_descriptions", lambda d: panel(d).pop("title")),
    ("units", lambda d: panel(d)["fieldConfig"]["defaults"].pop("unit")),
    ("units", lambda d: panel(d, "table")["fieldConfig"]["overrides"].pop()),
    ("has_queries", lambda d: panel(d).update(targets=[])),
    ("valid_promql", lambda d: expr(d, "sum by (", "sum of (")),
    ("job_and_instance", lambda d: expr(d, 'job=~"$job", ', "")),
    ("job_and_instance", lambda d: expr(d, 'instance=~"$instance"', 'instance="$instance"')),
    ("rate_interval", lambda d: expr(d, "[$__rate_interval]", "[5m]")),
    ("rate_interval", lambda d: expr(d, "[$__range]", "[$__rate_interval]")),
    ("rate_interval", lambda d: expr(d, "[$__rate_interval]", "[$__range]")),
    ("counters", lambda d: (expr(d, "[$__range]", ""), expr(d, "increase(", "abs("))),
    ("kind_of_query", lambda d: panel(d)["targets"][0].update(instant=True)),
    ("kind_of_query", lambda d: panel(d, "table")["targets"][0].pop("instant")),
    ("legends", lambda d: panel(d)["targets"][0].update(legendFormat="")),
    ("frame", lambda d: d.update(editable=True)),
    ("frame", lambda d: d.update(schemaVersion=16)),
    ("grid", lambda d: panel(d)["gridPos"].update(y=0)),
    ("grid", lambda d: panel(d).update(id=panel(d, "row")["id"])),
]


def check_rules(check, stage, parse):
    for name, arguments in CONFIGURATIONS.items():
        made = dashboards(stage, *arguments)
        check.true(f"{name}: there are dashboards", len(made) >= 3, list(made))
        for uid, dashboard in made.items():
            check.equal(f"{name}: {uid} keeps the rules", dashboard_linter.lint(dashboard, parse), {})
    right = dashboards(stage, *EXAMPLE)["spendwarden-attribution"]
    for rule, spoil in BROKEN:
        wrong = copy.deepcopy(right)
        spoil(wrong)
        found = dashboard_linter.lint(wrong, parse)
        check.true(f"{rule} sees what is wrong", rule in found, found)
    check.equal("each rule was shown to fail", {rule.__name__ for rule in dashboard_linter.RULES}, {rule for rule, _ in BROKEN})


def check_choices(check, stage):
    made = dashboards(stage, *EXAMPLE)
    check.equal("four dashboards", list(made), [f"spendwarden-{n}" for n in ("cost", "budgets", "attribution", "engine")])
    check.true("without budgets three", "spendwarden-budgets" not in dashboards(stage, *CONFIGURATIONS["no budget"]))
    narrow = dashboards(stage, *CONFIGURATIONS["other labels"])
    titles = [each["title"] for each in narrow["spendwarden-cost"]["panels"]]
    check.true("no label, no panel of it", "Cost over time by team" not in titles and "Top workflows" in titles, titles)
    check.equal("the labels to choose from", variable(narrow["spendwarden-cost"], "by")["query"], "workflow_id,response_model")
    check.equal("the job at first", variable(dashboards(stage, "--job", "x")["spendwarden-cost"], "job")["current"]["value"], ["x"])
    marked = [each["title"] for each in made["spendwarden-cost"]["panels"] for target in each.get("targets", []) if target["exemplar"]]
    check.true("exemplars on spend and time", len(marked) >= 3, marked)
    for name in made:
        path = os.path.join(ROOT, "examples", "prometheus", f"{name}.json")
        with open(path, encoding="utf-8") as f:
            check.true(f"{os.path.relpath(path, ROOT)} is up to date; its README says how to make it", json.load(f) == made[name])


# --- a real Prometheus ---

FAILING = 'policy { name = "failing" }\nclassify({ "odd" }, {}, function(ev)\n' \
          '  if ev.team == "odd" then return ev.team .. nil end\nend)\n'
SCRAPED = 1  # seconds
SELF = {"$job": "spendwarden", "$instance": ".+", "$__rate_interval": "12s", "$__range": "300s", "$by": "team",
        "$budget": ".+", "$team": ".+"}
# What may show nothing on a day without trouble.
QUIET = {"Series in use": ["overflow"]}


def start_engine(stage):
    policies = [stage.file("failing.lua", FAILING)] + [
        os.path.join(ROOT, "policies", name) for name in ("attribution", "spend-class", "budgets", "spikes", "coverage")]
    port, dead = free_port(), free_port()
    engine = stage.keep(Process(
        [stage.binary, "run", "--config", QUICKSTART,
         "--set", f"server.listen=127.0.0.1:{port}", "--set", f"ledger.path={stage.folder}/ledger.db", "--set", "rules.tick=1s",
         "--set", f"policies.paths=[{', '.join(policies)}]",
         "--set", f"alerts.alertmanagers=[{{url: \"http://127.0.0.1:{dead}\"}}]"], os.path.join(stage.folder, "engine.log")))
    engine.launch()
    engine.wait_ready(port, "/-/ready")
    return port


def odd_events(port, number):
    """What the demo lacks: caches, failing policies, no price, no key, a budget used up, duplicates, rejects, other times."""
    now = time.time()

    def event(name, seconds_ago=0, **fields):
        when = rfc3339(now - seconds_ago)
        return {"id": f"{name}-{number}", "start": when, "end": when, "ai_system": "openai", "status": "success",
                "requested_model": "gpt-4o", "response_model": "gpt-4o", "input_tokens": 1000, "output_tokens": 50, **fields}
    events = [
        event("cached", cache_read_tokens=600, team="search", workflow_id="w", reported_usd="0.02"),
        event("failing", team="odd", reported_usd="0.01"), event("unpriced", requested_model="new", response_model="new"),
        event("over", team="checkout", workflow_id="w", reported_usd="60"), event("nobody", hashed_api_key="0123abcd", key_alias="unmapped", reported_usd="0.03"),
        event("retried", retry_depth=2, team="search", reported_usd="0.05"), event("late", 3600, reported_usd="0.01"),
        event("ahead", -900, reported_usd="0.01"), {"id": "wrong", "start": "never"}]
    answer = request(port, "POST", "/v1/ingest/generic", json.dumps(events + events[:1]), {"Content-Type": "application/json"})
    assert answer.status == 200, answer.text


def send_traffic(stage, port):
    demo = Process([stage.binary, "demo", "--url", f"http://127.0.0.1:{port}", "--for", "20s", "--history", "5d"],
                   os.path.join(stage.folder, "demo.log"))
    stage.keep(demo).launch()
    for number in range(20):
        odd_events(port, number)
        time.sleep(1)
    return demo.child.wait(300)


class MoreTraffic:
    """Of both kinds, within a with block: panels of rates are empty some seconds after the last event."""

    def __init__(self, stage, port):
        self.port, self.over = port, threading.Event()
        self.demo = stage.keep(Process([stage.binary, "demo", "--url", f"http://127.0.0.1:{port}", "--for", "1h",
                                        "--history", "0", "--seed", "2"], os.path.join(stage.folder, "more.log")))
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        number = 1000
        while not self.over.wait(1):
            odd_events(self.port, number)
            number += 1

    def __enter__(self):
        self.demo.launch()
        self.thread.start()

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.demo.end()


def ask(prometheus, target, expression):
    """Error, and the number of series that have a value."""
    now = time.time()
    if target.get("range"):
        answer = prometheus.api("query_range", query=expression, start=now - 15, end=now, step=1)
    else:
        answer = prometheus.api("query", query=expression)
    if answer["status"] != "success":
        return answer["error"], 0
    return None, sum(1 for each in answer["data"]["result"]
                     if any(value[1] != "NaN" for value in each.get("values", [each.get("value")])))


def is_quiet(title, target):
    return any(word in target.get("legendFormat", "") for word in QUIET.get(title, []))


def check_panels(check, name, prometheus, made):
    for uid, dashboard in made.items():
        for each in dashboard_linter.panels(dashboard):
            title, wrong = replace_all(each["title"]), []
            for target in each["targets"]:
                expression = replace_all(target["expr"])
                error, series = ask(prometheus, target, expression)
                if error or (series == 0 and not is_quiet(title, target)):
                    wrong.append((error or "empty", expression))
            check.true(f"{name}: {uid}: {title}", not wrong, wrong)


def replace_all(text):
    return dashboard_linter.replaced(text, SELF)


def check_variables(check, name, prometheus, dashboard):
    for each in dashboard["templating"]["list"]:
        if each["type"] != "query":
            continue
        text = replace_all(each["query"]["query"])
        selector, label = text[len("label_values("):-1].rsplit(", ", 1)
        answer = prometheus.api(f"label/{label}/values", **{"match[]": selector})
        check.true(f"{name}: {dashboard['uid']}: values of ${each['name']}", bool(answer["data"]), answer)


def check_recorded(check, name, prometheus):
    """The rules of `rules prometheus|alerts` run there, and record what the engine's windows say."""
    groups = prometheus.api("rules")["data"]["groups"]
    wrong = [(rule["name"], rule.get("lastError")) for group in groups for rule in group["rules"] if rule["health"] != "ok"]
    check.true(f"{name}: every rule is evaluated", len(groups) >= 4 and not wrong, wrong)
    for group in groups:
        for rule in group["rules"]:
            if rule["type"] == "recording":
                check.true(f"{name}: {rule['name']} has values", bool(prometheus.vector(rule["name"])))
    windows = 'sum by (team) (llm_spend_window_usd{job="spendwarden", window="24h"})'
    check.true(f"{name}: teams as in the windows", until(
        lambda: prometheus.by("team:llm_spend_usd:window24h", "team") == prometheus.by(windows, "team")),
        prometheus.by(windows, "team"))
    alerts = {(labels["alertname"], labels["alertstate"]) for labels, _ in prometheus.vector("ALERTS")}
    check.true(f"{name}: what is wrong here is alerted of", {("SpendwardenPolicyErrors", "firing"), ("LLMModelUnpriced", "firing")}
               <= alerts, alerts)
    check.true(f"{name}: and nothing else", {alert for alert, _ in alerts} <= {
        "SpendwardenPolicyErrors", "LLMModelUnpriced", "SpendwardenNotificationsFailing", "SpendwardenPolicyDisabled",
        "LLMTeamBudgetNearExhaustion", "LLMTeamBudgetExceeded", "LLMTeamBudgetForecastExceeded", "LLMCostSpike",
        "LLMAttributionCoverageLow"}, alerts)


def rule_files(stage):
    files = []
    for kind in ("prometheus", "alerts"):
        printed = subprocess.run([stage.binary, "rules", kind, "--config", QUICKSTART, "--owner", "prometheus"],
                                 capture_output=True, text=True, check=True).stdout
        files.append(stage.file(f"{kind}.yaml", printed))
    return {"rule_files": files}


def check_live(check, stage, build):
    port, rules = start_engine(stage), rule_files(stage)
    servers = {"Prometheus 2": Prometheus(stage, "old", {"spendwarden": port}, f"{SCRAPED}s", more=rules).start(),
               "Prometheus 3": Prometheus(stage, "new", {"spendwarden": port}, f"{SCRAPED}s", tool(build, "prometheus"),
                                          rules, ["--scrape.discovery-reload-interval=1s"]).start()}
    for server in servers.values():
        wait_for("the first scrape", lambda: server.value('up{job="spendwarden"}') == 1)
    check.equal("traffic was sent", send_traffic(stage, port), 0)
    made = dashboards(stage, "--config", QUICKSTART)
    with MoreTraffic(stage, port):
        until(lambda: all(server.vector("llm_budget_forecast_usd") for server in servers.values()))
        for name, server in servers.items():
            check_panels(check, name, server, made)
    for name, server in servers.items():
        check_recorded(check, name, server)
        for dashboard in made.values():
            check_variables(check, name, server, dashboard)
    return servers["Prometheus 3"]


def run(check, stage, build):
    check_choices(check, stage)
    prometheus = check_live(check, stage, build)
    check_rules(check, stage, parser(prometheus))


if __name__ == "__main__":
    main(run)
