"""The real LiteLLM proxy, its callback in all three formats, against a provider with exact usage.

usage: litellm_test.py BINARY BUILD_DIR (keeps LiteLLM in BUILD_DIR/litellm-venv)
"""
import concurrent.futures
import json
import os
import shutil
import time

from harness import Catcher, Process, free_port, main, read, replace, request, until
from packages import venv
from provider import cost_nano, served_by, start_provider, tokens

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "litellm")
FORMATS = ("json_array", "ndjson", "single")
ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "True", "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True", "LITELLM_DONT_SHOW_FEEDBACK_BOX": "true",
    "DISABLE_ADMIN_UI": "true", "NO_PROXY": "127.0.0.1", "DEFAULT_BATCH_SIZE": "1",
    "DEFAULT_FLUSH_INTERVAL_SECONDS": "1",
    "LITELLM_MASTER_KEY": "sk-test-6f1d0c3b9a7e4d52b8c1f0e39d7a4c66"}

CHAT, EMBED, MESSAGES = "/v1/chat/completions", "/v1/embeddings", "/v1/messages"
TEAMS = {"sk-alpha": "team-search", "sk-beta": "team-support"}
TENANTS = {"sk-alpha": "tenant-a", "sk-beta": "tenant-b"}
STREAM = {"stream": True}
SPEND_LOGS = {"x-litellm-spend-logs-metadata":
              '{"workflow_id": "wf-42", "tenant_id": "not-theirs-to-say", "retry_depth": 1}'}
TAGS = {"x-litellm-tags": "workflow:invoice-ocr,env:prod"}
# name, key, path, model, more of the body, headers, the status that the client sees
CASES = [
    ("plain", "sk-alpha", CHAT, "chat-fast", {}, {}, 200),
    ("stream", "sk-beta", CHAT, "chat-fast", STREAM, {}, 200),
    ("cached", "sk-alpha", CHAT, "chat-cached", {}, TAGS, 200),
    ("cached-stream", "sk-beta", CHAT, "chat-cached", STREAM, {}, 200),
    ("reason", "sk-alpha", CHAT, "chat-reason", {}, SPEND_LOGS, 200),
    ("write", "sk-beta", CHAT, "claude-write", {"max_tokens": 99}, {}, 200),
    ("write-stream", "sk-beta", CHAT, "claude-write", {"max_tokens": 99, **STREAM}, {}, 200),
    ("messages", "sk-beta", MESSAGES, "claude-write", {"max_tokens": 99}, {}, 200),
    ("messages-stream", "sk-beta", MESSAGES, "claude-write", {"max_tokens": 99, **STREAM}, {}, 200),
    ("embed", "sk-alpha", EMBED, "embed-small", {}, {}, 200),
    ("flaky", "sk-alpha", CHAT, "chat-flaky", {}, {}, 200),
    ("fallback", "sk-beta", CHAT, "chat-primary", {}, {}, 200),
    ("unpriced", "sk-alpha", CHAT, "chat-unpriced", {}, {}, 200),
    ("limited", "sk-alpha", CHAT, "chat-429", {}, {}, 429),
    ("unknown", "sk-alpha", CHAT, "no-such-model", {}, {}, 400),
    ("wrong", "sk-wrong", CHAT, "chat-fast", {}, {}, 401)]
PARALLEL = [(f"parallel-{i}", list(TEAMS)[i % 2], CHAT, "chat-fast", {}, {}, 200)
            for i in range(24)]
KEYS = {case[0]: case[1] for case in CASES + PARALLEL}
FAILURES = 5  # flaky, fallback, limited, unknown, wrong: one each


