"""Hostile policies in a running engine: every event is booked with its charge, failures are
counted by reason, and nobody is kept waiting; and hostile data, settings and events.

usage: attack_test.py BINARY BUILD_DIR
"""
import json
import os
import re
import subprocess
import threading
import time

from harness import ROOT, main, request, until

SCRIPTS = os.path.join(ROOT, "tests", "data", "policy", "attacks")
FILES_AN_ENGINE = 120  # each may take 50,000 instructions an event
EVENTS, SENDERS = 10, 2
RESIDENT_MAX = 2 << 30  # under ASan

GOOD = """policy { name = "good" }
derive("team", {}, function(ev) return "search", "the last one" end)
price({}, function(ev) return ev.charge_usd * 2, "doubled" end)
"""


def write_attacks(stage):
    """One policy each, the script in an event's function and in a rule's."""
    paths = []
    for file in sorted(os.listdir(SCRIPTS)):
        with open(os.path.join(SCRIPTS, file), encoding="utf-8") as f:
            script = f.read()
        paths.append(stage.file(f"attacks/{file}", f"""policy {{ name = "{file[:-4]}",
  data = {{ "numbers" }}, settings = {{ s = 1 }} }}
local hour = window {{ sum = "charge_usd", by = {{ "tenant" }}, over = "1h" }}
local kept = {{}}
local function attack(ev)
{script}end
derive("workflow_id", {{ override = true }}, function(ev) return attack(ev) end)
derive("agent", {{}}, function(ev) return attack(ev) == "escaped" and "escaped" or nil end)
rule("Attack", {{ over = hour, above = 1 }}, function(group)
  local answer = attack(group)
  return answer == "escaped" and 1 or 0
end)
"""))
    return paths


def refused(stage, paths):
    """Those that do not even load."""
    found = set()
    for i in range(0, len(paths), 20):
        run = subprocess.run([stage.binary, "check", "--format", "json", *paths[i:i + 20]],
                             capture_output=True, text=True, timeout=120, check=False)
        found |= {e["file"] for e in json.loads(run.stdout)["errors"] if e["severity"] == "error"}
    return found


def event(name, **more):
    return {"id": name, "ai_system": "openai", "requested_model": "gpt-4o", "input_tokens": 10,
            "output_tokens": 2, "reported_usd": "0.001", "tenant": "acme", **more}


def send(engine, name, statuses):
    for i in range(EVENTS):
        statuses.append(engine.post("generic", [event(f"{name}-{i}")]).status)


def broken_lines(engine):
    """Of the log; what the checks warn of at the start is for people."""
    warning = re.compile(r"ts=|/\S+: warning\[W\d+\]: |    ")
    return [line for line in engine.log().splitlines() if not warning.match(line)]


def under_attack(check, stage, paths, number):
    good, data = stage.file("good.lua", GOOD), stage.file("numbers.yaml", "[1, 2, 3]")
    engine = stage.engine(f"attacked-{number}", {
        "server": {"loops": 2}, "rules": {"tick": "1s"},
        "policies": {"paths": [*paths, good], "data": {"numbers": data},
                     "breaker": {"events": 1000000, "ticks": 1000000},
                     "limits": {"event_instructions": 1000000000, "memory": "4MiB",
                                "table": "64KiB", "output": 256}}}).start()
    statuses = []
    senders = [threading.Thread(target=send, args=(engine, str(n), statuses)) for n in range(SENDERS)]
    for thread in senders:
        thread.start()
    while any(thread.is_alive() for thread in senders):
        check_soon(check, engine)
        time.sleep(0.5)
    for thread in senders:
        thread.join()
    total = EVENTS * SENDERS
    check.equal(f"engine {number}: every event is taken", statuses, [200] * total)
    check.equal("and in the ledger, with the charge and the label that the good policy says",
                engine.rows("SELECT count(*), sum(charge_nanousd) FROM requests WHERE team = 'search'"),
                [(total, total * 2000000)])
    check.equal("nothing escaped", engine.rows(
        "SELECT count(*) FROM requests WHERE agent IS NOT NULL"), [(0,)])
    tick = "spendwarden_tick_timestamp_seconds"
    last = engine.metrics().one(tick)
    check.true("ticks go on", until(lambda: engine.metrics().one(tick) > last, 60))
    metrics = engine.metrics()
    check.equal("no rule escaped", metrics.sum("spendwarden_alerts"), 0)
    memory = metrics.one("process_resident_memory_bytes")
    check.true("memory is bounded", memory < RESIDENT_MAX, memory)
    check.equal("every line of the log is one", broken_lines(engine), [])
    reasons = {e["reason"] for e, _ in metrics.select("spendwarden_policy_errors_total")}
    engine.end()
    check.equal("it ends as it should", engine.child.returncode, 0)
    check.equal("ledger verify is clean", engine.verify().returncode, 0)
    return reasons


