"""`spendwarden rules prometheus|alerts`: promtool takes what it prints for any configuration, and each
alert fires, holds and resolves.

usage: rules_test.py BINARY BUILD_DIR
"""
import json
import os
import subprocess

import dashboard_linter
from gotools import tool
from harness import ROOT, main, read
from prometheus import Prometheus, parser

EXAMPLE = ["--config", "examples/prometheus/spendwarden.yaml"]
NARROW = ["--set", "metrics.labels=[workflow_id, response_model]", "--set", "metrics.coverage=[user]"]
CONFIGURATIONS = {
    "defaults": [],
    "the example": EXAMPLE,
    "other labels": NARROW,
    "no model among labels": ["--set", "metrics.labels=[team]"],
    "LiteLLM's names": ["--set", "metrics.litellm_names=true"],
    "LiteLLM's names and no budget": ["--set", "metrics.litellm_names=true", "--policies", "policies/silence"],
    "LiteLLM's names and a budget of workflows": ["--set", "metrics.litellm_names=true", "--policies",
                                                  "tests/e2e/workflow_budget.lua"],
    "another job": ["--job", "llm-costs/eu"],
}
JOB = 'job="spendwarden"'


def rules(stage, kind, *arguments):
    return subprocess.run([stage.binary, "rules", kind, *arguments], cwd=ROOT, capture_output=True,
                          text=True)


PROMTOOLS = ["promtool"]  # Debian's; run() adds the newest


def promtool(*arguments):
    """Of each promtool in turn, up to one that complains: status and text."""
    for program in PROMTOOLS:
        ran = subprocess.run([program, *arguments], capture_output=True, text=True)
        if ran.returncode != 0:
            return ran.returncode, f"{program}: {ran.stdout}{ran.stderr}"
    return 0, ran.stdout + ran.stderr


def without_job(expression, job, parse):
    """Its selectors that do not say whose series they mean; None if there is no selector."""
    found = dashboard_linter.selectors(parse(expression))
    return [node["name"] for node, _ in found if ("job", "=", job) not in dashboard_linter.matchers(node)] if found else None


def check_without_job(check, parse):
    for expression, wanted in ((f"sum(llm_a{{{JOB}}})", []), (f"llm_a{{{JOB}}} / llm_b", ["llm_b"]),
                               ('rate(llm_a{job="other"}[5m])', ["llm_a"]),
                               ("llm_a > 0 and (", None), ("vector(1)", None)):
        check.equal(f"a job is missed in {expression}", without_job(expression, "spendwarden", parse), wanted)


def check_outputs(check, stage, parse):
    for name, arguments in CONFIGURATIONS.items():
        for kind in ("prometheus", "alerts"):
            for owner in ([], ["--owner", "prometheus"]):
                what = " ".join([name, kind, *owner])
                printed = rules(stage, kind, *arguments, *owner)
                check.equal(f"{what}: no complaint", (printed.returncode, printed.stderr), (0, ""))
                path = stage.file("rules.yaml", printed.stdout)
                code, said = promtool("check", "rules", "--lint=all", "--lint-fatal", path)
                check.true(f"{what}: promtool takes it", code == 0 and "rules found" in said
                           and " 0 rules" not in said, said)
                check_json(check, what, stage, kind, [*arguments, *owner], printed.stdout, parse)


def check_json(check, what, stage, kind, arguments, yaml, parse):
    printed = rules(stage, kind, *arguments, "--format", "json")
    expressions = [rule["expr"] for group in json.loads(printed.stdout)["groups"]
                   for rule in group["rules"]]
    check.equal(f"{what}: JSON has the same rules", len(expressions), yaml.count(" expr: "))
    job = arguments[arguments.index("--job") + 1] if "--job" in arguments else "spendwarden"
    for expression in expressions:
        wrong = without_job(expression, job, parse)
        if wrong != []:
            check.true(f"{what}: each selector has a job", False, f"{expression}: {wrong}")