def start_engine(stage, log_format, admin, ingest):
    engine = stage.engine(log_format, "", token=admin, ingest_token=ingest)
    engine.configure(replace(read("examples", "litellm", "spendwarden.yaml"), {
        "127.0.0.1:9464": f"127.0.0.1:{engine.port}",
        "path: spendwarden.db": f"path: {engine.ledger}",
        "../../policies": os.path.join(os.path.dirname(os.path.dirname(HERE)), "..", "policies"),
        "tokens/": os.path.join(stage.folder, "tokens", "")}) + "rules: { tick: 1s }\n")
    return engine.start()


def callbacks(tees):
    """The example's callback, once per format."""
    head, block = read("examples", "litellm", "config.yaml").split("callback_settings:\n")
    names = ", ".join(f'"{f}"' for f in tees)
    blocks = [replace(block, {"  spendwarden:": f"  {f}:", "log_format: json_array":
                              f"log_format: {f}", "127.0.0.1:9464": f"127.0.0.1:{tee.port}"})
              for f, tee in tees.items()]
    return replace(head, {'"spendwarden"': names}) + "callback_settings:\n" + "\n".join(blocks)


def start_proxy(stage, programs, tees, token, prometheus=False, otel=None):
    """`otel`: the environment of LiteLLM's callback of that name, which is one more then."""
    mock, port = start_provider(stage, programs), free_port()
    config = replace(read(HERE, "proxy.yaml"), {"MOCK": f"127.0.0.1:{mock}"}) + callbacks(tees)
    if prometheus:
        config = replace(config, {"  callbacks: [": "  require_auth_for_metrics_endpoint: false\n"
                                  "  callbacks: [\"prometheus\", "})
    if otel:
        config = replace(config, {"  callbacks: [": "  callbacks: [\"otel\", "})
    path = stage.file(f"proxy-{port}/config.yaml", config)
    shutil.copy(os.path.join(HERE, "custom_auth.py"), os.path.dirname(path))
    proxy = stage.keep(Process(
        [os.path.join(programs, "litellm"), "--config", path, "--host", "127.0.0.1", "--port",
         str(port)], os.path.join(stage.folder, f"proxy-{port}.log"),
        {**ENVIRONMENT, "SPENDWARDEN_AUTHORIZATION": f"Bearer {token}", **(otel or {})}))
    proxy.launch()
    proxy.wait_ready(port, "/health/liveliness", 300)
    return port, mock


def ask(port, case):
    name, key, path, model, more, headers, _ = case
    body = {"model": model, **more}
    if path == EMBED:
        body["input"] = [f"sentinel prompt {name}", "another"]
    else:
        body["messages"] = [{"role": "user", "content": f"sentinel prompt {name}"}]
    return request(port, "POST", path, json.dumps(body), {
        "Authorization": f"Bearer {key}", "Content-Type": "application/json",
        "x-litellm-call-id": f"call-{name}", **headers}).status


def events_of(body):
    text = body.decode()
    return json.loads(text) if text[0] == "[" else [json.loads(t) for t in text.split("\n")]


def identity(e):
    return tuple(e.get(k) for k in ("litellm_call_id", "id", "status", "startTime", "model_id",
                                    "call_type")) + (e["metadata"]["user_api_key_hash"],)


def expected(served):
    """What the provider billed, by case, team and in all."""
    truth = {"case": {}, "team": {}, "tenant": {}, "type": dict.fromkeys(
        ("input", "output", "cache_read", "cache_write", "reasoning"), 0)}
    for answered in served:
        name = answered["prompt"].rsplit(" ", 1)[1]
        nano, key = cost_nano(answered), KEYS[name]
        truth["case"][name] = nano
        for label, of in (("team", TEAMS), ("tenant", TENANTS)):
            truth[label][of[key]] = truth[label].get(of[key], 0) + nano
        for unit, count in tokens(answered).items():
            truth["type"][unit] += count
    return truth


