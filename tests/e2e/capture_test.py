"""A service that samples its spans: the capture ratio of its metrics says so, and an alert does, while a service
that sends all of its spans has none. By the real OpenTelemetry SDK.

usage: capture_test.py BINARY BUILD_DIR (keeps the SDK in BUILD_DIR/otel-venv)
"""
import json
import os
import subprocess
import time
from datetime import datetime

from harness import ROOT, Catcher, main, until
from packages import venv
from provider import start_provider

RATIO, SAMPLED, WHOLE = "llm_capture_ratio", "answers", "search"
QUESTIONS = 1000
# What the provider of this scenario says of each: 120 tokens of input, 45 of output.
TOKENS = 165


def config(catcher, **rules):
    return {"policies": {"paths": []}, "rules": {"tick": "1s", **rules},
            "alerts": {"webhooks": [{"name": "catch", "url": f"http://127.0.0.1:{catcher.port}/"}]}}


def ask(programs, engine, provider, service, share, questions):
    """The number of spans that were kept."""
    ran = subprocess.run(
        [os.path.join(programs, "python"), os.path.join(ROOT, "tests", "e2e", "otel", "sampled.py"), str(share),
         str(questions)],
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{engine.port}",
             "OTEL_SERVICE_NAME": service, "OPENAI_API_KEY": "sk-none", "NO_PROXY": "127.0.0.1",
             "OPENAI_BASE_URL": f"http://127.0.0.1:{provider}/plain/v1"},
        capture_output=True, text=True, timeout=300, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"FAIL  sampled.py: {ran.stderr[-3000:]}")
    return int(ran.stdout)


def ratio(engine, service):
    value = engine.metrics().one(RATIO, source="otlp", service=service)
    return None if value is None else float(value)


def points(engine, outcome):
    return int(engine.metrics().sum("spendwarden_metric_points_total", outcome=outcome))


def told(catcher):
    """By alert and service, the newest status of each."""
    return {(alert["labels"]["alertname"], alert["labels"].get("service")): alert
            for body in catcher.taken() for alert in json.loads(body)["alerts"]}


def alerts_of(engine):
    return [(a["labels"].get("service"), a["state"], a["startsAt"]) for a in engine.api("alerts")
            if a["labels"]["alertname"] == "LLMCaptureLow"]


def run(check, stage, build):
    programs = venv(build, "otel")
    catcher = stage.keep(Catcher())
    engine, provider = stage.engine("engine", config(catcher)).start(), start_provider(stage, programs)
    kept = ask(programs, engine, provider, SAMPLED, 0.1, QUESTIONS)
    sent = ask(programs, engine, provider, WHOLE, 1, 50)
    check.equal("all that was not sampled away is booked", until(lambda: engine.rows(
        "SELECT project, count(*), sum(input_tokens + output_tokens) FROM requests GROUP BY 1 ORDER BY 1") == [
            (SAMPLED, kept, kept * TOKENS), (WHOLE, sent, sent * TOKENS)]), True)
    found = until(lambda: ratio(engine, SAMPLED))
    seen = time.time()
    check.true("the sampled service's ratio is between 0.08 and 0.12", found and 0.08 < found < 0.12, found)
    check.true(f"and is the share that was kept, {kept} of {QUESTIONS}",
               until(lambda: abs(ratio(engine, SAMPLED) - kept / QUESTIONS) < 0.01), ratio(engine, SAMPLED))
    check.true("the other's is 1", until(lambda: abs(ratio(engine, WHOLE) - 1) < 0.02), ratio(engine, WHOLE))
    check.true("data points were taken, and none was too many",
               points(engine, "accepted") > 0 and points(engine, "overflow") == 0)

    alert = until(lambda: told(catcher).get(("LLMCaptureLow", SAMPLED)), seconds=240)
    check.true("an alert fires", alert and alert["status"] == "firing", alert)
    check.equal("with its service", alert["labels"], {
        "alertname": "LLMCaptureLow", "source": "otlp", "service": SAMPLED, "severity": "warning"})
    check.equal("that says how much is seen", alert["annotations"]["summary"],
                f"Only {kept / QUESTIONS:.2f} of the tokens that {SAMPLED} uses are booked")
    starts = datetime.fromisoformat(alert["startsAt"].replace("Z", "+00:00")).timestamp()
    check.true("by the engine's clock within two minutes", starts - seen < 120, starts - seen)
    fires = alerts_of(engine)
    check.equal("it alone", [(service, state) for service, state, _ in fires], [(SAMPLED, "firing")])

    engine.end()
    engine.start()
    check.true("after a restart there is no ratio", ratio(engine, SAMPLED) is None)
    until(lambda: engine.metrics().sum("spendwarden_tick_timestamp_seconds") > time.time() - 5)
    check.equal("until there is one again the alert stays", alerts_of(engine), fires)
    engine.configure(config(catcher, capture_below=0))
    engine.reload()
    check.true("unless it is switched off", until(lambda: told(catcher)["LLMCaptureLow", SAMPLED]["status"] == "resolved"))


if __name__ == "__main__":
    main(run)