def check_choices(check, stage):
    """What is printed follows the configuration."""
    def printed(kind, *arguments):
        return rules(stage, kind, *arguments).stdout

    how = ["--policies", "policies/silence", "--set", "metrics.labels=[team]", "--owner", "prometheus", "--job", "x"]
    check.true("how it was made is said", printed("alerts", *how).split("\n")[0].endswith(
        "spendwarden rules alerts --policies policies/silence --set metrics.labels=... --owner prometheus --job x"))
    secret = ["--set", "alerts.alertmanagers=[{url: http://u:hunter2@am}]", "--set", "server.tokens=[]"]
    for kind in ("prometheus", "alerts", "grafana"):
        text = printed(kind, *secret)
        check.true(f"{kind}: but no value that was set", "hunter2" not in text
                   and "--set alerts.alertmanagers=... --set server.tokens=..." in text, text[:300])
    check.equal("the same again", printed("alerts", *EXAMPLE), printed("alerts", *EXAMPLE))
    check.true("no label, no rule of it", "team:llm_spend_usd:rate1h" not in printed("prometheus", *NARROW))
    check.true("the label of models that there is", "by (response_model)" in printed("prometheus", *NARROW))
    for name in ("LLMTeamBudgetExceeded", "LLMCostSpike", "LLMAttributionCoverageLow", "LLMCaptureLow",
                 "SpendwardenPolicyDisabled"):
        check.true(f"{name} is the engine's", name not in printed("alerts", *EXAMPLE))
        check.true(f"{name} is Prometheus'", f"alert: {name}\n" in printed("alerts", *EXAMPLE, "--owner", "prometheus"))
    silence = ["--policies", "policies/silence"]
    check.true("an alert that a policy declares is left out",
               "SpendwardenSourceSilent" not in printed("alerts", *silence))
    check.true("but not if Prometheus is to have it",
               "SpendwardenSourceSilent" in printed("alerts", *silence, "--owner", "prometheus"))
    check.true("no budget, no alert of it",
               "llm_budget" not in printed("alerts", *silence, "--owner", "prometheus"))
    for percent, bound in (("75", "< 0.75\n"), ("0", "< 0.9\n")):
        check.true(f"a capture below {percent} %", bound in printed(
            "alerts", "--owner", "prometheus", "--set", f"rules.capture_below={percent}"))
    folder = os.path.join(stage.folder, "out")
    missing = rules(stage, "alerts", "--output", folder)
    check.true("a folder that is not there", missing.returncode == 2 and folder in missing.stderr, missing)
    os.mkdir(folder)
    written = rules(stage, "alerts", "--output", folder)
    check.equal("its name is said", written.stdout, f"{folder}/spendwarden-alerts.yaml\n")
    with open(written.stdout.strip(), encoding="utf-8") as f:
        check.equal("a file has the same", f.read(), printed("alerts"))


