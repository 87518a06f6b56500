"""The field's playbook for LLM cost, unchanged, on real Prometheus: recording rules, queries and
alerts over LiteLLM's metric names are right against the ledger, and so are ours.

usage: playbook_test.py BINARY BUILD_DIR (keeps Prometheus 3 in BUILD_DIR/tools)
"""
import json
import os
import time

from gotools import tool
from harness import ROOT, main, until
from prometheus import Prometheus

TEAMS = 200
WAIT_S = 65  # of scrapes each second: what increase() extrapolates at its ends is then below 2%

# As teams have them in their files.
RECORDING = {
    "team:llm_spend_usd:rate1h": "sum by (team) (increase(litellm_spend_metric_total[1h]))",
    "team:llm_budget_burn_ratio":
        "1 - (litellm_remaining_team_budget_metric / litellm_team_max_budget_metric)",
    "model:llm_cost_per_1k_tokens:rate5m":
        "sum by (model) (rate(litellm_spend_metric_total[5m])) / "
        "(sum by (model) (rate(litellm_total_tokens_metric_total[5m])) / 1000)",
    "workflow:llm_spend_usd:rate24h":
        "sum by (workflow_id) (increase(litellm_spend_metric_total[24h]))"}
TOP = "topk(5, sum by (team) (increase(litellm_spend_metric_total[24h])))"
DOUBLED = ("sum by (team) (rate(litellm_spend_metric_total[1h])) > "
           "2 * sum by (team) (rate(litellm_spend_metric_total[24h]))")
NEAR = "team:llm_budget_burn_ratio > 0.8"
SPIKE = ("sum by (team) (rate(litellm_spend_metric_total[1h])) > "
         "3 * sum by (team) (rate(litellm_spend_metric_total[24h]))")
EXCEEDED = "litellm_remaining_team_budget_metric <= 0"

LIMITS = {"search": 10, "support": 1000, "checkout": 30}
# team, workflow, model, USD, input tokens, output tokens, requests
TRAFFIC = [("search", "ranking", "gpt-4o", "0.9", 900, 100, 9),
           ("search", "ranking", "gpt-4o-mini", "0.04", 400, 40, 10),
           ("support", "triage", "gpt-4o", "1.25", 700, 300, 8),
           ("support", None, "gpt-4o-mini", "0.06", 500, 60, 5),
           ("checkout", "fraud", "claude-sonnet-4-5", "4", 3000, 1000, 10),
           ("billing", "invoices", "claude-sonnet-4-5", "2.5", 2000, 400, 1),
           ("legal", "contracts", "gpt-4o", "1.75", 900, 200, 1)]


def body(number, team, workflow, model, usd, tokens_in, tokens_out):
    now = time.time()
    return {
        "id": f"call-{number}", "litellm_call_id": f"call-{number}", "call_type": "acompletion",
        "trace_id": f"{number:032x}", "status": "success", "startTime": now - 1, "endTime": now,
        "custom_llm_provider": "openai", "model": f"openai/{model}", "model_group": model,
        "model_id": f"id-{model}", "response_cost": float(usd), "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out,
        "metadata": {
            "user_api_key_hash": f"hash-{team}", "user_api_key_alias": f"{team}-key",
            "user_api_key_team_id": team, "user_api_key_team_alias": team.title(),
            "user_api_key_request_route": "/v1/chat/completions",
            "spend_logs_metadata": {"workflow_id": workflow} if workflow else None}}


def traffic():
    events = []
    for team, workflow, model, usd, tokens_in, tokens_out, requests in TRAFFIC:
        for _ in range(requests):
            events.append(body(len(events), team, workflow, model, usd, tokens_in, tokens_out))
    return events


def near(got, wanted, share=0.02):
    return got is not None and abs(got - wanted) <= share * abs(wanted)


def all_near(got, wanted, share=0.02):
    return set(got) == set(wanted) and all(near(got[k], wanted[k], share) for k in wanted)


class Setting:
    def __init__(self, stage, version, binary):
        self.version = version
        stage.file(f"{version}/budgets.yaml", json.dumps(LIMITS))
        self.engine = stage.engine(version, {
            "metrics": {"litellm_names": True}, "rules": {"tick": "1s"},
            "policies": {"paths": [os.path.join(ROOT, "policies", "attribution"),
                                   os.path.join(ROOT, "policies", "budgets")],
                         "data": {"budgets": os.path.join(stage.folder, version, "budgets.yaml")}},
        }).start()
        rules = stage.file(f"{version}-rules.yml", json.dumps({"groups": [{
            "name": "playbook", "rules": [{"record": name, "expr": expression}
                                          for name, expression in RECORDING.items()]}]}))
        self.scrapers = [
            Prometheus(stage, f"prometheus-{version}-{i}", {"spendwarden": self.engine.port},
                       binary=binary, more={"rule_files": [rules]}).start() for i in range(2)]
        for each in self.scrapers:
            until(lambda each=each: each.value("up") == 1)
        self.prometheus = self.scrapers[0]

    def ledger(self, column, where="1"):
        """Nano-USD by a column, as SQL has it."""
        rows = self.engine.rows(f"SELECT coalesce({column}, 'None'), sum(charge_nanousd)"
                                f" FROM requests WHERE {where} GROUP BY 1")
        return {name: nano / 1e9 for name, nano in rows}


