"""Each call once: servers that give few ids, batches that are asked after, gateways and SDKs
that report the same calls.

usage: once_test.py BINARY BUILD_DIR
"""
import json
import time
from decimal import Decimal

from harness import main, request

CALLS, IDS, BODY = 5000, 999, 500
NOW = time.time()
START = time.time_ns() - 10**10


def post(engine, source, events):
    return request(engine.port, "POST", f"/v1/ingest/{source}", json.dumps(events).encode()).json


def totals(answers):
    return tuple(sum(answer[what] for answer in answers) for what in ("accepted", "duplicate"))


def litellm(number, **more):
    return {"litellm_call_id": f"call-{number}", "id": f"chatcmpl-{number % IDS}", "status": "success",
            "call_type": "acompletion", "custom_llm_provider": "openai", "model": "gpt-4o-mini", "startTime": NOW + number * 0.01,
            "endTime": NOW + number * 0.01 + 0.5, "response_cost": 0.0001, "prompt_tokens": 10, "completion_tokens": 5, **more}


def span(number):
    start = int((NOW + number * 0.01) * 1e9)
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini",
                  "gen_ai.response.id": f"chatcmpl-{number % IDS}"}
    usage = {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5}
    return {"traceId": f"{number + 1:032x}", "spanId": f"{number + 1:016x}", "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(start + 400_000_000), "attributes": [
                *({"key": key, "value": {"stringValue": value}} for key, value in attributes.items()),
                *({"key": key, "value": {"intValue": value}} for key, value in usage.items())]}


def post_body(engine, body):
    answer = request(engine.port, "POST", "/v1/traces", json.dumps(body).encode(), {"Content-Type": "application/json"})
    assert (answer.status, answer.text) == (200, "{}"), answer.text


def post_spans(engine, spans):
    post_body(engine, {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "an.sdk"}, "spans": spans}]}]})


def outcomes(engine, source):
    metrics = engine.metrics()
    return tuple(int(metrics.sum("spendwarden_events_total", source=source, outcome=what)) for what in ("accepted", "duplicate"))


def check_few_ids(check, stage):
    engine = stage.engine("few", {"policies": {"paths": []}}).start()
    bodies = [[litellm(number) for number in range(start, start + BODY)] for start in range(0, CALLS, BODY)]
    check.equal("calls with ids out of 999 are all booked", totals([post(engine, "litellm", body) for body in bodies]), (CALLS, 0))
    check.equal("the same bodies again are all duplicates", totals([post(engine, "litellm", body) for body in bodies]), (0, CALLS))
    check.equal("and cost nothing more", engine.metrics().sum("llm_spend_usd_total"), Decimal("0.0001") * CALLS)


def check_few_ids_as_spans(check, stage):
    engine = stage.engine("spans", {"policies": {"paths": []}}).start()
    for wanted in ((CALLS, 0), (CALLS, CALLS)):
        for start in range(0, CALLS, BODY):
            post_spans(engine, [span(number) for number in range(start, start + BODY)])
        check.equal("so are spans with ids out of 999", outcomes(engine, "otlp"), wanted)


def check_gateway_and_sdk(check, stage):
    """500 calls within the ids: the SDK's span of each, and the gateway's callback."""
    for first in ("otlp", "litellm"):
        engine = stage.engine(f"both-{first}", {"policies": {"paths": []}}).start()
        steps = [lambda: post_spans(engine, [span(number) for number in range(BODY)]),
                 lambda: post(engine, "litellm", [litellm(number) for number in range(BODY)])]
        for step in steps if first == "otlp" else reversed(steps):
            step()
        metrics = engine.metrics()
        check.equal(f"with {first} first, each call is one request, and its tokens are counted once",
                    (metrics.sum("llm_requests_total"), metrics.sum("llm_tokens_total", type="input")), (BODY, 10 * BODY))
        check.equal(f"with {first} first, the other reports are duplicates",
                    (outcomes(engine, first), outcomes(engine, "litellm" if first == "otlp" else "otlp")), ((BODY, 0), (0, BODY)))


def batch(number, cost, key="a", call_type="aretrieve_batch", name="batch_1"):
    return litellm(number, id=name, call_type=call_type, response_cost=cost, prompt_tokens=1000 if cost else 0,
                   completion_tokens=200 if cost else 0, metadata={"user_api_key_hash": key * 64})