def check_full_disk(check, stage):
    with open("/dev/full", "w", encoding="utf-8") as full:
        for arguments in (["rules", "alerts"], ["rules", "grafana"], ["types"]):
            ran = subprocess.run([stage.binary, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
            check.equal(f"{arguments}: standard output on a full disk", (ran.returncode, ran.stderr), (
                2, f"spendwarden {arguments[0]}: standard output: No space left on device\n"))
    for kind, name in (("alerts", "spendwarden-alerts.yaml"), ("grafana", "spendwarden-budgets.json")):
        folder = os.path.join(stage.folder, f"full-{kind}")
        os.mkdir(folder)
        os.symlink("/dev/full", os.path.join(folder, name))
        ran = rules(stage, kind, "--output", folder)
        check.true(f"{kind}: a file on a full disk", ran.returncode == 2 and name not in ran.stdout
                   and ran.stderr == f"spendwarden rules: {folder}/{name}: No space left on device\n", ran)


def check_examples(check, stage):
    """examples/prometheus has what the program prints for it."""
    for kind, name in (("prometheus", "spendwarden-rules.yaml"), ("alerts", "spendwarden-alerts.yaml")):
        check.equal(f"examples/prometheus/{name} is up to date; its README says how to make it",
                    read("examples", "prometheus", name), rules(stage, kind, *EXAMPLE).stdout)


def jsonnet(part, config):
    program = f'((import "examples/mixin/mixin.libsonnet") {{ _config+:: {json.dumps(config)} }}).{part}'
    ran = subprocess.run(["jsonnet", "-e", program], cwd=ROOT, capture_output=True, text=True)
    return json.loads(ran.stdout) if ran.returncode == 0 else ran.stderr


def check_mixin(check, stage):
    """With another job it is what the program prints for that job."""
    job, runbooks = "llm-costs", "https://wiki.example.com/llm"
    arguments = [*EXAMPLE, "--job", job, "--runbooks", runbooks]
    check.equal("the mixin's alerts without runbooks", jsonnet("prometheusAlerts", {"job": job}),
                json.loads(rules(stage, "alerts", *EXAMPLE, "--job", job, "--format", "json").stdout))
    for part, kind in (("prometheusRules", "prometheus"), ("prometheusAlerts", "alerts")):
        check.equal(f"the mixin's {part}", jsonnet(part, {"job": job, "runbooks": runbooks}),
                    json.loads(rules(stage, kind, *arguments, "--format", "json").stdout))
    made = {f"{each['uid']}.json": each for each in json.loads(rules(stage, "grafana", *arguments).stdout)}
    mixed = jsonnet("grafanaDashboards", {"job": job})
    for each in (*made.values(), *mixed.values()):
        del each["description"]  # says how it was made
    check.equal("the mixin's dashboards", mixed, made)


def check_runbooks(check, stage):
    headings = {line[3:].lower() for line in read("docs", "runbooks.md").splitlines() if line.startswith("## ")}
    check.equal("each alert has a runbook", sorted(name.lower() for name in ALERTS), sorted(headings))
    where = "https://wiki.example.com/llm"
    for arguments, wanted in (([], lambda alert: None), (["--runbooks", where], lambda alert: f"{where}#{alert.lower()}")):
        printed = rules(stage, "alerts", *EXAMPLE, "--owner", "prometheus", "--format", "json", *arguments).stdout
        found = {rule["alert"]: rule["annotations"].get("runbook_url")
                 for group in json.loads(printed)["groups"] for rule in group["rules"]}
        check.equal(f"alerts point to {arguments or 'nothing'}", found, {alert: wanted(alert) for alert in ALERTS})


# --- each alert: fires, holds, resolves ---

BEGIN, END = 30, 130  # minutes between which it is bad


def gauge(normal, bad):
    return lambda minute: bad if BEGIN <= minute < END else normal


def counter(minute):
    return 5 + min(max(minute - BEGIN, 0), END - BEGIN)


def stopped(minute):
    """A time that stands still."""
    return 60 * (BEGIN if BEGIN <= minute < END else minute)


def window(span, team):
    return f'llm_spend_window_usd{{{JOB}, window="{span}", team="{team}", workflow_id="w"}}'


# The playbook's, with the selector that each needs.
PLAYBOOK = {
    "team:llm_spend_usd:rate1h": "sum by (team) (increase(litellm_spend_metric_total{J}[1h]))",
    "team:llm_budget_burn_ratio":
        "1 - (litellm_remaining_team_budget_metric{J} / litellm_team_max_budget_metric{J})",
    "model:llm_cost_per_1k_tokens:rate5m":
        "sum by (model) (rate(litellm_spend_metric_total{J}[5m])) / "
        "(sum by (model) (rate(litellm_total_tokens_metric_total{J}[5m])) / 1000)",
    "workflow:llm_spend_usd:rate24h": "sum by (workflow_id) (increase(litellm_spend_metric_total{J}[24h]))",
}


def check_playbook(check, stage):
    """Its expressions to the letter, but for the job; by both families under the same names."""
    printed = {}
    for litellm in ("true", "false"):
        text = rules(stage, "prometheus", *EXAMPLE, "--set", f"metrics.litellm_names={litellm}", "--format", "json").stdout
        printed[litellm] = {rule["record"]: rule["expr"] for rule in json.loads(text)["groups"][0]["rules"]}
    check.equal("in LiteLLM's names", printed["true"],
                {name: text.replace("{J}", f"{{{JOB}}}") for name, text in PLAYBOOK.items()})
    check.equal("the same rules in our own names", sorted(printed["false"]), sorted(PLAYBOOK))
    check.true("which are the better ones", "litellm" not in str(printed["false"]), printed["false"])


BUDGET = f'{JOB}, budget="team-month", policy="budgets", team="ml"'
BUDGET_LABELS = {"job": "spendwarden", "budget": "team-month", "policy": "budgets", "team": "ml"}
INSTANCE = {"job": "spendwarden"}
# Alert: severity, series, labels, minutes from the begin to firing, and from the end to silence.
ALERTS = {
    "SpendwardenDown": ("critical", {f"up{{{JOB}}}": gauge(1, 0)}, INSTANCE, 2, 0),
    "SpendwardenSourceSilent": (
        "warning", {f'spendwarden_source_last_event_timestamp_seconds{{{JOB}, source="litellm"}}': stopped},
        {"source": "litellm"}, 17, 0),
    "SpendwardenReloadFailed": (
        "warning", {f"spendwarden_config_last_reload_successful{{{JOB}}}": gauge(1, 0)}, INSTANCE, 1, 0),
    "SpendwardenPolicyErrors": (
        "warning", {f'spendwarden_policy_errors_total{{{JOB}, policy="p", rule="p.lua:3", reason="error"}}': counter},
        {"policy": "p", "rule": "p.lua:3", "reason": "error"}, 1, 10),
    "SpendwardenPolicyDisabled": (
        "critical", {f'spendwarden_policy_disabled{{{JOB}, policy="p"}}': gauge(0, 1)}, {"policy": "p"}, 0, 0),
    "LLMCaptureLow": (
        "warning", {f'llm_capture_ratio{{{JOB}, source="otlp", service="shop"}}': gauge(0.9, 0.89)},
        {"job": "spendwarden", "source": "otlp", "service": "shop"}, 1, 0),
    "SpendwardenTickStalled": ("critical", {f"spendwarden_tick_timestamp_seconds{{{JOB}}}": stopped}, INSTANCE, 7, 0),
    "SpendwardenLedgerNotWritable": (
        "critical", {f"spendwarden_ledger_writable{{{JOB}}}": gauge(1, 0)}, INSTANCE, 1, 0),
    "SpendwardenNotificationsFailing": (
        "warning", {f'spendwarden_notifications_failed_total{{{JOB}, receiver="am"}}': counter,
                    f'spendwarden_notifications_failed_total{{{JOB}, receiver="once"}}': gauge(0, 1)},
        {"receiver": "am"}, 6, 4),
    "SpendwardenNotificationsDropped": (
        "critical", {f'spendwarden_notifications_dropped_total{{{JOB}, receiver="am"}}': counter},
        {"receiver": "am"}, 1, 10),
    "SpendwardenAlertsRefused": (
        "warning", {f"spendwarden_alerts_refused_total{{{JOB}}}": counter}, INSTANCE, 1, 10),
    "SpendwardenSeriesOverflow": (
        "warning", {f'spendwarden_metric_overflow_events_total{{{JOB}, set="spend"}}': counter},
        {"set": "spend"}, 1, 60),
    "LLMModelUnpriced": (
        "info", {f'llm_unpriced_requests_total{{{JOB}, ai_system="openai", requested_model="new", reason="unpriced"}}': counter},
        {"ai_system": "openai", "requested_model": "new", "reason": "unpriced"}, 1, 60),
    "LLMTeamBudgetNearExhaustion": (
        "warning", {f"llm_budget_burn_ratio{{{BUDGET}}}": gauge(0.8, 0.81)}, BUDGET_LABELS, 5, 0),
    "LLMTeamBudgetExceeded": (
        "critical", {f"llm_budget_remaining_usd{{{BUDGET}}}": gauge(0.01, 0)}, BUDGET_LABELS, 1, 0),
    "LLMTeamBudgetForecastExceeded": (
        "info", {f"llm_budget_forecast_usd{{{BUDGET}}}": gauge(100, 101),
                 f"llm_budget_limit_usd{{{BUDGET}}}": gauge(100, 100)}, BUDGET_LABELS, 60, 0),
    # 24 dollars in a day are 1 an hour: 3 are usual enough, 3.1 are not.
    "LLMCostSpike": (
        "critical", {window("1h", "ml"): gauge(3, 3.1), window("24h", "ml"): gauge(24, 24),
                     window("7d", "ml"): gauge(100, 100),
                     **{window(span, "cheap"): gauge(0, 0.9) for span in ("1h", "24h", "7d")},
                     **{window(span, "new"): gauge(0, 9) for span in ("1h", "24h", "7d")}}, {"team": "ml"}, 10, 0),
    "LLMAttributionCoverageLow": (
        "warning", {f'llm_attribution_coverage_ratio{{{JOB}, label="team", window="1h"}}': gauge(0.95, 0.94),
                    window("1h", "ml"): gauge(2, 2),
                    f'llm_attribution_coverage_ratio{{{JOB}, instance="idle", label="team", window="1h"}}': gauge(0, 0),
                    f'llm_spend_window_usd{{{JOB}, instance="idle", window="1h", team="ml"}}': gauge(0.9, 0.9)},
        {"job": "spendwarden", "label": "team", "window": "1h"}, 10, 0),
}

# A webhook's bodies wait until it is back: nothing failed yet.
WAITING = ("warning", {f'spendwarden_notifications_queue_length{{{JOB}, receiver="hook"}}': gauge(0, 3)},
           {"receiver": "hook"}, 9, 0)

REMAINING, LIMIT = (f'litellm_{name}{{{JOB}, team="ml", team_alias="None"}}'
                    for name in ("remaining_team_budget_metric", "team_max_budget_metric"))
TEAM_LABELS = {"job": "spendwarden", "team": "ml", "team_alias": "None", "limit": "gateway"}
LITELLM_ALERTS = {
    "LLMTeamBudgetNearExhaustion": (
        "warning", {REMAINING: gauge(20, 19), LIMIT: gauge(100, 100)}, TEAM_LABELS, 5, 0),
    "LLMTeamBudgetExceeded": (
        "critical", {REMAINING: gauge(0.01, 0)}, TEAM_LABELS, 1, 0),
}


def label_text(labels):
    return ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()))


