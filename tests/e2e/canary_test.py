"""No prompt text anywhere: a canary in every text that nothing names, of every body that gateways and
emitters send, is in no ledger, log, metric, answer or output of `explain`.

usage: canary_test.py BINARY BUILD_DIR
"""
import copy
import glob
import json
import os
import re
import struct
import subprocess

from harness import ROOT, main, read, request

CANARY = "canary4711"
PROTOBUF, JSON = "application/x-protobuf", "application/json"

# Where gateways put what was said.
SAID = {"messages", "message", "prompt", "prompts", "completion", "completions", "choices", "candidates", "content",
        "contents", "text", "input", "output", "arguments", "system", "tool_calls", "error_str", "instructions",
        "error_message", "traceback", "authorization", "cookie", "x-api-key"}


def names_of(table):
    """Attributes that an alias table reads, and those of which it reads the JSON within."""
    text = re.sub(r"(?m)#.*$", "", read("src", "decode", "sources", f"{table}.yaml"))
    return set(re.findall(r"[\w.-]+", text)), set(re.findall(r"([\w.-]+) > ", text))


# --- planting ---

def plant_within(value):
    """More members, of an object and all below it; JSON that stands as text, too."""
    if isinstance(value, dict):
        for member in value.values():
            plant_within(member)
        value.update({"x-unknown": CANARY, "messages": [{"content": CANARY}], "prompt": CANARY})
    elif isinstance(value, list):
        for item in value:
            plant_within(item)


def plant_attributes(item, table, extra=True):
    names, texts = table
    planted = item.setdefault("attributes", []) if extra else item.get("attributes", [])
    for attribute in planted:
        key, value = attribute.get("key"), attribute.get("value", {})
        if key not in names:
            attribute["value"] = {"stringValue": CANARY}
        elif key in texts and value.get("stringValue", "").startswith("{"):
            within = json.loads(value["stringValue"])
            plant_within(within)
            value["stringValue"] = json.dumps(within)
    planted += [{"key": key, "value": {"stringValue": CANARY}} for key in (
        "gen_ai.input.messages", "gen_ai.prompt.0.content", "input.value", "exception.message", CANARY)]
    planted += [{"key": "gen_ai.output.messages", "value": {"arrayValue": {"values": [{"stringValue": CANARY}]}}},
                {"key": "gen_ai.system_instructions", "value": {"kvlistValue": {"values": [
                    {"key": CANARY, "value": {"stringValue": CANARY}}]}}}]


def plant_event(event):
    if event.get("name") != "exception":
        event["name"] = CANARY
    kept = [a for a in event.get("attributes", []) if a["key"] == "exception.type"]
    event["attributes"] = [a for a in event.get("attributes", []) if a["key"] != "exception.type"]
    plant_attributes(event, (set(), set()))
    event["attributes"] += kept


def plant_span(span, table):
    plant_attributes(span, table)
    span["name"] = span["traceState"] = span["unknown"] = CANARY
    span.setdefault("status", {})["message"] = CANARY
    span.setdefault("events", []).append({"name": "gen_ai.content.prompt"})
    span.setdefault("links", []).append({"traceState": CANARY})
    for event in span["events"]:
        plant_event(event)
    for link in span["links"]:
        plant_attributes(link, (set(), set()))


def plant_record(record, table):
    plant_attributes(record, table)
    if not record.get("body", {}).get("stringValue", "").startswith("claude_code."):
        record["body"] = {"stringValue": CANARY}
    record["severityText"] = record["unknown"] = CANARY


def items_of(request_body):
    for resource in request_body.get("resourceSpans", []) + request_body.get("resourceLogs", []):
        for scope in resource.get("scopeSpans", []) + resource.get("scopeLogs", []):
            yield resource, scope, scope.get("spans", []) + scope.get("logRecords", [])


def planted_otlp(body):
    planted = copy.deepcopy(body)
    logs = "resourceLogs" in planted
    table = names_of("otlp_logs" if logs else "otlp_spans")
    for resource in planted.get("resourceSpans", []) + planted.get("resourceLogs", []):
        plant_attributes(resource.setdefault("resource", {}), table)
        resource["schemaUrl"] = CANARY
    for _, scope, items in items_of(planted):
        scope.setdefault("scope", {}).update({"version": CANARY, "attributes": []})
        plant_attributes(scope["scope"], (set(), set()))
        for item in items:
            (plant_record if logs else plant_span)(item, table)
    return planted


def planted_json(value, said=False):
    """A gateway's own body: every text below a name of SAID, and more members everywhere."""
    if isinstance(value, dict):
        changed = {key: planted_json(member, said or key.lower() in SAID) for key, member in value.items()}
        return {**changed, "x-unknown": CANARY}
    if isinstance(value, list):
        return [planted_json(item, said) for item in value]
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.dumps(planted_json(json.loads(value), said))
        except ValueError:
            return CANARY if said else value
    return CANARY if said and isinstance(value, str) else value


