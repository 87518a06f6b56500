"""Compressed bodies, as gateways and exporters send them: booked as if they had come plain;
broken, huge and hostile ones are answered, and nobody waits for them.

usage: compressed_test.py BINARY BUILD_DIR
"""
import ctypes
import gzip
import http.client
import json
import socket
import threading
import time
import zlib

from harness import main, read, request, until

ZSTD = ctypes.CDLL("libzstd.so.1")
ZSTD.ZSTD_compress.restype = ctypes.c_size_t
TAKEN = "gzip, deflate, zstd"
BOMB_SIZE, BOMBS = 200 << 20, 12


def zstd(data, level=3):
    room = ctypes.create_string_buffer(len(data) + (len(data) >> 7) + 512)
    size = ZSTD.ZSTD_compress(room, ctypes.c_size_t(len(room)), data, ctypes.c_size_t(len(data)), level)
    return room.raw[:size]


def raw_deflate(data):
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def members(pack):
    """The body in three parts, each packed alone."""
    return lambda data: pack(data[:100]) + pack(data[100:1000]) + pack(data[1000:])


PACKERS = {
    "gzip": ("gzip", gzip.compress),
    "deflate with the header of zlib": ("deflate", zlib.compress),
    "deflate without it": ("deflate", raw_deflate),
    "zstd": ("zstd", zstd),
    "gzip of several members": ("gzip", members(gzip.compress)),
    "zstd of several frames": ("zstd", members(zstd)),
    "x-gzip": ("x-gzip", gzip.compress),
    "names in any case": ("GZip", gzip.compress),
    "identity": ("Identity", bytes),
}


def plain_litellm():
    return json.loads(read("tests", "data", "decode", "litellm", "01_plain.json"))


def litellm(*names):
    """A captured body, once for each name."""
    plain, now = plain_litellm(), time.time()
    events = plain if isinstance(plain, list) else [plain]
    return json.dumps([{**events[0], "id": name, "litellm_call_id": name, "startTime": now - 2,
                        "endTime": now - 1} for name in names]).encode()


def generic(name, size=0):
    event = json.dumps({"id": name, "ai_system": "openai", "requested_model": "gpt-4o",
                        "reported_usd": "0.001"}).encode()
    return event + b" " * (size - len(event))


def post(engine, coding, body, source="generic"):
    return engine.post(source, body, headers={"Content-Encoding": coding})


def exchange(engine, *parts, pause=0.05):
    """Bytes as they are, one part after the other; the answer's first bytes."""
    with socket.create_connection(("127.0.0.1", engine.port), timeout=30) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            peer.sendall(part)
            time.sleep(pause)
        return peer.recv(4096)


def chunked(coding, *chunks):
    head = (f"POST /v1/ingest/litellm HTTP/1.1\r\nHost: x\r\nContent-Encoding: {coding}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n").encode()
    return [head, *(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks), b"0\r\n\r\n"]


def booked(engine, *names):
    return [engine.rows("SELECT count(*), total(charge_nanousd) > 0 FROM requests WHERE call_id = ?", n)[0]
            for n in names]


def comes_compressed(check, stage):
    engine = stage.engine("compressed", {"server": {"loops": 2}}).start()
    for number, (name, (coding, pack)) in enumerate(PACKERS.items()):
        ids = [f"c{number}-{i}" for i in range(4)]
        answer = post(engine, coding, pack(litellm(*ids)), "litellm")
        check.equal(f"{name}: taken", (answer.status, answer.json.get("accepted")), (200, 4))
        check.equal("and booked with a charge", booked(engine, *ids), [(1, 1)] * 4)

    packed = gzip.compress(litellm("node"))
    answer = exchange(engine, *chunked("gzip", packed[:10], packed[10:]))
    check.true("chunks, the header of gzip first", answer.startswith(b"HTTP/1.1 200"), answer)
    packed = zstd(litellm("bytes"))
    answer = exchange(engine, *chunked("zstd", *(packed[i:i + 1] for i in range(len(packed)))), pause=0)
    check.true("chunks of a byte", answer.startswith(b"HTTP/1.1 200"), answer)
    check.equal("are booked", booked(engine, "node", "bytes"), [(1, 1)] * 2)

    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=30)
    statuses = []
    for i, (coding, pack) in enumerate(PACKERS.values()):
        body = pack(litellm(f"kept-{i}"))
        connection.request("POST", "/v1/ingest/litellm", body if i % 2 else iter([body[:9], body[9:]]),
                           {"Content-Encoding": coding}, encode_chunked=not i % 2)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    check.equal("one connection may carry all of them", statuses, [200] * len(PACKERS))
    answer = post(engine, "gzip", gzip.compress(b"[" + generic("good") + b", 17]"))
    check.equal("what is rejected has its place in the inflated body",
                [(r["index"], r["position"]) for r in answer.json["rejected"]],
                [(1, 1 + len(generic("good")) + 2)])
    refused_codings(check, engine)
    broken(check, engine)
    check.equal("nothing stays in flight", int(engine.metrics().one("spendwarden_http_in_flight_bytes")), 0)
    engine.end()
    check.equal("it ends as it should", engine.child.returncode, 0)
    check.equal("ledger verify is clean", engine.verify().returncode, 0)


