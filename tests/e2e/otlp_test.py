"""OTLP/HTTP: bodies of real emitters in both encodings are booked, each call once, with the
protocol's own answers; signed bodies of a gateway, too.

usage: otlp_test.py BINARY BUILD_DIR
"""
import gzip
import hashlib
import hmac
import json
import os
import time
import zlib

from harness import ROOT, main, read, request

PROTOBUF, JSON = "application/x-protobuf", "application/json"
SECRET = "a webhook's secret"
CODINGS = [None, ("gzip", gzip.compress), ("deflate", zlib.compress)]


def body_of(name):
    with open(os.path.join(ROOT, "tests", "data", "otlp", "bodies", name), "rb") as f:
        return f.read()


def post(engine, body, kind, path="/v1/traces", **headers):
    return request(engine.port, "POST", path, body, {"Content-Type": kind, **headers})


def post_all(engine, truth):
    """Each body, in one coding after the other, under a prefix now and then."""
    answers = []
    for number, row in enumerate(truth):
        body, headers = body_of(row["body"]), {}
        coding = CODINGS[number % len(CODINGS)]
        if coding:
            headers["Content-Encoding"], body = coding[0], coding[1](body)
        path = "/a/prefix/v1/traces" if number % 2 else "/v1/traces"
        answer = post(engine, body, JSON if row["json"] else PROTOBUF, path, **headers)
        answers.append((answer.status, answer.headers["Content-Type"], answer.text))
    return answers


def events(engine, outcome):
    return int(engine.metrics().sum("spendwarden_events_total", source="otlp", outcome=outcome))


def check_bodies(check, engine):
    truth = json.loads(read("tests", "data", "otlp", "truth.json"))
    calls = [call for row in truth for call in row["calls"]]
    again = [call for call in calls if "again" in call]
    # Two reports that nothing but a guess could join are both booked.
    guesses = sum(not call["one_body"] for call in calls)
    wanted = len(calls) - len(again) + guesses
    answers = post_all(engine, truth)
    check.equal("each body is answered as the protocol has it", set(answers),
                {(200, PROTOBUF, ""), (200, JSON, "{}")})
    check.equal("each call is booked once", events(engine, "accepted"), wanted)
    check.equal("another body's report of a call is a duplicate", events(engine, "duplicate"), len(again))
    check.equal("and is kept beside it, without a charge", engine.rows(
        "SELECT count(*), sum(charge_nanousd) FROM entries WHERE kind = 1"), [(len(again), 0)])
    check.equal("nothing is rejected", events(engine, "rejected"), 0)
    post_all(engine, truth)
    check.equal("the same bodies again are duplicates, all of them",
                (events(engine, "accepted"), events(engine, "duplicate")), (wanted, wanted + 2 * len(again)))
    told = sum(not call["one_body"] and "input_tokens" in call["fields"] for call in calls)
    check.equal("those that only a guess joins are told", engine.metrics().sum(
        "spendwarden_possible_duplicates_total", source="otlp"), told)
    pairs = request(engine.port, "GET", "/api/v1/duplicates").json["data"]
    check.equal("and listed, each with two scopes", [len({row["scope"] for row in pair}) for pair in pairs], [2] * told)
    check.true("wrappers are counted by that reason", engine.metrics().sum(
        "spendwarden_skipped_events_total", source="otlp", reason="wrapper") > 0)