# --- OTLP/JSON as protobuf ---

STATUS = {1: 1, 2: 2, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def of_bytes(number, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def of_number(number, value):
    return varint(number << 3) + varint(int(value) & (1 << 64) - 1)


def of_time(number, value):
    return varint(number << 3 | 1) + struct.pack("<Q", int(value))


def any_value(value):
    for kind, given in value.items():
        if kind == "stringValue":
            return of_bytes(1, given)
        if kind == "boolValue":
            return of_number(2, given)
        if kind == "intValue":
            return of_number(3, given)
        if kind == "doubleValue":
            return varint(4 << 3 | 1) + struct.pack("<d", float(given))
        if kind == "arrayValue":
            return of_bytes(5, b"".join(of_bytes(1, any_value(v)) for v in given.get("values", [])))
        if kind == "kvlistValue":
            return of_bytes(6, attributes_of(1, {"attributes": given.get("values", [])}))
    return b""


def attributes_of(number, item):
    return b"".join(of_bytes(number, of_bytes(1, a["key"]) + of_bytes(2, any_value(a.get("value", {}))))
                    for a in item.get("attributes", []))


def ids_of(item, trace=1, span=2):
    return b"".join(of_bytes(number, bytes.fromhex(item[key])) for key, number in (
        ("traceId", trace), ("spanId", span)) if item.get(key))


def span_bytes(span):
    out = ids_of(span) + of_bytes(3, span["traceState"]) + of_bytes(5, span["name"]) + of_number(6, 3)
    if span.get("parentSpanId"):
        out += of_bytes(4, bytes.fromhex(span["parentSpanId"]))
    out += of_time(7, span["startTimeUnixNano"]) + of_time(8, span["endTimeUnixNano"]) + attributes_of(9, span)
    for event in span["events"]:
        out += of_bytes(11, of_time(1, event.get("timeUnixNano", 0)) + of_bytes(2, event["name"]) + attributes_of(3, event))
    for link in span["links"]:
        out += of_bytes(13, ids_of(link) + of_bytes(3, link.get("traceState", "")) + attributes_of(4, link))
    return out + of_bytes(15, of_bytes(2, span["status"]["message"]) + of_number(
        3, STATUS.get(span["status"].get("code"), 0)))


def record_bytes(record):
    return (of_time(1, record.get("timeUnixNano", 0)) + of_bytes(3, record["severityText"]) +
            of_bytes(5, any_value(record["body"])) + attributes_of(6, record) + ids_of(record, 9, 10) +
            (of_bytes(12, record["eventName"]) if record.get("eventName") else b""))


def protobuf_of(body):
    out = b""
    for resource, scope, items in items_of(body):
        scoped = of_bytes(1, of_bytes(1, scope["scope"].get("name", "")) + of_bytes(2, CANARY) +
                          attributes_of(3, scope["scope"]))
        for item in items:
            scoped += of_bytes(2, span_bytes(item) if "status" in item else record_bytes(item))
        out += of_bytes(1, of_bytes(1, attributes_of(1, resource["resource"])) + of_bytes(2, scoped) + of_bytes(3, CANARY))
    return out


# --- the bodies ---

def agents_logs():
    """Records of coding agents, with what their users said beside them."""
    records = [("claude_code.api_request", {"model": "claude-sonnet-4-5", "input_tokens": "10", "output_tokens": "20",
                                            "cost_usd": "0.01", "request_id": "req_1", "session.id": "s"}),
               ("codex", {"event.name": "codex.sse_event", "event.kind": "response.completed", "model": "gpt-5",
                          "input_token_count": "100", "output_token_count": "9", "conversation.id": "c"}),
               ("user_prompt", {"event.name": "claude_code.user_prompt", "prompt": CANARY})]
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [
        {"timeUnixNano": "1795482000000000000", "body": {"stringValue": body}, "attributes": [
            {"key": key, "value": {"stringValue": value}} for key, value in said.items()]}
        for body, said in records]}]}]}


def otlp_bodies():
    paths = glob.glob(os.path.join(ROOT, "tests", "data", "otlp", "bodies", "*.json"))
    paths += glob.glob(os.path.join(ROOT, "tests", "data", "otlp", "json", "*.json"))
    paths += glob.glob(os.path.join(ROOT, "tests", "data", "sources", "otlp_*.json"))
    for path in sorted(paths):
        with open(path, encoding="utf-8") as f:
            body = json.load(f)
        if "resourceMetrics" not in body:
            yield os.path.basename(path), planted_otlp(body)
    yield "agents' logs", planted_otlp(agents_logs())