def case(alert, severity, series, labels, hold, lingers):
    """Series of what is wrong during a time, and what fires when."""
    firing = f'ALERTS{{alertname="{alert}", alertstate="firing"}}'
    all_labels = {**labels, "alertname": alert, "severity": severity, "alertstate": "firing"}
    sample = {"labels": f"ALERTS{{{label_text(all_labels)}}}", "value": 1}
    moments = [("healthy", BEGIN - 1, []), ("fires", BEGIN + hold, [sample]),
               ("goes on", END - 1, [sample]), ("resolves", END + lingers + 1, [])]
    if hold:
        moments.append(("holds", BEGIN + hold - 1, []))
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": " ".join(
            f"{value(minute):g}" for minute in range(END + lingers + 5))}
            for name, value in series.items()],
        "promql_expr_test": [{"expr": firing, "eval_time": f"{minute}m", "exp_samples": samples}
                             for _, minute, samples in moments],
    }


def promtool_test(stage, rules_file, test):
    return promtool("test", "rules", stage.file("test.json", json.dumps(
        {"rule_files": [rules_file], "evaluation_interval": "1m", "tests": [test]})))


def check_alerts(check, stage):
    printed = rules(stage, "alerts", *EXAMPLE, "--owner", "prometheus").stdout
    rules_file = stage.file("alerts.yaml", printed)
    declared = sorted(line.split(": ")[1] for line in printed.splitlines() if "- alert: " in line)
    check.equal("each alert has a test", declared, sorted(ALERTS))
    for alert, its in ALERTS.items():
        code, said = promtool_test(stage, rules_file, case(alert, *its))
        check.true(f"{alert} fires, holds and resolves", code == 0 and "SUCCESS" in said, said)
    code, said = promtool_test(stage, rules_file, case("SpendwardenNotificationsFailing", *WAITING))
    check.true("SpendwardenNotificationsFailing fires for what waits", code == 0 and "SUCCESS" in said, said)
    broken = case("LLMTeamBudgetExceeded", *ALERTS["LLMTeamBudgetExceeded"])
    broken["promql_expr_test"][1]["exp_samples"] = []
    check.true("a wrong expectation is seen", promtool_test(stage, rules_file, broken)[0] != 0)
    rules_file = stage.file("litellm.yaml", rules(
        stage, "alerts", *CONFIGURATIONS["LiteLLM's names and no budget"], "--owner", "prometheus").stdout)
    for alert, its in LITELLM_ALERTS.items():
        code, said = promtool_test(stage, rules_file, case(alert, *its))
        check.true(f"{alert} of the gateway's budgets, too", code == 0 and "SUCCESS" in said, said)