def check_soon(check, engine):
    began = time.monotonic()
    status = request(engine.port, "GET", "/-/healthy").status
    took = time.monotonic() - began
    if status != 200 or took > 5:
        check.true("health answers meanwhile", False, f"{status} after {took:.1f} s")


def scripts(check, stage):
    paths = write_attacks(stage)
    gone = refused(stage, paths)
    loaded = [path for path in paths if path not in gone]
    check.true("many are refused when they load, and many load",
               len(gone) > 50 and len(loaded) > 150, f"{len(gone)} refused, {len(loaded)} loaded")
    reasons = set()
    for i in range(0, len(loaded), FILES_AN_ENGINE):
        reasons |= under_attack(check, stage, loaded[i:i + FILES_AN_ENGINE], i // FILES_AN_ENGINE)
    check.equal("failures are counted by reason", sorted(reasons - {"wall"}), [
        "instructions", "memory", "output", "runtime", "string", "table", "value"])


# --- data and settings ---

def loads(stage, policies, *more):
    """What check says, and how long it took."""
    config = stage.file("data/spendwarden.yaml", json.dumps({"policies": policies}))
    began = time.monotonic()
    run = subprocess.run([stage.binary, "check", "--config", config, *more], capture_output=True,
                         text=True, timeout=300, check=False)
    return run.returncode, run.stdout + run.stderr, time.monotonic() - began


def data(check, stage):
    policy = stage.file("data/reads.lua", """policy { name = "reads", data = { "d" } }
local depth, t = 0, data.d
while type(t) == "table" and t.a ~= nil do depth, t = depth + 1, t.a end
derive("team", {}, function(ev) return data.d[ev.tenant] end)
""")

    def said(name, text, wanted, mode="w"):
        with open(os.path.join(stage.folder, "data", "d.yaml"), mode) as f:
            f.write(text)
        code, output, seconds = loads(stage, {"paths": [policy], "data": {"d": "d.yaml"}})
        check.true(f"data: {name}", code in (0, 1) and wanted in output and seconds < 60,
                   f"{code} after {seconds:.1f} s: {output[:300]}")

    said("700,000 lists take more than a state may have", "[" + "[1], " * 700000 + "1]",
         "policies.limits.memory")
    said("beyond 16 MiB it is not read", "#" * (17 << 20), "policies.limits.data")
    said("nested too deep", "{a: " * 5000 + "1" + "}" * 5000, "d.yaml")
    said("nested as deep as it may be", "{a: " * 20 + "1" + "}" * 20, "")
    said("aliases that double", "a: &a [x]\n" + "".join(
        f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40)), "d.yaml")
    said("a key of 1 MB", '"' + "k" * (1 << 20) + '": 1', "")
    said("100,000 keys that are alike", "".join(f"key-{i}: {i}\n" for i in range(100000)), "")
    said("a key twice", "a: 1\na: 2\n", "d.yaml:2")
    said("control characters and a half character", b"a: \"\x01\x1b\"\nb: \"\xe2\x82\"\n", "d.yaml", "wb")
    said("NUL", b"a: \x00\n", "d.yaml", "wb")
    os.remove(os.path.join(stage.folder, "data", "d.yaml"))
    os.mkfifo(os.path.join(stage.folder, "data", "d.yaml"))
    code, output, seconds = loads(stage, {"paths": [policy], "data": {"d": "d.yaml"}})
    check.true("a pipe as data file holds up nobody", code == 1 and seconds < 30, output)
    code, output, _ = loads(stage, {"paths": ["d.yaml"]})
    check.true("nor one as policy", code == 1 and "cannot be read" in output, output)


