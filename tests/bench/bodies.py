"""What the benchmarks post: events of LiteLLM, spans of OTLP in both encodings, events of sources
that are mappings. Each run of MARK becomes another number in every request.
"""
import base64
import collections
import json
import os
import struct
import time

MARK = "@" * 16
DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data")

# `what` it is, the source of that name, where to post it, the file, events in it, bytes of each.
Body = collections.namedtuple("Body", "what source path file count size")


def load(*names):
    with open(os.path.join(DATA, *names), encoding="utf-8") as f:
        return json.load(f)


# --- LiteLLM ---

def full_event():
    event = load("decode", "litellm", "01_plain.json")
    event["id"] = "chatcmpl-" + MARK
    event["litellm_call_id"] = MARK
    event["startTime"] = round(time.time() - 1, 3)
    event["endTime"] = round(time.time(), 3)
    return event


def trimmed_event():
    """What is left when a gateway is told to leave prompts and the model map out."""
    event = full_event()
    for key in ("messages", "response", "model_map_information", "guardrail_information",
                "hidden_params", "model_parameters", "error_information"):
        event.pop(key, None)
    event["metadata"] = {k: v for k, v in event["metadata"].items()
                         if v is not None and not k.startswith("requester_")}
    return event


# --- OTLP ---

def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    """Number, wire type and value of each, of a message that is known to be whole."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        size = {1: 8, 5: 4}.get(tag & 7, 0)
        value = None
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 2:
            size, at = varint(data, at)
        yield tag >> 3, tag & 7, data[at:at + size] if value is None else value
        at += size


def put_varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def put(number, wire, value):
    head = put_varint(number << 3 | wire)
    if wire == 0:
        return head + put_varint(value)
    return head + (put_varint(len(value)) if wire == 2 else b"") + value


def first(message, number):
    return next(value for n, _, value in fields(message) if n == number)


def key_of(attribute):
    return first(attribute, 1).decode()


def fresh_attribute(attribute):
    if key_of(attribute) not in ("gen_ai.response.id", "session.id"):
        return attribute
    return put(1, 2, key_of(attribute).encode()) + put(2, 2, put(1, 2, f"id-{MARK}".encode()))


def fresh_span(span):
    """With a trace of its own, ended now."""
    ns = time.time_ns()
    replaced = {1: MARK.encode(), 7: struct.pack("<Q", ns - 10**9), 8: struct.pack("<Q", ns)}
    out = b""
    for number, wire, value in fields(span):
        if number == 9:
            value = fresh_attribute(value)
        out += put(number, wire, replaced.get(number, value))
    return out


def captured(name):
    """Resource, scope, and the longest span of it."""
    with open(os.path.join(DATA, "otlp", "bodies", name), "rb") as f:
        resource_spans = first(f.read(), 1)
    scope_spans = first(resource_spans, 2)
    spans = [value for number, _, value in fields(scope_spans) if number == 2]
    return first(resource_spans, 1), first(scope_spans, 1), max(spans, key=len)


def otlp_protobuf(name, count):
    resource, scope, span = captured(name)
    spans = put(2, 2, fresh_span(span)) * count
    body = put(1, 2, put(1, 2, resource) + put(2, 2, put(1, 2, scope) + spans))
    return body, len(span)


def json_value(any_value):
    number, wire, value = next(fields(any_value))
    if number == 1:
        return {"stringValue": value.decode()}
    if number == 2:
        return {"boolValue": bool(value)}
    if number == 3:
        return {"intValue": str(value)}
    if number == 4:
        return {"doubleValue": struct.unpack("<d", value)[0]}
    if number == 5:
        return {"arrayValue": {"values": [json_value(v) for _, _, v in fields(value)]}}
    return {"bytesValue": base64.b64encode(value).decode()} if wire == 2 else {}


def json_attributes(message, number):
    return [{"key": key_of(value), "value": json_value(first(value, 2))}
            for n, _, value in fields(message) if n == number]


def json_span(span):
    known = {number: value for number, _, value in fields(span)}
    return {"traceId": MARK * 2, "spanId": known[2].hex(), "name": known[5].decode(),
            "kind": known[6], "startTimeUnixNano": str(time.time_ns() - 10**9),
            "endTimeUnixNano": str(time.time_ns()),
            "attributes": json_attributes(fresh_span(span), 9), "status": {}}


def otlp_json(name, count):
    resource, scope, span = captured(name)
    text = json.dumps(json_span(span), separators=(",", ":"))
    head = json.dumps({"attributes": json_attributes(resource, 1)})
    name = json.dumps({"name": first(scope, 1).decode()})
    body = (f'{{"resourceSpans":[{{"resource":{head},"scopeSpans":[{{"scope":{name},"spans":['
            + ",".join([text] * count) + "]}]}]}")
    return body.encode(), len(text)


# --- mappings ---

def kong_event():
    event = load("sources", "kong.json")
    event["request"]["id"] = MARK * 2
    event["started_at"] = time.time_ns() // 10**6 - 1000
    return event


def portkey_event():
    event = load("sources", "portkey_log.json")
    event["_id"] = MARK
    event["created_at"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    event["response"]["body"]["id"] = f"chatcmpl-{MARK}"
    return event


def array(event, count):
    text = json.dumps(event)
    return ("[" + ", ".join([text] * count) + "]").encode(), len(text)


def write(folder, what, source, path, made, count):
    body, size = made
    file = os.path.join(folder, f"{what.replace(' ', '_')}-{count}")
    with open(file, "wb") as f:
        f.write(body)
    return Body(f"{what}, {size} bytes", source, path, file, count, size)


def litellm_bodies(folder):
    return [write(folder, what, "litellm", "/v1/ingest/litellm", array(event, count), count)
            for what, event in (("LiteLLM trimmed", trimmed_event()), ("LiteLLM whole", full_event()))
            for count in (1, 100)]


def other_bodies(folder):
    """Of a hundred events each: exporters and gateways send batches."""
    otel, openinference = "genai_openai_01_chat.traces.bin", "openinference_openai_01_chat.bin"
    otlp = [write(folder, what, "otlp", "/v1/traces", made, 100) for what, made in (
        ("OTLP protobuf OTel", otlp_protobuf(otel, 100)),
        ("OTLP protobuf OpenInference", otlp_protobuf(openinference, 100)),
        ("OTLP JSON OTel", otlp_json(otel, 100)),
        ("OTLP JSON OpenInference", otlp_json(openinference, 100)))]
    return otlp + [write(folder, what, source, f"/v1/ingest/{source}", array(event, 100), 100)
                   for what, source, event in (("Kong", "kong", kong_event()),
                                               ("Portkey", "portkey", portkey_event()))]