def check_text(check, stage):
    """Annotations, once in full."""
    rules_file = stage.file("alerts.yaml", rules(stage, "alerts", *EXAMPLE, "--owner", "prometheus").stdout)
    code, said = promtool_test(stage, rules_file, {
        "interval": "1m",
        "input_series": [{"series": f"llm_budget_remaining_usd{{{BUDGET}}}", "values": "-1.256x10"}],
        "alert_rule_test": [{"eval_time": "5m", "alertname": "LLMTeamBudgetExceeded", "exp_alerts": [{
            "exp_labels": {**BUDGET_LABELS, "severity": "critical"},
            "exp_annotations": {
                "summary": "Budget team-month of team ml is used up.",
                "description": "-1.26 USD are left. Raise it, or stop what spends."}}]}]})
    check.true("annotations name the budget and its group", code == 0, said)
    check_unpriced_text(check, stage, rules_file)


UNPRICED = {
    "unpriced": ("new has no price.", "An overlay of the price book ends that."),
    "model_missing": ("Requests to openai name no model, and so have no price.", None),
    "usage_missing": ("Requests to new tell no tokens, and so have no price.", None),
    "invalid_usage": ("The tokens of requests to new do not add up, and so have no price.", None),
}
SENDER = "What sends these events has to say the model and all tokens; /api/v1/requests has them."