SETTINGS = """policy { name = "s", settings = { number = 1, text = "x", flag = true } }
derive("team", {}, function(ev) return settings.text end)
"""


def settings(check, stage):
    policy = stage.file("data/s.lua", SETTINGS)

    def said(name, values, code, wanted=""):
        got, output, _ = loads(stage, {"paths": [policy], "settings": {"s": values}})
        check.true(f"settings: {name}", got == code and wanted in output, f"{got}: {output[:300]}")

    said("not a number", {"number": ".nan"}, 1, "number")
    said("infinite", {"number": ".inf"}, 1, "number")
    said("beyond a double", {"number": "1e999"}, 1, "number")
    said("a list", {"text": ["x"]}, 1)
    said("a text of 1 MB", {"text": "x" * (1 << 20)}, 1)
    said("code is text", {"text": '\"); os.exit() --'}, 0)
    said("unknown", {"__index": 1}, 1, "__index")
    said("1025 of them", {f"s{i}": 1 for i in range(1025)}, 1)


# --- events and names ---

ECHO = r"""policy { name = "echo" }
derive("workflow_id", { needs = { "team" } }, function(ev)
  return pcall(string.find, ev.team, ev.team) and ev.team or ev.team
end)
derive("agent", { needs = { "user" } }, function(ev) error(ev.user .. "\nts=1 level=error") end)
counter("echo_total", { help = "\"Echo\" \\ of\n teams.", labels = { "team" } },
  function(ev) return 1, ev.team end)
local hour = window { sum = "charge_usd", by = { "team" }, over = "1h" }
rule("Echo", { over = hour, above = 0, labels = { kind = "\"quoted\" \\ and\nbroken" },
  annotations = { summary = "{{team}} {{value}} {{alertname}}\n{{}} {{ {{team}} }}" } },
  function(group) return group.value end)
"""

TEXTS = ["\x00", "a\x00b", "x" * 256, "y" * 300, "\ud800", "\x7f\x1b[31m", "line\nts=1 level=error",
         '"quoted\\"', "{{value}}", "}{", "%b()", "%", "[", "(" * 40, "%f[", ".-" * 100 + "b", "%1", "^$*+?-",
         "\u202e", "\ufeff", "\U0001F4B8", "' OR 1=1 --", "<script>", "${HOME}", "__other__", "../../etc"]


def events(check, stage):
    policy = stage.file("echo.lua", ECHO)
    engine = stage.engine("echo", {"rules": {"tick": "1s"}, "policies": {
        "paths": [policy], "breaker": {"events": 1000000}}}).start()
    body = [event(f"e-{i}", team=text, user=text, tags=[text], metadata={text: text})
            for i, text in enumerate(TEXTS)]
    answer = engine.post("generic", json.dumps(body))
    check.equal("every event of strange texts is taken", (answer.status, answer.json["accepted"]),
                (200, len(TEXTS)))
    raw = json.dumps(event("raw")).encode().replace(b'"acme"', b'"\xff\xfe\xc0"')
    check.equal("one of no valid UTF-8 is answered for",
                engine.post("generic", raw).status in (200, 400), True)
    check.equal("and booked with its charge", engine.rows(
        "SELECT count(*), sum(charge_nanousd) FROM requests WHERE id LIKE 'e-%'"),
        [(len(TEXTS), len(TEXTS) * 1000000)])
    check.equal("what a policy made of a text is that text", engine.rows(
        "SELECT count(*) FROM requests WHERE team IS NOT workflow_id"), [(0,)])
    check.true("alerts fire", until(lambda: engine.metrics().one("spendwarden_alerts", state="firing") > 5))
    metrics = engine.metrics()
    check.equal("metrics stay lines", metrics.sum("echo_total"),
                engine.rows("SELECT count(*) FROM requests")[0][0])
    check.equal("of one sample each", [line for line in metrics.text.split("\n")
                                       if line and not line.startswith(("#", "llm_", "spendwarden_", "process_", "echo_total"))], [])
    check.true("the API stays JSON", len(engine.api("alerts")) > 5)
    check.equal("and the log lines", broken_lines(engine), [])
    engine.end()
    check.equal("ledger verify is clean", engine.verify().returncode, 0)


