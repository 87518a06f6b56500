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


def post_spans(engine, spans):
    body = {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "an.sdk"}, "spans": spans}]}]}
    answer = request(engine.port, "POST", "/v1/traces", json.dumps(body).encode(), {"Content-Type": "application/json"})
    assert (answer.status, answer.text) == (200, "{}"), answer.text


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


def run(check, stage, _build):
    check_few_ids(check, stage)
    check_few_ids_as_spans(check, stage)
    check_gateway_and_sdk(check, stage)
    check_batch(check, stage)


if __name__ == "__main__":
    main(run)
