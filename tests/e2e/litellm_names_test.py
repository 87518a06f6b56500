"""LiteLLM's own /metrics beside ours after the same traffic, series by series.

usage: litellm_names_test.py BINARY BUILD_DIR (keeps LiteLLM in BUILD_DIR/litellm-venv)
"""
import os
import re
import time
from decimal import Decimal

from harness import ROOT, Catcher, Metrics, main, read, replace, request, until
from litellm_test import CASES, FAILURES, ask, events_of, identity, start_proxy
from packages import venv

OURS = {"tenant", "workflow_id", "retry_depth"}

# What successes feed: every series has the same labels and the same value.
SAME = ["litellm_spend_metric_total", "litellm_requests_metric_total",
        "litellm_total_tokens_metric_total", "litellm_input_tokens_metric_total",
        "litellm_output_tokens_metric_total", "litellm_input_cached_tokens_metric_total",
        "litellm_input_cache_creation_tokens_metric_total",
        "litellm_output_reasoning_tokens_metric_total",
        "litellm_deployment_success_responses_total",
        "litellm_request_total_latency_metric_count",
        "litellm_llm_api_time_to_first_token_metric_count"]
# Failures feed these, too. An event does not say that a retry or a fallback saved the
# request, which LiteLLM's two of the proxy know.
FAILED = ["litellm_llm_api_failed_requests_metric_total",
          "litellm_deployment_failure_responses_total", "litellm_deployment_total_requests_total"]
OF_PROXY = ["litellm_proxy_failed_requests_metric_total",
            "litellm_proxy_total_requests_metric_total"]
SAVED = {"chat-flaky", "chat-primary"}

# Whom LiteLLM does not know is hidden otherwise: `other`, None, or not at all.
STRANGE = {"other", "__other__", "no-such-model"}


def start_engine(stage, admin, ingest):
    budgets = stage.file("budgets.yaml", "team-support: 20\n")
    engine = stage.engine("names", "", token=admin, ingest_token=ingest)
    config = replace(read("examples", "litellm", "names.yaml"), {
        "127.0.0.1:9464": f"127.0.0.1:{engine.port}",
        "path: spendwarden.db": f"path: {engine.ledger}",
        "    - ../../policies/spend-class\n": "    - ../../policies/spend-class\n"
        f"    - ../../policies/budgets\n  data: {{ budgets: {budgets} }}\nrules: {{ tick: 1s }}\n",
        "tokens/": os.path.join(stage.folder, "tokens", "")})
    engine.configure(replace(config, {"../../policies": os.path.join(ROOT, "policies")}))
    return engine.start()


def traffic(check, stage, engine, programs, token):
    """Each case once, with a user agent of its own; LiteLLM's metrics once all has arrived."""
    tee = stage.keep(Catcher(forward_to=engine.port))
    port, mock = start_proxy(stage, programs, {"json_array": tee}, token, prometheus=True)
    for name, key, path, model, more, headers, status in CASES:
        headers = {**headers, "User-Agent": "e2e/1"}
        check.equal(f"client: {name}",
                    ask(port, (name, key, path, model, more, headers, status)), status)
    wanted = len(request(mock, "GET", "/served").json) + FAILURES

    def unique():
        return len({identity(e) for body in tee.taken() for e in events_of(body)})
    until(lambda: unique() >= wanted)
    time.sleep(2.5)  # repeats of the last flush, and two ticks
    check.equal("LiteLLM sent every event", unique(), wanted)
    return Metrics(request(port, "GET", "/metrics/").text)


def types(metrics):
    return dict(re.findall(r"^# TYPE (litellm_\S+) (\S+)$", metrics.text, re.M))


def labels_of(metrics, family):
    return {frozenset(labels) for labels, _ in metrics.select(family)}


def rows(metrics, family):
    """Value by LiteLLM's labels; a missing value is None in both."""
    sums = {}
    for labels, value in metrics.select(family):
        key = frozenset((k, v or "None") for k, v in labels.items() if k not in OURS)
        sums[key] = sums.get(key, 0) + value
    return sums


def differences(theirs, ours):
    return [(theirs.get(key), ours.get(key), dict(key)) for key in theirs.keys() | ours.keys()
            if abs(theirs.get(key, Decimal(0)) - ours.get(key, Decimal(0))) > Decimal("1e-12")]


def known(found):
    return {key: value for key, value in found.items()
            if not STRANGE & {v for _, v in key} and ("status_code", "401") not in key
            and ("exception_status", "401") not in key}