def check_batch(check, stage):
    engine = stage.engine("batch", {"policies": {"paths": []}}).start()
    polls = [batch(1, None, call_type="acreate_batch"), batch(2, 0.0), batch(3, None), batch(4, 0.0)]
    answers = [post(engine, "litellm", [poll]) for poll in polls]
    check.equal("what has no cost yet is skipped", [answer["skipped"] for answer in answers], [1] * 4)
    check.equal("by reason", engine.metrics().sum("spendwarden_skipped_events_total", source="litellm", reason="no_cost_yet"), 4)
    done = [post(engine, "litellm", [batch(5, 0.75)]), post(engine, "litellm", [batch(6, 0.75, key="b")]),
            post(engine, "litellm", [batch(7, 0.75, name="batch_1_batch_cost")])]
    check.equal("the first report with its cost is booked, whoever asks again", totals(done), (1, 2))
    metrics = engine.metrics()
    check.equal("a batch is charged once", (metrics.sum("llm_spend_usd_total"), metrics.sum("llm_tokens_total", type="input")),
                (Decimal("0.75"), 1000))
    check.equal("as a batch", request(engine.port, "GET", "/api/v1/requests?id=batch_1").json["data"][0]["service_tier"], "batch")


def attribute(key, value):
    kind = "intValue" if isinstance(value, int) else "stringValue"
    return {"key": key, "value": {kind: value}}


def span_body(span_id, attributes, scope="an.sdk", **more):
    now = time.time_ns()
    span = {"traceId": "0a" * 16, "spanId": span_id, "startTimeUnixNano": str(now - 10**9), "endTimeUnixNano": str(now),
            "attributes": [attribute(key, value) for key, value in attributes.items()], **more}
    return {"resourceSpans": [{"scopeSpans": [{"scope": {"name": scope}, "spans": [span]}]}]}


def check_price_of_another(check, stage):
    """A stream's span has no usage; the gateway that it went through knows tokens and cost."""
    engine = stage.engine("priced", {"policies": {"paths": []}}).start()
    call = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.id": "chatcmpl-1"}
    post_body(engine, span_body("0b" * 8, call))
    report = {"id": "g1", "ai_system": "openai", "requested_model": "gpt-4o", "response_id": "chatcmpl-1",
              "input_tokens": 100, "output_tokens": 10, "reported_usd": "0.02"}
    for tokens in (100, 100, 101):
        answer = post(engine, "generic", [{**report, "input_tokens": tokens}])
        check.equal("the gateway's report is a duplicate", (answer["accepted"], answer["duplicate"]), (0, 1))
    metrics = engine.metrics()
    check.equal("and brings cost and tokens, once, for one request",
                (metrics.sum("llm_spend_usd_total"), metrics.sum("llm_tokens_total", type="input"),
                 metrics.sum("llm_requests_total")), (Decimal("0.02"), 100, 1))
    check.equal("other numbers are a conflict", metrics.sum(
        "spendwarden_conflicting_duplicates_total", source="generic"), 1)
    rows = request(engine.port, "GET", "/api/v1/requests?id=chatcmpl-1").json["data"]
    shown = [request(engine.port, "GET", f"/api/v1/requests/{row['seq']}").json["data"] for row in rows]
    check.equal("the API says which row completes the other", sorted(
        (row["source"], row["kind"], row["completes"]) for row in shown),
        [("generic", "charge", True), ("otlp", "charge", False)])


def check_scopes(check, stage):
    """Two emitters of one process, two traces, no id: what the configuration makes of them."""
    usage = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 77,
             "gen_ai.usage.output_tokens": 5}
    for rule, accepted, duplicate, skipped, told in (
            (None, 2, 0, 0, 1), ("keep_scopes", 2, 0, 0, 0), ("join_scopes", 1, 1, 0, 0), ("skip_scopes", 1, 0, 1, 0)):
        source = {"name": "otlp", **({rule: ["the.sdk"]} if rule else {})}
        engine = stage.engine(f"scopes-{rule}", {"policies": {"paths": []}, "sources": [source]}).start()
        for number, scope in enumerate(("an.instrumentation", "the.sdk")):
            body = span_body("0c" * 8, usage, scope, traceId=f"{number + 1:032x}",
                             startTimeUnixNano=str(START + number), endTimeUnixNano=str(START + 10**9 - number))
            body["resourceSpans"][0]["resource"] = {"attributes": [attribute("service.name", "shop")]}
            post_body(engine, body)
        check.equal(f"with {rule}", (*outcomes(engine, "otlp"), int(engine.metrics().sum(
            "spendwarden_skipped_events_total", source="otlp", reason="scope")), len(request(engine.port, "GET", "/api/v1/duplicates").json["data"])),
                    (accepted, duplicate, skipped, told))


def run(check, stage, _build):
    check_few_ids(check, stage)
    check_few_ids_as_spans(check, stage)
    check_gateway_and_sdk(check, stage)
    check_batch(check, stage)
    check_price_of_another(check, stage)
    check_scopes(check, stage)


if __name__ == "__main__":
    main(run)