def check_counters(check, name, engine, truth, successes):
    metrics, total = engine.metrics(), sum(truth["case"].values())
    for label in ("team", "tenant"):
        got = {k: int(v * 10**9) for k, v in metrics.by("llm_spend_usd_total", label).items()}
        check.equal(f"{name}: spend by {label} is the provider's, to the nano-dollar", got,
                    truth[label])
    for unit, wanted in truth["type"].items():
        family = "tokens" if unit in ("input", "output") else "token_details"
        check.equal(f"{name}: {unit} tokens", int(metrics.sum(f"llm_{family}_total", type=unit)),
                    wanted)
    check.equal(f"{name}: requests by status",
                {k: int(v) for k, v in metrics.by("llm_requests_total", "status").items()},
                {"success": successes, "failure": FAILURES})
    check.equal(f"{name}: the model without a price is counted",
                metrics.by("llm_unpriced_requests_total", "requested_model"), {"chat-unpriced": 1})
    check.equal(f"{name}: computed costs agree with reported ones",
                metrics.nano("llm_computed_cost_usd_total"), total)
    check.equal(f"{name}: spend of retries", metrics.nano("llm_retry_spend_usd_total"),
                truth["case"]["reason"])
    known = truth["case"]["reason"] + truth["case"]["cached"]
    for label, wanted in (("team", total), ("tenant", total), ("workflow_id", known)):
        check.equal(f"{name}: spend with {label}",
                    metrics.nano("llm_attributed_spend_usd_total", label=label), wanted)
        check.equal(f"{name}: spend without {label}",
                    metrics.nano("llm_unattributed_spend_usd_total", label=label), total - wanted)
    ratio = metrics.one("llm_attribution_coverage_ratio", label="workflow_id", window="1h")
    check.true(f"{name}: coverage of workflow_id", abs(float(ratio or 0) - known / total) < 1e-6,
               ratio)
    check.equal(f"{name}: spend of which a policy derived the workflow", metrics.nano(
        "llm_derived_spend_usd_total", label="workflow_id", policy="attribution"),
        truth["case"]["cached"])
    check.true(f"{name}: a stranger's model makes no series", "no-such-model" not in metrics.text)


def check_ledger(check, name, engine, truth, successes):
    check.equal(f"{name}: one row per event", engine.rows(
        "SELECT status, count(*), count(DISTINCT id || status) FROM requests GROUP BY 1 ORDER BY 1"),
        [("failure", FAILURES, FAILURES), ("success", successes, successes)])
    booked = dict(engine.rows("SELECT substr(call_id, 6), charge_nanousd FROM requests "
                              "WHERE status = 'success'"))
    check.equal(f"{name}: each row's charge is the provider's", booked, truth["case"])
    kept = b"".join(open(os.path.join(engine.folder, f), "rb").read()
                    for f in os.listdir(engine.folder))
    check.true(f"{name}: no prompt and no completion is on disk", b"sentinel" not in kept)


def check_duplicates(check, name, engine, tee, unique):
    bodies = tee.taken()
    sent = sum(len(events_of(b)) for b in bodies)
    got = engine.metrics().by("spendwarden_events_total", "outcome")
    print(f"      {name}: {len(bodies)} bodies with {sent} events, {unique} of them unique")
    check.equal(f"{name}: events booked and events that LiteLLM repeated",
                (int(got.get("accepted", 0)), int(got.get("duplicate", 0))),
                (unique, sent - unique))
    check_again(check, name, engine, bodies, sent)


def check_again(check, name, engine, bodies, sent):
    def business():
        return sorted(line for line in engine.metrics().text.split("\n")
                      if line.startswith("llm_"))
    before, rows = business(), engine.rows("SELECT count(*), sum(charge_nanousd) FROM requests")
    answers = [engine.post("litellm", body).json for body in bodies]
    check.equal(f"{name}: the same bodies again are duplicates",
                (sum(a["accepted"] for a in answers), sum(a["duplicate"] for a in answers)),
                (0, sent))
    everything = [e for body in bodies for e in events_of(body)]
    joined = json.dumps(everything) if name == "json_array" else "\n".join(map(json.dumps, everything))
    check.equal(f"{name}: and so they are in one body", engine.post("litellm", joined).json[
        "duplicate"], sent)
    check.equal(f"{name}: which changes no counter of the business", business(), before)
    check.equal(f"{name}: and no row", engine.rows(
        "SELECT count(*), sum(charge_nanousd) FROM requests"), rows)
    verified = engine.verify()
    check.equal(f"{name}: ledger verify is clean", (verified.returncode, verified.stderr), (0, ""))