def check_names(check, theirs, ours):
    declared, shown = types(theirs), types(ours)
    check.true("each of our families is one of LiteLLM's, of the same type",
               len(shown) == 18 + 12 and all(declared.get(n) == t for n, t in shown.items()),
               [n for n, t in shown.items() if declared.get(n) != t])
    for family in SAME + FAILED + OF_PROXY:
        want, got = labels_of(theirs, family), labels_of(ours, family)
        extra = OURS if "deployment" not in family else set()
        check.equal(f"labels of {family}", got, {labels | extra for labels in want})


def check_values(check, theirs, ours):
    for family in SAME:
        have = rows(theirs, family)
        check.true(f"{family}: all series agree ({len(have)})",
                   have and not differences(have, rows(ours, family)),
                   differences(have, rows(ours, family)))
    for family in FAILED:
        have, got = known(rows(theirs, family)), known(rows(ours, family))
        check.true(f"{family}: all series agree ({len(have)})",
                   have and not differences(have, got), differences(have, got))
    for family in OF_PROXY:
        have, got = known(rows(theirs, family)), known(rows(ours, family))
        odd = differences(have, got)
        check.true(f"{family}: but for attempts that were saved all series agree",
                   have and {d["requested_model"] for _, _, d in odd} == SAVED
                   and all(not a and b == 1 for a, b, _ in odd), odd)
    check.equal("a stranger's names are in no series", [
        line for line in ours.text.split("\n")
        if line.startswith("litellm") and "no-such-model" in line], [])


def check_sums(check, engine, ours):
    check.equal("spend is llm_spend_usd_total, to the nano-dollar",
                ours.nano("litellm_spend_metric_total"), ours.nano("llm_spend_usd_total"))
    check.equal("and the ledger's", ours.nano("litellm_spend_metric_total"),
                engine.rows("SELECT sum(charge_nanousd) FROM requests")[0][0])
    check.true("workflow_id and tenant are there beside LiteLLM's labels", ours.sum(
        "litellm_spend_metric_total", workflow_id="invoice-ocr", tenant="tenant-a") > 0)
    check.equal("end users are not told apart",
                set(ours.by("litellm_spend_metric_total", "end_user")), {"None"})


def check_budgets(check, theirs, ours):
    for family, label, who in (("litellm_remaining_team_budget_metric", "team", "team-search"),
                               ("litellm_team_max_budget_metric", "team", "team-search"),
                               ("litellm_remaining_api_key_budget_metric", "api_key_alias",
                                "alpha-key"),
                               ("litellm_api_key_max_budget_metric", "api_key_alias", "alpha-key")):
        check.equal(f"{family} of the gateway", ours.select(family, **{label: who}),
                    theirs.select(family, **{label: who}))
    spent = ours.sum("llm_spend_usd_total", team="team-support")
    team = {"team": "team-support", "team_alias": "Support"}
    check.equal("a policy's budget: remaining",
                ours.select("litellm_remaining_team_budget_metric", team="team-support"),
                [(team, 20 - spent)])
    check.equal("a policy's budget: maximum",
                ours.select("litellm_team_max_budget_metric", team="team-support"), [(team, 20)])
    hours = ours.one("litellm_team_budget_remaining_hours_metric", team="team-support")
    check.true("a policy's budget: hours until the month ends", 0 < (hours or 0) <= 31 * 24, hours)
    check.equal("no budget is no series, where LiteLLM shows +Inf",
                (ours.select("litellm_remaining_user_budget_metric"),
                 len(theirs.select("litellm_remaining_user_budget_metric", user="user-bob"))),
                ([], 1))


def run(check, stage, build):
    programs, ingest, admin = venv(build, "litellm"), stage.token("litellm"), stage.token("operator")
    stage.token("prometheus")
    engine = start_engine(stage, admin, ingest)
    theirs = traffic(check, stage, engine, programs, ingest)
    ours = engine.metrics()
    check_names(check, theirs, ours)
    check_values(check, theirs, ours)
    check_sums(check, engine, ours)
    check_budgets(check, theirs, ours)
    verified = engine.verify()
    check.equal("ledger verify is clean", (verified.returncode, verified.stderr), (0, ""))
    before = rows(ours, "litellm_spend_metric_total")
    engine.end()
    engine.start()
    check.equal("after a restart they are the same",
                rows(engine.metrics(), "litellm_spend_metric_total"), before)
    check.equal("and so are the gateway's budgets", engine.metrics().select(
        "litellm_team_max_budget_metric", team="team-search"), [
            ({"team": "team-search", "team_alias": "Search"}, 500)])


if __name__ == "__main__":
    main(run)
