"""OTLP bodies that are made to hurt: bombs, deep, long and many. Each ends in an answer of the
protocol, within bounded memory, while others are served. How long it took is printed.

usage: otlp_bounds_test.py BINARY BUILD_DIR
"""
import ctypes
import gzip
import json
import threading
import time
import zlib

from harness import main, request

PROTOBUF, JSON = "application/x-protobuf", "application/json"
MIB = 1 << 20
LARGE = 60 * MIB  # below server.limits.body, 64 MiB
# A body, what it becomes, and its tokens at 4 bytes each: 400 MiB; under ASan nearly twice of it.
RESIDENT_MAX = 1024 * MIB
ZSTD = ctypes.CDLL("libzstd.so.1")
ZSTD.ZSTD_compress.restype = ctypes.c_size_t


# --- protobuf ---

def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def put(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def text(value):
    return put(1, value)


def attribute(key, any_value):
    return put(9, put(1, key.encode()) + put(2, any_value))


def spans(*messages):
    return put(1, put(2, b"".join(put(2, m) for m in messages)))


def span(number, *attributes):
    return (put(1, b"%016d" % number) + put(2, b"%08d" % (number % 10**8))
            + attribute("gen_ai.operation.name", text(b"chat")) + b"".join(attributes))


def nested(depth, pairs):
    """From the inside out, with each length before what it is of."""
    parts, size = [text(b"innermost")], len(text(b"innermost"))
    for _ in range(depth):
        for number in ([2, 1, 6] if pairs else [1, 5]):
            head = varint(number << 3 | 2) + varint(size)
            parts.append(head)
            size += len(head)
    return b"".join(reversed(parts))


# --- JSON ---

CALL = {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}


def json_span(number, attributes=""):
    more = f",{attributes}" if attributes else ""
    return (f'{{"traceId":"{number:032x}","spanId":"{number:016x}",'
            f'"attributes":[{json.dumps(CALL)}{more}]}}')


def json_spans(*texts):
    return f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{",".join(texts)}]}}]}}]}}'.encode()


def json_attribute(key, value):
    return f'{{"key":"{key}","value":{value}}}'


def json_nested(depth, before, behind):
    return before * depth + '{"stringValue":"innermost"}' + behind * depth