def names(check, stage):
    declarations = {
        "rule('%s', { over = window { count = true, over = '1h' } }, function() return true end)": "rule",
        "window { name = '%s', sum = function() return 1 end, over = '1h' }": "window",
        "counter('%s', { help = 'h' }, function() return 1 end)": "counter",
        "budget('%s', { over = 'month' }, function() return 1 end)": "budget",
        "classify({ '%s' }, {}, function() end)": "classify",
        "derive('%s', {}, function() end)": "derive",
    }
    for call, kind in declarations.items():
        for name in ("", "a\\nb", "a\\0b", "x" * 3000, "{{value}}", "\\255", "..", "a b", "-- x", "ä"):
            path = stage.file("names/n.lua", 'policy { name = "n" }\n' + call % name + "\n")
            run = subprocess.run([stage.binary, "check", path], capture_output=True, text=True,
                                 errors="replace", timeout=60, check=False)
            if run.returncode != 1 or "n.lua:2" not in run.stderr:
                check.true(f"{kind}: the name {name[:20]!r} is refused", False, run.stderr[:200])
                return
        check.true(f"{kind}: strange names are refused with their line", True)


# --- no way in ---

def routes():
    """Of the table in src/api/server.c, and what is below ingest."""
    with open(os.path.join(ROOT, "src", "api", "server.c"), encoding="utf-8") as f:
        source = f.read()
    table = source[source.index("} routes[]"):]
    paths = re.findall(r'\{STR\("(/[^"]*)"\)', table[:table.index("};")])
    return paths + ["/v1/ingest/generic", "/v1/ingest/litellm", "/v1/ingest/policy",
                    "/api/v1/policies/good", "/-/policies", "/policies/good.lua"]


def no_way_in(check, stage):
    source = GOOD.replace('"search"', '"taken over"')
    good = stage.file("kept/good.lua", GOOD)
    engine = stage.engine("kept", {"policies": {"paths": [good]}}).start()
    paths = routes()
    check.true("the table of routes is known", len(paths) > 15 and "/-/reload" in paths, paths)

    def hashes():
        status = engine.api("status")
        return status["policy_hash"], engine.rows("SELECT count(*) FROM generations")

    before = hashes()
    multipart = (f'--b\r\nContent-Disposition: form-data; name="f"; filename="good.lua"\r\n\r\n{source}\r\n--b--'
                 .encode())
    bodies = [("application/x-lua", source.encode()), ("text/plain", source.encode()),
              ("multipart/form-data; boundary=b", multipart),
              ("application/json", json.dumps({"policies": {"good.lua": source}, "path": good,
                                               "source": source}).encode())]
    for path in paths:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            for content_type, body in bodies:
                request(engine.port, method, path, body, {"Content-Type": content_type})
            request(engine.port, method, f"{path}?paths=/tmp&source=x&file=good.lua")
    check.equal("no method of any path changes what decides", hashes(), before)
    with open(good, encoding="utf-8") as f:
        check.equal("nor the file", f.read(), GOOD)
    engine.post("generic", [event("after")])
    check.equal("nor what is decided", engine.rows("SELECT DISTINCT team FROM requests"), [("search",)])
    engine.end()

def run(check, stage, _build):
    for part in (scripts, data, settings, events, names, no_way_in):
        print(f"# {part.__name__}")
        part(check, stage)


if __name__ == "__main__":
    main(run)