def check_explain(check, engine, stage, bodies):
    unique = list({identity(e): e for body in bodies for e in events_of(body)}.values())
    path = stage.file("events.json", json.dumps(unique))
    told = engine.run("explain", "--source", "litellm", "--format", "json", "--config",
                      engine.path, path)
    lines = [json.loads(line) for line in told.stdout.split("\n") if line]
    check.equal("explain prints one object per event", (told.returncode, len(lines)),
                (0, len(unique)))
    named = {e["call_id"]: e for e in lines if e["status"] == "success"}

    def label(case, name):
        e = named[f"call-{case}"]
        origin = e["provenance"].get(name, {})
        return e.get(name), origin.get("field") or (origin.get("policy"), origin.get("reason"))

    check.equal("team comes from the key", label("plain", "team"),
                ("team-search", "metadata.user_api_key_team_id"))
    check.equal("tenant comes from the key's metadata, not from the caller",
                label("reason", "tenant"),
                ("tenant-a", "metadata.user_api_key_auth_metadata.tenant_id"))
    check.equal("workflow_id comes from the spend-logs header", label("reason", "workflow_id"),
                ("wf-42", "metadata.spend_logs_metadata.workflow_id"))
    check.equal("retry_depth, too", label("reason", "retry_depth"),
                (1, "metadata.spend_logs_metadata.retry_depth"))
    check.equal("workflow_id of a tag comes from the policy", label("cached", "workflow_id"),
                ("invoice-ocr", ("attribution", "tag")))
    check.equal("and so does the class", label("cached", "class"), ("prod", ("spend-class", "tag")))
    check.equal("a cache write has its components", {
        k: c["quantity"] for k, c in named["call-write"]["price"]["components"].items()},
        {"input_tokens": 21, "cache_read_tokens": 1500, "cache_write_tokens": 2000,
         "cache_write_1h_tokens": 1000, "output_tokens": 88})


def run(check, stage, build):
    programs, ingest, admin = venv(build, "litellm"), stage.token("litellm"), stage.token("operator")
    stage.token("prometheus")
    engines = {f: start_engine(stage, f, admin, ingest) for f in FORMATS}
    tees = {f: stage.keep(Catcher(forward_to=engines[f].port)) for f in FORMATS}
    port, mock = start_proxy(stage, programs, tees, ingest)

    for case in CASES:
        check.equal(f"client: {case[0]}", ask(port, case), case[-1])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda case: ask(port, case), PARALLEL))
    check.equal("client: 24 requests at a time", set(statuses), {200})
    served = served_by(mock)
    truth, successes = expected(served), len(served)
    check.equal("the provider answered every case", successes, len(CASES) - 3 + len(PARALLEL))

    def unique(tee):
        return len({identity(e) for body in tee.taken() for e in events_of(body)})
    for name, tee in tees.items():
        until(lambda: unique(tee) >= successes + FAILURES)
    time.sleep(2.5)  # repeats of the last flush
    for name, engine in engines.items():
        check.equal(f"{name}: LiteLLM sent every event", unique(tees[name]), successes + FAILURES)
        check_counters(check, name, engine, truth, successes)
        check_ledger(check, name, engine, truth, successes)
        check_duplicates(check, name, engine, tees[name], successes + FAILURES)
    check_explain(check, engines["json_array"], stage, tees["json_array"].taken())


if __name__ == "__main__":
    main(run)