def own_bodies():
    """(name, source, body) of all that have JSON of their own"""
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "data", "sources", "*.json"))):
        source = os.path.basename(path).split("_")[0].split(".")[0]
        if source != "otlp":
            with open(path, encoding="utf-8") as f:
                yield os.path.basename(path), source, planted_json(json.load(f))
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "data", "decode", "litellm", "[0-9]*.json"))):
        with open(path, encoding="utf-8") as f:
            yield os.path.basename(path), "litellm", planted_json(json.load(f))


# --- looking for it ---

class Watch:
    def __init__(self, check, stage):
        self.check, self.answers, self.outputs, self.accepted = check, [], [], 0
        self.engine = stage.engine("engine", {"policies": {"paths": []}, "metrics": {"litellm_names": True}}).start()

    def post(self, path, kind, body):
        answer = request(self.engine.port, "POST", path, body, {"Content-Type": kind})
        self.answers.append(f"{path}: {answer.status} {answer.headers} {answer.text}")
        return answer

    def explain(self, source, body):
        form = ("text", "json")[len(self.outputs) % 2]
        done = subprocess.run([self.engine.binary, "explain", "--format", form, "--source", source], input=body,
                              capture_output=True, check=False)
        self.outputs.append((done.stdout + done.stderr).decode("utf-8", "replace"))

    def nowhere(self, name, texts):
        found = [text for text in texts if CANARY in text]
        self.check.true(f"it is in none of {name}", texts and not found, [text[:300] for text in found[:3]])


def post_all(watch):
    for name, body in otlp_bodies():
        logs = "resourceLogs" in body
        path, source = ("/v1/logs", "otlp_logs") if logs else ("/v1/traces", "otlp")
        text = json.dumps(body).encode()
        count = text.count(CANARY.encode())
        watch.check.true(f"{name} has it in many places", count > 20, count)
        watch.check.equal(f"{name} is taken as JSON", watch.post(path, JSON, text).status, 200)
        watch.explain(source, text)
        if not any(set(str(item.get("traceId", ""))) - set("0123456789abcdefABCDEF") for _, _, items in items_of(body)
                   for item in items):
            protobuf = protobuf_of(body)
            watch.check.equal(f"{name} is taken as protobuf", watch.post(path, PROTOBUF, protobuf).status, 200)
            watch.explain(source, protobuf)
            watch.post(path, PROTOBUF, protobuf[:-30])
        watch.post(path, JSON, text[:-30])
        watch.post("/v1/ingest/kong", JSON, text)
    for name, source, body in own_bodies():
        text = json.dumps(body).encode()
        watch.check.true(f"{name} has it", CANARY.encode() in text)
        answer = watch.post(f"/v1/ingest/{source}", JSON, text)
        watch.check.true(f"{name} is taken", answer.status == 200 and not answer.json["rejected"], answer.text)
        watch.explain(source, text)
        watch.post(f"/v1/ingest/{source}", JSON, text[:-30])
        watch.post("/v1/traces", JSON, text)
        watch.post("/v1/ingest/generic", JSON, text)
    ids = {"traceId": CANARY, "spanId": CANARY, "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}]}
    watch.post("/v1/traces", JSON, json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [ids]}]}]}).encode())
    watch.post("/v1/ingest/generic", JSON, json.dumps({"id": 7, "input_tokens": CANARY, CANARY: 1}).encode())


def look(watch):
    engine = watch.engine
    booked = engine.rows("SELECT count(*) FROM entries")[0][0]
    watch.check.true("events of all were booked", booked > 100, booked)
    pages = ["requests?limit=500", "spend?by=team", "spend?by=requested_model", "top?by=workflow_id", "cardinality",
             "rejects", "status", "coverage", "alerts", "rules", "budgets", "policies"]
    api = [engine.get(f"/api/v1/{page}").text for page in pages]
    details = [engine.get(f"/api/v1/requests/{row[0]}") for row in engine.rows("SELECT seq FROM entries")]
    watch.check.equal("each event is shown", {answer.status for answer in details}, {200})
    api += [answer.text for answer in details]
    watch.nowhere("the API's answers", api)
    metrics = [engine.get("/metrics").text, request(engine.port, "GET", "/metrics", headers={
        "Accept": "application/openmetrics-text; version=1.0.0"}).text]
    watch.check.true("metrics tell of the sources", all('source="otlp"' in text for text in metrics))
    watch.nowhere("the metrics", metrics)
    watch.nowhere("the answers to what was posted", watch.answers)
    watch.nowhere("what explain shows", watch.outputs)
    engine.end()
    watch.nowhere("the log", [engine.log()])
    files = [os.path.join(folder, name) for folder, _, names in os.walk(engine.folder) for name in names]
    contents = []
    for path in files:
        with open(path, "rb") as f:
            contents.append(f.read().decode("latin-1"))
    watch.check.true("the ledger is among the files", any(path.endswith("ledger.db") for path in files), files)
    watch.nowhere("the files of the engine", contents)


def run(check, stage, _build):
    watch = Watch(check, stage)
    post_all(watch)
    look(watch)


if __name__ == "__main__":
    main(run)