def check_answers(check, engine):
    bad = post(engine, b"\xff\xff\xff", PROTOBUF)
    check.equal("what cannot be read is a google.rpc.Status", (bad.status, bad.headers["Content-Type"]), (400, PROTOBUF))
    check.true("with code and text", bad.body.startswith(b"\x08\x03\x12"), bad.body)
    bad = post(engine, b"{\"resourceSpans\": [", JSON)
    check.equal("in JSON for JSON", (bad.status, bad.json["code"]), (400, 3))
    for kind, body in ((PROTOBUF, b""), (JSON, b"{}"), (JSON, b"")):
        check.equal(f"an empty {kind} is fine", post(engine, body, kind).status, 200)
    for method in ("POST", "PUT"):  # OpenRouter's test of a connection
        for body in (b"", b"{}", b'{"resourceSpans":[]}'):
            for type_of in ({}, {"Content-Type": JSON}):
                answer = request(engine.port, method, "/v1/traces", body, {"X-Test-Connection": "true", **type_of})
                check.equal(f"a connection is tested by {method} of {body} {type_of}", answer.status, 200)
    check.equal("another type is not", post(engine, b"", "text/plain").status, 415)
    check.equal("OTLP is no gateway's body", request(engine.port, "POST", "/v1/ingest/otlp", b"{}").status, 404)
    name = "handmade_03_all_json.json"
    span = {"traceId": "00", "spanId": "11" * 8, "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}]}
    partial = post(engine, json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode(), JSON)
    check.equal("a span without a valid id is a partial success", (partial.status, partial.json),
                (200, {"partialSuccess": {"rejectedSpans": "1",
                                          "errorMessage": "the span has no valid trace id and span id"}}))
    protobuf = next(row["body"] for row in json.loads(read("tests", "data", "otlp", "truth.json")) if not row["json"])
    check.equal("the first byte decides, not the type", (post(engine, body_of(protobuf), JSON).text,
                                                         post(engine, body_of(name), PROTOBUF).body), ("{}", b""))


def source_body(name):
    with open(os.path.join(ROOT, "tests", "data", "sources", name), "rb") as f:
        return f.read()


def check_other_sources(check, engine):
    """A gateway's body at OTLP's paths, and OTLP at a gateway's path, are told apart from garbage."""
    bodies = {"litellm": read("tests", "data", "decode", "litellm", "01_plain.json").encode(),
              "generic": b'{"requested_model": "gpt-4o", "input_tokens": 5}'}
    for name in sorted(os.listdir(os.path.join(ROOT, "tests", "data", "sources"))):
        if name.endswith(".json") and not name.startswith("otlp"):
            bodies[name.split("_")[0].split(".")[0]] = source_body(name)
    check.equal("there are bodies of all others", len(bodies), 13)
    for name, body in bodies.items():
        text = f"no event of this source; it looks like {name}: its path is /v1/ingest/{name}"
        for what, sent in (("object", body), ("array", body if body[:1] == b"[" else b"[" + body + b"]"), ("lines", body + b"\n" + body)):
            answers = [post(engine, sent, JSON, path) for path in ("/v1/traces", "/v1/logs")]
            check.equal(f"{name}: {what} at OTLP's paths", [(a.status, a.json) for a in answers],
                        [(400, {"code": 3, "message": text})] * 2)
        answer = post(engine, body, PROTOBUF)
        check.true(f"{name}: the status is protobuf for protobuf", answer.status == 400 and
                   answer.body.startswith(b"\x08\x03\x12") and text.encode() in answer.body, answer.body)
    trace, logs = source_body("otlp_portkey.json"), source_body("otlp_logs_litellm.bin")
    for name in bodies:
        for what, sent, path in (("spans in JSON", trace, "otlp: its path is /v1/traces"),
                                 ("spans in protobuf", source_body("otlp_litellm_v2.bin"), "otlp: its path is /v1/traces"),
                                 ("log records", logs, "otlp_logs: its path is /v1/logs")):
            answer = engine.post(name, sent)
            check.true(f"{what} at the path of {name}", answer.status == 200 and [
                row["reason"] for row in answer.json["rejected"]] == [f"no event of this source; it looks like {path}"],
                       answer.text)
    answer = post(engine, b'{"resourceLogs":[]}', JSON)
    check.equal("log records are not for traces", (answer.status, answer.json["message"]), (
        400, "no event of this source; it looks like otlp_logs: its path is /v1/logs"))
    answer = post(engine, b'{"metrics":[]}', JSON)
    check.equal("JSON that is nothing known is no request", (answer.status, answer.json["message"]), (
        400, "no OTLP request: it has none of resourceSpans, resourceLogs and resourceMetrics"))


def attributes_of(span):
    return {a["key"]: next(iter(a["value"].values()), None) for a in span.get("attributes", [])}


def callback_of(span):
    """What LiteLLM's own callback says of the call that a span of its is."""
    said = attributes_of(span)
    call_id, response_id = said["litellm.call_id"], said.get("gen_ai.response.id")
    name = ("18_fail_429" if "error.type" in said else "01_plain" if response_id else "16_embedding")
    event = json.loads(read("tests", "data", "decode", "litellm", f"{name}.json"))
    start, end = (int(span[key]) / 1e9 for key in ("startTimeUnixNano", "endTimeUnixNano"))
    event.update(litellm_call_id=call_id, id=response_id or call_id, startTime=start, endTime=end,
                 custom_llm_provider=said["gen_ai.provider.name"], response_cost=said["litellm.cost.total"])
    return event


def check_litellm(check, stage):
    """The same calls by LiteLLM's callback, its spans and its log records."""
    spans = read("tests", "data", "sources", "otlp_litellm_v2_json.json").encode()
    calls = [span for resource in json.loads(spans)["resourceSpans"] for scope in resource["scopeSpans"]
             for span in scope["spans"] if "litellm.call_id" in attributes_of(span)]
    callbacks = json.dumps([callback_of(span) for span in calls]).encode()
    costs = sum(round(attributes_of(span)["litellm.cost.total"] * 1e9) for span in calls)
    check.equal("LiteLLM's body has 14 calls, two of them failed", (len(calls), sum(
        "error.type" in attributes_of(span) for span in calls)), (14, 2))
    for first in ("callback", "spans"):
        engine = stage.engine(f"litellm-{first}", {"policies": {"paths": []}}).start()
        for what in ("callback", "spans") if first == "callback" else ("spans", "callback"):
            if what == "spans":
                check.equal("the spans are taken", post(engine, spans, JSON).text, "{}")
            else:
                check.equal("the callback's events are taken", engine.post("litellm", callbacks).status, 200)
        check.equal(f"each call is charged once, {first} first", engine.rows(
            "SELECT count(*), sum(charge_nanousd) FROM entries WHERE kind = 0"), [(14, costs)])
        check.equal(f"the other report amends it, {first} first", engine.rows(
            "SELECT count(*), sum(charge_nanousd) FROM entries WHERE kind = 1"), [(14, 0)])
        with open(os.path.join(ROOT, "tests", "data", "sources", "otlp_logs_litellm.bin"), "rb") as f:
            check.equal("log records of calls are taken", post(engine, f.read(), PROTOBUF, "/v1/logs").status, 200)
        check.equal("and say nothing new", engine.rows("SELECT count(*) FROM entries"), [(28,)])


def points(engine, outcome):
    return int(engine.metrics().sum("spendwarden_metric_points_total", outcome=outcome))


def metrics_json(**point):
    """A body of one data point of tokens."""
    attributes = [{"key": "gen_ai.token.type", "value": {"stringValue": "input"}}]
    histogram = {"aggregationTemporality": 2, "dataPoints": [{"attributes": attributes, **point}]}
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [
        {"name": "gen_ai.client.token.usage", "histogram": histogram}]}]}]}).encode()