def check_unpriced_text(check, stage, rules_file):
    """By its reason, and in whole requests: increase() makes 3.2 of 3."""
    for reason, (summary, advice) in UNPRICED.items():
        labels = {"ai_system": "openai", "requested_model": "new", "reason": reason}
        code, said = promtool_test(stage, rules_file, {
            "interval": "1m",
            "input_series": [{"series": f"llm_unpriced_requests_total{{{JOB}, {label_text(labels)}}}",
                              "values": "0 0 1 2 3x7"}],
            "alert_rule_test": [{"eval_time": "10m", "alertname": "LLMModelUnpriced", "exp_alerts": [{
                "exp_labels": {**labels, "severity": "info"},
                "exp_annotations": {
                    "summary": summary,
                    "description": f"About 3 requests within an hour count as 0 USD. {advice or SENDER}"}}]}]})
        check.true(f"LLMModelUnpriced says what ends {reason}", code == 0, said)


def run(check, stage, build):
    PROMTOOLS.append(tool(build, "promtool"))
    parse = parser(Prometheus(stage, "parser", {}, binary=tool(build, "prometheus")).start())
    check_without_job(check, parse)
    check_outputs(check, stage, parse)
    check_choices(check, stage)
    check_full_disk(check, stage)
    check_playbook(check, stage)
    check_examples(check, stage)
    check_mixin(check, stage)
    check_runbooks(check, stage)
    check_alerts(check, stage)
    check_text(check, stage)


if __name__ == "__main__":
    main(run)