def many_json_spans():
    one = json_attribute("gen_ai.input.messages", json.dumps({"stringValue": '{"role": "user"}' * 40}))
    return json_spans(*(json_span(i + 1, one) for i in range(LARGE // (len(json_span(1, one)) + 10))))


def hostile():
    """Name, type, body, the statuses that it may have."""
    tag, tenant, tokens = "tag.tags", "tenant.id", "gen_ai.usage.input_tokens"
    yield "protobuf: a million empty spans", PROTOBUF, spans(*[b""] * 10**6), {200}
    yield "protobuf: 65,536 spans that are calls", PROTOBUF, spans(*(span(i + 1) for i in range(65536))), {200}
    yield ("protobuf: an attribute a million times", PROTOBUF,
           spans(span(1, attribute(tenant, text(b"t")) * 10**6)), {200})
    yield ("protobuf: a number a million times", PROTOBUF,
           spans(span(1, attribute(tokens, b"\x18\x87\xAD\x4B") * 10**6)), {200})
    yield ("protobuf: a string of 60 MiB", PROTOBUF,
           spans(span(1, attribute(tenant, text(b"x" * LARGE)))), {200})
    yield ("protobuf: an array of 15 million", PROTOBUF,
           spans(span(1, attribute(tag, put(5, put(1, b"\x18\x01") * (15 * 10**6))))), {200})
    yield ("protobuf: 300,000 lists in each other", PROTOBUF,
           spans(span(1, attribute(tag, nested(300000, False)))), {200})
    yield ("protobuf: 300,000 lists of pairs in each other", PROTOBUF,
           spans(span(1, attribute(tenant, nested(300000, True)))), {200})
    yield "protobuf: 30 million groups in each other", PROTOBUF, b"\x0B" * (30 * 10**6), {400}
    yield "protobuf: a length of exabytes", PROTOBUF, b"\x0A" + b"\xFF" * 9 + b"\x01", {400}
    yield "JSON: a million empty spans", JSON, json_spans(*["{}"] * 10**6), {200}
    yield ("JSON: an attribute 700,000 times", JSON,
           json_spans(json_span(1, ",".join([json_attribute(tenant, '{"stringValue":"t"}')] * 700000))), {200})
    yield ("JSON: a string of 60 MiB", JSON,
           json_spans(json_span(1, json_attribute(tenant, '{"stringValue":"%s"}' % ("x" * LARGE)))), {200})
    yield ("JSON: 30 million escapes in a string", JSON,
           json_spans(json_span(1, json_attribute(tenant, '{"stringValue":"%s"}' % ("\\n" * (LARGE // 2))))), {200})
    yield ("JSON: an array of 2 million", JSON,
           json_spans(json_span(1, json_attribute(
               tag, '{"arrayValue":{"values":[%s]}}' % ",".join(['{"intValue":1}'] * (2 * 10**6))))), {200})
    yield ("JSON: 300,000 lists in each other", JSON, json_spans(json_span(1, json_attribute(
        tag, json_nested(300000, '{"arrayValue":{"values":[', "]}}")))), {200})
    yield ("JSON: 300,000 lists of pairs in each other", JSON, json_spans(json_span(1, json_attribute(
        tenant, json_nested(300000, '{"kvlistValue":{"values":[{"key":"k","value":', "}]}}")))), {200})
    yield "JSON: 60 MiB of brackets", JSON, b'{"resourceSpans":' + b"[" * LARGE, {400}
    yield "JSON: 60 MiB of commas", JSON, b'{"resourceSpans":[' + b"," * LARGE, {400}
    yield "JSON: 60 MiB of spans", JSON, many_json_spans(), {200}


def zstd(data):
    room = ctypes.create_string_buffer(len(data) // 100 + 1024)
    size = ZSTD.ZSTD_compress(room, ctypes.c_size_t(len(room)), data, ctypes.c_size_t(len(data)), 1)
    return room.raw[:size]


def bombs():
    """Coding and body of what inflates to more than server.limits.body."""
    plain = put(1, put(2, b"\x12\x00" * (120 * MIB)))
    yield "gzip", gzip.compress(plain, 1), 413
    yield "deflate", zlib.compress(plain, 1), 413
    yield "zstd", zstd(plain), 413
    yield "zstd", bytes([0x28, 0xB5, 0x2F, 0xFD, 0xC0, 0x58] + [0xFF] * 7 + [0x0F, 9, 0, 0, 0x20]), 400


# --- what became of it ---

def reset_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as f:
        f.write("5")


def peak(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM")) * 1024


class Probe:
    """Asks for health all the time, and knows the slowest answer."""

    def __init__(self, engine):
        self.engine, self.slowest, self.ended, self.failed = engine, 0.0, False, None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended:
            began = time.monotonic()
            try:
                if request(self.engine.port, "GET", "/-/healthy", timeout=120).status != 200:
                    self.failed = "not 200"
            except OSError as failure:
                self.failed = str(failure)
            self.slowest = max(self.slowest, time.monotonic() - began)
            time.sleep(0.002)

    def end(self):
        self.ended = True
        self.thread.join()
        return self.slowest


def is_status(answer, kind):
    """A google.rpc.Status: a code, then a message, or the same in JSON."""
    if kind == JSON:
        return set(answer.json) == {"code", "message"}
    return answer.body[:1] == b"\x08" and answer.body[2:3] == b"\x12"


def post(check, engine, what, kind, body, statuses, **headers):
    reset_peak(engine.child.pid)
    probe = Probe(engine)
    began = time.monotonic()
    answer = request(engine.port, "POST", "/v1/traces", body, {"Content-Type": kind, **headers}, timeout=300)
    took, slowest = time.monotonic() - began, probe.end()
    most = peak(engine.child.pid)
    print(f"# {what} ({len(body) / MIB:.1f} MiB): {answer.status} in {took:.2f} s, health meanwhile in "
          f"{slowest:.3f} s at the slowest, {most // MIB} MiB at the most")
    said = answer.status == 200 or is_status(answer, kind)
    check.equal(f"{what}: the protocol's answer", (answer.status in statuses, said, answer.headers["Content-Type"]),
                (True, True, kind))
    check.true("within bounded memory", most < RESIDENT_MAX, most)
    check.equal("while health is answered", probe.failed, None)


def run(check, stage, _build):
    engine = stage.engine("bounds", {"server": {"loops": 1}}).start()
    for what, kind, body, statuses in hostile():
        post(check, engine, what, kind, body, statuses)
    for coding, body, status in bombs():
        post(check, engine, f"a bomb in {coding}", PROTOBUF, body, {status}, **{"Content-Encoding": coding})
    good = request(engine.port, "POST", "/v1/traces", spans(span(7 * 10**6)), {"Content-Type": PROTOBUF})
    check.equal("a small body after all of them", (good.status, good.body), (200, b""))
    metrics = engine.metrics()
    check.equal("nothing stays in flight", int(metrics.one("spendwarden_http_in_flight_bytes")), 0)
    check.equal("what was booked is booked once", int(metrics.sum(
        "spendwarden_events_total", source="otlp", outcome="accepted")),
        engine.rows("SELECT count(*) FROM requests")[0][0])
    engine.end()
    check.equal("it ends as it should", engine.child.returncode, 0)


if __name__ == "__main__":
    main(run)