def check_metrics(check, engine):
    """Taken, counted once, never booked; what cannot be read is said."""
    def post_metrics(body, kind, **headers):
        return post(engine, body, kind, "/a/prefix/v1/metrics", **headers)

    truth, booked = json.loads(read("tests", "data", "otlp", "metrics", "truth.json")), events(engine, "accepted")
    for again in (False, True):
        answers = []
        for row in truth:
            with open(os.path.join(ROOT, "tests", "data", "otlp", "metrics", row["body"]), "rb") as f:
                answers.append(post_metrics(gzip.compress(f.read()), PROTOBUF, **{"Content-Encoding": "gzip"}))
        check.equal(f"metrics are taken{', also again' if again else ''}",
                    {(a.status, a.headers["Content-Type"], a.body) for a in answers}, {(200, PROTOBUF, b"")})
        total = sum(row["points"] for row in truth)
        check.equal("each data point counts once", (points(engine, "accepted"), points(engine, "duplicate")),
                    (total, total if again else 0))
    for kind, body in ((PROTOBUF, b""), (JSON, b"{}"), (JSON, b"")):
        check.equal(f"empty {kind} metrics are fine", post_metrics(body, kind).status, 200)
    good = metrics_json(timeUnixNano="1795482060000000000", sum=5)
    check.equal("so are those in JSON", (post_metrics(good, JSON).text, points(engine, "accepted")), ("{}", total + 1))
    partial = post_metrics(metrics_json(timeUnixNano="1795482060000000000", sum=-1), JSON)
    check.equal("a point that cannot be is a partial success", (partial.status, partial.json), (200, {"partialSuccess": {
        "rejectedDataPoints": "1", "errorMessage": "the data point has no possible number of tokens"}}))
    bad = post_metrics(b"\xff\xff\xff", PROTOBUF)
    check.equal("what cannot be read is a google.rpc.Status", (bad.status, bad.body[:3]), (400, b"\x08\x03\x12"))
    check.equal("none of it is booked", events(engine, "accepted"), booked)
    check.equal("a service of long ago has no ratio", engine.metrics().select("llm_capture_ratio"), [])