def refused_codings(check, engine):
    body = gzip.compress(generic("never"))
    for coding in ("br", "gzip, gzip", "identity, gzip", "gzip;q=1", "compress", "zstd zstd", "x" * 2000):
        answer = post(engine, coding, body)
        check.equal(f"{coding[:20]!r} is 415, and the answer says what is taken",
                    (answer.status, answer.headers.get("Accept-Encoding"), TAKEN in answer.text),
                    (415, TAKEN, True))
    head = b"POST /v1/ingest/generic HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % len(body)
    twice = b"Content-Encoding: gzip\r\n" * 2
    check.true("two headers are a list, too",
               exchange(engine, head + twice + b"\r\n" + body).startswith(b"HTTP/1.1 415"))
    blank = b"content-encoding: \t gzip \t\r\n"
    spaced = gzip.compress(generic("spaced"))
    head = b"POST /v1/ingest/generic HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % len(spaced)
    check.true("blanks around a name are none of it",
               exchange(engine, head + blank + b"\r\n" + spaced).startswith(b"HTTP/1.1 200"))
    answer = request(engine.port, "POST", "/-/reload", body, {"Content-Encoding": "gzip"})
    check.equal("other routes take none", (answer.status, answer.headers.get("Accept-Encoding")),
                (415, "identity"))
    check.equal("a request without a body may say what it likes", request(
        engine.port, "GET", "/metrics", None, {"Content-Encoding": "gzip"}).status, 200)