def recording_rules(check, setting):
    prometheus, name = setting.prometheus, setting.version
    by_team, by_workflow = setting.ledger("team"), setting.ledger("workflow_id")
    got = prometheus.by("team:llm_spend_usd:rate1h", "team")
    check.true(f"{name}: spend by team over an hour", all_near(got, by_team), (got, by_team))
    got = prometheus.by("workflow:llm_spend_usd:rate24h", "workflow_id")
    check.true(f"{name}: spend by workflow over a day", all_near(got, by_workflow),
               (got, by_workflow))
    got = prometheus.by("team:llm_budget_burn_ratio", "team")
    wanted = {team: by_team[team] / limit for team, limit in LIMITS.items()}
    check.true(f"{name}: burn of budgets", all_near(got, wanted, 1e-6), (got, wanted))
    rows = setting.engine.rows(
        "SELECT requested_model, sum(charge_nanousd) / 1e6 / sum(input_tokens + output_tokens)"
        " FROM requests GROUP BY 1")
    wanted = dict(rows)
    got = prometheus.by("model:llm_cost_per_1k_tokens:rate5m", "model")
    check.true(f"{name}: cost per 1000 tokens by model", all_near(got, wanted, 0.001),
               (got, wanted))


def queries(check, setting):
    prometheus, name = setting.prometheus, setting.version
    by_team = setting.ledger("team")
    top = dict(sorted(by_team.items(), key=lambda item: -item[1])[:5])
    got = prometheus.by(TOP, "team")
    check.true(f"{name}: the top 5 teams of a day", all_near(got, top), (got, top))
    check.equal(f"{name}: teams at twice their average", set(prometheus.by(DOUBLED, "team")),
                set(by_team))
    check.equal(f"{name}: teams whose budget is nearly used up", set(prometheus.by(NEAR, "team")),
                {t for t in LIMITS if by_team[t] > 0.8 * LIMITS[t]})
    check.equal(f"{name}: teams whose budget is used up", set(prometheus.by(EXCEEDED, "team")),
                {t for t in LIMITS if by_team[t] >= LIMITS[t]})
    check.equal(f"{name}: teams that spike", set(prometheus.by(SPIKE, "team")), set(by_team))


def exact_windows(check, setting):
    """What increase() estimates, exact: from the engine's windows."""
    metrics = setting.engine.metrics()
    by_team = setting.ledger("team")
    for window in ("1h", "24h", "7d"):
        got = {}
        for labels, value in metrics.select("llm_spend_window_usd", window=window):
            team = labels.get("team", "")
            got[team] = got.get(team, 0) + value
        check.equal(f"{setting.version}: the window of {window} is exact by team",
                    {t: int(v * 10**9) for t, v in got.items()},
                    {t: round(v * 1e9) for t, v in by_team.items()})
    for ours, theirs in (("llm_spend_usd_total", "litellm_spend_metric_total"),
                         ("llm_tokens_total", "litellm_total_tokens_metric_total")):
        check.equal(f"{setting.version}: {theirs} sums up to {ours}", metrics.sum(theirs),
                    metrics.sum(ours))


def rare_teams(check, setting):
    """One event of each of many teams, which no counter had before."""
    for i, each in enumerate(setting.scrapers):
        for name in ("litellm_spend_metric_total", "llm_spend_usd_total"):
            total = each.value(f'sum(increase({name}{{team=~"rare-.*"}}[1h]))')
            check.true(f"{setting.version}, scraper {i}: {TEAMS} teams with one event each are "
                       f"{TEAMS} USD for {name}", near(total, TEAMS), total)


def send(check, setting):
    rare = [body(10000 + i, f"rare-{i}", f"rare-workflow-{i}", "gpt-4o", "1", 10, 1)
            for i in range(TEAMS)]
    events = traffic() + rare
    answer = setting.engine.post("litellm", events)
    check.equal(f"{setting.version}: all events are taken", answer.json["accepted"], len(events))


def run(check, stage, build_dir):
    settings = [Setting(stage, "2.42", "prometheus"),
                Setting(stage, "3.16", tool(build_dir, "prometheus"))]
    for setting in settings:
        send(check, setting)
    time.sleep(WAIT_S)
    for setting in settings:
        rare_teams(check, setting)
        recording_rules(check, setting)
        queries(check, setting)
        exact_windows(check, setting)
        for each in setting.scrapers:
            check.equal(f"{setting.version}: no scrape failed", each.failed_scrapes(), [])
        check.equal(f"{setting.version}: the ledger agrees with itself",
                    setting.engine.verify().returncode, 0)


if __name__ == "__main__":
    main(run)