def resource(service):
    return {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}


def span_json(service, began, number, tokens, response):
    values = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini",
              "gen_ai.response.id": response}
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]
    attributes.append({"key": "gen_ai.usage.input_tokens", "value": {"intValue": tokens}})
    span = {"traceId": f"{number:032x}", "spanId": f"{number:016x}", "startTimeUnixNano": str(began),
            "endTimeUnixNano": str(began + 1000), "attributes": attributes}
    return json.dumps({"resourceSpans": [{"resource": resource(service), "scopeSpans": [{"spans": [span]}]}]}).encode()


def check_capture(check, engine):
    """A call that a gateway reported first is a duplicate as a span, and is seen all the same; once."""
    began = time.time_ns()
    engine.post("generic", [{"id": "gateway-1", "response_id": "chatcmpl-77", "ai_system": "openai", "requested_model":
                             "gpt-4o-mini", "start": began, "end": began + 1000, "input_tokens": 4000}])
    spans = [span_json("app", began, 1, 4000, "chatcmpl-77"), span_json("app", began, 2, 2000, "chatcmpl-78")]
    duplicates, booked = events(engine, "duplicate"), events(engine, "accepted")
    for body in spans * 2:
        post(engine, body, JSON)
    check.equal("a span of a call that is booked is a duplicate",
                (events(engine, "duplicate") - duplicates, events(engine, "accepted") - booked), (3, 1))
    body = json.loads(metrics_json(startTimeUnixNano=str(began), timeUnixNano=str(time.time_ns()), sum=8000))
    body["resourceMetrics"][0]["resource"] = resource("app")
    post(engine, json.dumps(body).encode(), JSON, "/v1/metrics")
    check.equal("but the service has shown it", [(labels, round(float(ratio), 3)) for labels, ratio in
                engine.metrics().select("llm_capture_ratio")], [({"source": "otlp", "service": "app"}, 0.75)])


def check_signature(check, stage):
    secret = stage.file("secret", SECRET + "\n")
    engine = stage.engine("signed", {"policies": {"paths": []}, "sources": [
        {"name": "helicone", "signature": {"secret_file": secret}}]}).start()
    body = json.dumps({"request_id": "r1", "provider": "OPENAI", "model": "gpt-4o-mini", "metadata": {
        "cost": 0.001, "promptTokens": 8, "completionTokens": 9, "totalTokens": 17}}).encode()
    right = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    for signature, status in ((None, 401), ("0" * 64, 401), (right.upper(), 200)):
        headers = {"Helicone-Signature": signature} if signature else {}
        answer = request(engine.port, "POST", "/v1/ingest/helicone", body, headers)
        check.equal(f"signature {signature}", answer.status, status)
    check.equal("the signed one is booked", engine.rows("SELECT charge_nanousd FROM entries"), [(1000000,)])


def run(check, stage, _build):
    engine = stage.engine("engine", {"policies": {"paths": []}}).start()
    check_bodies(check, engine)
    check_answers(check, engine)
    check_other_sources(check, engine)
    check_litellm(check, stage)
    check_metrics(check, engine)
    check_capture(check, engine)
    check_signature(check, stage)


if __name__ == "__main__":
    main(run)