def broken(check, engine):
    failures = "spendwarden_http_inflate_failures_total"
    before, rows = engine.metrics().one(failures), engine.rows("SELECT count(*) FROM requests")
    body, tried = generic("broken"), 0
    for coding, pack in (("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstd)):
        packed = pack(body)
        for what, wrong in (("cut off", packed[:-3]), ("a byte of it", packed[:1]),
                            ("something behind it", packed + b"more"), ("not compressed", body)):
            answer = post(engine, coding, wrong)
            check.equal(f"{coding}, {what}: 400 that names the coding",
                        (answer.status, coding in answer.text), (400, True))
            tried += 1
    packed = gzip.compress(body)
    answer = post(engine, "gzip", packed[:-8] + b"\0" * 4 + packed[-4:])
    check.equal("a wrong checksum: 400 that says so", (answer.status, "check" in answer.text), (400, True))
    check.equal("nothing at all: 400", post(engine, "gzip", b"").status, 400)
    check.equal("something compressed that is empty: 400", post(engine, "gzip", gzip.compress(b"")).status, 400)
    check.equal("each that did not inflate is counted", engine.metrics().one(failures) - before, tried + 1)
    check.equal("nothing of it is booked", engine.rows("SELECT count(*) FROM requests"), rows)


def limits(check, stage):
    size = 512 << 10
    engine = stage.engine("limits", {"server": {
        "loops": 1, "limits": {"body": "512KiB", "in_flight": "768KiB"}}}).start()
    for i, (coding, pack) in enumerate((("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstd))):
        check.equal(f"{coding}: as large as server.limits.body", post(
            engine, coding, pack(generic(f"fits-{i}", size))).status, 200)
        answer = post(engine, coding, pack(generic(f"large-{i}", size + 1)))
        check.equal("a byte more: 413 that names the limit",
                    (answer.status, "server.limits.body" in answer.text and "inflated" in answer.text),
                    (413, True))
        check.equal("hundreds of times as much, too",
                    post(engine, coding, pack(b" " * (size << 7))).status, 413)
    huge = bytes([0x28, 0xB5, 0x2F, 0xFD, 0xC0, 0x58] + [0xFF] * 7 + [0x0F, 9, 0, 0, 0x20])
    check.equal("a frame that tells of exabytes: 400", post(engine, "zstd", huge).status, 400)
    answer = post(engine, "zstd", bytes([0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xF8, 9, 0, 0, 0x20]))
    check.equal("a window of two terabytes: 400 that says what may be",
                (answer.status, "8 MB" in answer.text), (400, True))
    noise = zstd(generic("noise")) + b"\x50\x2A\x4D\x18" + size.to_bytes(4, "little") + b"\0" * size
    answer = post(engine, "zstd", noise)
    check.equal("a compressed body beyond the limit: 413, of what came",
                (answer.status, "inflated" in answer.text), (413, False))

    answer = post(engine, "deflate", zlib.compress(b" " * (size << 9)))
    check.equal("what would not fit even alone: 413 that names that limit",
                (answer.status, "server.limits.in_flight" in answer.text), (413, True))

    in_flight = "spendwarden_http_in_flight_bytes"
    check.equal("nothing stays in flight", int(engine.metrics().one(in_flight)), 0)
    body = gzip.compress(generic("waits", 400 << 10))
    with socket.create_connection(("127.0.0.1", engine.port)) as slow:
        slow.sendall(b"POST /v1/ingest/generic HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n"
                     + generic("slow", 299999))
        until(lambda: engine.metrics().one(in_flight) > 290000, 5)
        held = int(engine.metrics().one(in_flight))
        answer = post(engine, "gzip", body)
        check.equal("no room for what comes out: 503 with Retry-After",
                    (answer.status, answer.headers.get("Retry-After")), (503, "1"))
        check.equal("which leaves nothing behind", int(engine.metrics().one(in_flight)), held)
        slow.sendall(b" ")
        check.equal("whoever was there is answered", slow.recv(12), b"HTTP/1.1 200")
    check.true("and with room again it is taken", until(lambda: post(engine, "gzip", body).status == 200, 5))
    check.equal("each event once", engine.rows("SELECT count(*) FROM requests"), [(5,)])
    engine.end()


def nobody_waits(check, stage):
    """Bombs that inflate up to the default limit, one after the other on one loop."""
    engine = stage.engine("bombs", {"server": {"loops": 1}}).start()
    bombs = [("gzip", gzip.compress(b" " * BOMB_SIZE, 1)), ("zstd", zstd(b" " * BOMB_SIZE, 1))]
    statuses, slowest = [], 0.0
    threads = [threading.Thread(target=lambda i=i: statuses.append(
        engine_post(engine, *bombs[i % 2]))) for i in range(BOMBS)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        began = time.monotonic()
        engine.get("/-/healthy")
        slowest = max(slowest, time.monotonic() - began)
    check.equal("each bomb is 413", statuses, [413] * BOMBS)
    check.true(f"health answered meanwhile, at the slowest in {slowest * 1000:.0f} ms", slowest < 1.5)
    metrics = engine.metrics()
    check.equal("nothing stays in flight", int(metrics.one("spendwarden_http_in_flight_bytes")), 0)
    held = metrics.one("process_resident_memory_bytes")
    check.true("memory is bounded", held < (1 << 30), held)
    threads = [threading.Thread(target=engine_post, args=(engine, *bombs[0])) for i in range(BOMBS)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    check.true("it ends while some wait", engine.end() < 10)
    for thread in threads:
        thread.join()
    check.equal("as it should", engine.child.returncode, 0)


def engine_post(engine, coding, body):
    try:
        return request(engine.port, "POST", "/v1/ingest/generic", body,
                       {"Content-Encoding": coding}, timeout=120).status
    except OSError as failure:
        return str(failure)
    except http.client.HTTPException as failure:
        return str(failure)


def strangers(check, stage):
    token = stage.token("ingest")
    engine = stage.engine("strangers", {"server": {"tokens": [
        {"file": "../tokens/ingest", "scope": ["ingest", "read"]}]}}, token=token).start()
    failures = "spendwarden_http_inflate_failures_total"
    check.equal("without a token nothing is inflated", post(engine, "gzip", b"junk").status, 401)
    check.equal("nor without a source", engine.post("nobody", b"junk", {
        **engine.headers, "Content-Encoding": "gzip"}).status, 404)
    check.equal("and so none failed", engine.metrics().one(failures), 0)
    check.equal("with one it is", engine.post("generic", gzip.compress(generic("t")), {
        **engine.headers, "Content-Encoding": "gzip"}).status, 200)
    engine.end()


def run(check, stage, _build):
    for part in (comes_compressed, limits, nobody_waits, strangers):
        print(f"# {part.__name__}")
        part(check, stage)


if __name__ == "__main__":
    main(run)
