"""Bad input and operations, by the HTTP surface of one engine at a time.

usage: surface_test.py BINARY BUILD_DIR
"""
import json
import os
import signal
import socket
import time

from harness import ROOT, bearer, main, request, rfc3339, until, write


def event(name, **more):
    return {"id": name, "ai_system": "openai", "requested_model": "gpt-4o", "status": "success",
            "input_tokens": 10, "output_tokens": 2, "reported_usd": "0.001", "team": "search",
            **more}


def litellm_event(name, extra=""):
    """As text, for what no JSON writer writes."""
    return ('{"id": "%s", "litellm_call_id": "%s", "call_type": "acompletion", "status": "success",'
            ' "model": "gpt-4o", "custom_llm_provider": "openai", "prompt_tokens": 10,'
            ' "completion_tokens": 2, "total_tokens": 12, "response_cost": 0.002,'
            ' "startTime": %d.5, "endTime": %d.75%s}'
            % (name, name, time.time() - 2, time.time() - 2, extra))


def counts(answer):
    if answer.status != 200:
        return answer.status, answer.text
    body = answer.json
    return body["accepted"], body["duplicate"], [r["index"] for r in body["rejected"]]


def bad_bodies(check, stage):
    engine = stage.engine("bodies", {"server": {"limits": {"body": "1MiB"}}}).start()

    answer = engine.post("generic", b"this is no JSON")
    check.equal("a body of which nothing can be read is 400", answer.status, 400)
    check.true("and the answer says where", isinstance(answer.json.get("position"), int), answer.text)
    check.equal("an empty body is 400", engine.post("generic", b"").status, 400)

    mixed = [event("m1"), event("m2", input_tokens="many"), event("m3"), 17, event("m4")]
    check.equal("a bad event among good ones is rejected by its index",
                counts(engine.post("generic", mixed)), (3, 0, [1, 3]))
    reason = engine.post("generic", mixed).json["rejected"][0]["reason"]
    check.true("the reason names the field and quotes nothing",
               "input_tokens" in reason and "many" not in reason, reason)

    whole = json.dumps([event(f"cut-{i}") for i in range(512)])
    cut = whole[:whole.index('"cut-300"') + 30]
    check.equal("a body cut within event 301 of 512 books 300",
                counts(engine.post("generic", cut)), (300, 0, [300]))
    check.equal("which are in the ledger",
                engine.rows("SELECT count(*) FROM requests WHERE id LIKE 'cut-%'"), [(300,)])
    check.equal("the whole body afterwards adds the other 212",
                counts(engine.post("generic", whole)), (212, 300, []))

    check.equal("a body above server.limits.body is 413",
                engine.post("generic", b"[" + b" " * (1 << 20) + b"]").status, 413)
    with socket.create_connection(("127.0.0.1", engine.port), timeout=10) as huge:
        huge.sendall(b"POST /v1/ingest/generic HTTP/1.1\r\nHost: x\r\n"
                     b"Content-Length: 99999999999\r\n\r\n[")
        check.true("one that says it is huge is 413 before it comes",
                   huge.recv(100).startswith(b"HTTP/1.1 413"))
    check.equal("an unknown path is 404", engine.get("/v1/nothing").status, 404)
    unknown = engine.post("nobody", [event("x")])
    check.true("an unknown source is 404, which names those there are", unknown.status == 404
               and b"there are litellm, generic, kong" in unknown.body, unknown.body)
    answer = engine.get("/v1/ingest/generic")
    check.equal("GET on ingest is 405", (answer.status, "POST" in answer.headers.get("Allow", "")),
                (405, True))
    check.equal("POST on /metrics is 405",
                request(engine.port, "POST", "/metrics", b"").status, 405)

    odd = "[" + ",".join([
        litellm_event("odd-0"),
        litellm_event("odd-1", ', "metadata": {"spend_logs_metadata": {"x": NaN, "y": -Infinity}}'),
        litellm_event("odd-2", ', "metadata": {"user_api_key_team_id": "\\ud800team"}'),
        litellm_event("odd-3", ', "metadata": {"n": 123456789012345678901234567890}'),
        "null",
        litellm_event("odd-5", ', "x": Infinity'),
    ]) + "]"
    answer = engine.post("litellm", odd)
    check.equal("NaN, Infinity, lone surrogates and 30-digit integers cost no event",
                (counts(answer), answer.json.get("skipped")), ((5, 0, []), 1))
    check.equal("and their charges are booked", engine.rows(
        "SELECT sum(charge_nanousd) FROM requests WHERE id LIKE 'odd-%'"), [(5 * 2000000,)])
    check.equal("a gateway's lines of JSON are as good as its array", counts(engine.post(
        "litellm", litellm_event("line-1") + "\n" + litellm_event("line-2"))), (2, 0, []))

    rejects = engine.api("rejects")
    check.true("/api/v1/rejects lists reason, source and position",
               any(r["source"] == "generic" and "input_tokens" in r["reason"] and r["index"] == 1
                   and r["position"] > 0 for r in rejects), rejects)
    check.true("and no text of the body", "many" not in json.dumps(rejects)
               and "this is no" not in json.dumps(rejects))
    seen = engine.metrics().sum("spendwarden_events_total", source="generic", outcome="rejected")
    check.equal("rejected events are counted", int(seen), len(rejects))
    restart(check, engine)


def restart(check, engine):
    names = ("llm_spend_usd_total", "llm_requests_total", "llm_tokens_total")
    wanted = [engine.metrics().select(name) for name in names]
    with socket.create_connection(("127.0.0.1", engine.port)) as slow:
        slow.sendall(b"POST /v1/ingest/generic HTTP/1.1\r\nHost: x\r\n"
                     b"Content-Length: 1000\r\n\r\n[{")
        seconds = engine.end()
    check.true("SIGTERM ends the engine within 2 s, though a client has sent half a body",
               seconds < 2, f"{seconds:.1f} s")
    check.equal("with exit status 0", engine.child.returncode, 0)
    check.equal("ledger verify is clean after it", engine.verify().returncode, 0)
    engine.start()
    check.equal("the next start serves the same counters",
                [engine.metrics().select(name) for name in names], wanted)
    last = engine.metrics().one("spendwarden_source_last_event_timestamp_seconds",
                                source="litellm")
    check.true("and when each source last sent one", last and time.time() - float(last) < 60, last)
    check.equal("and knows the events that it has", counts(engine.post("generic", [event("m1")])),
                (0, 1, []))
    engine.end()


def access(check, stage):
    ingest, bound, read, admin = (stage.token(n) for n in ("ingest", "bound", "read", "admin"))
    tokens = [{"file": "../tokens/ingest", "scope": "ingest"},
              {"file": "../tokens/bound", "scope": "ingest", "source": "generic",
               "labels": {"tenant": "acme"}},
              {"file": "../tokens/read", "scope": "read"},
              {"file": "../tokens/admin", "scope": ["read", "admin"]}]
    engine = stage.engine("access", {"server": {"tokens": tokens}}, token=admin).start()

    def ask(method, path, token, body=None):
        return request(engine.port, method, path, body, bearer(token))

    def status(*args):
        return ask(*args).status

    body = json.dumps(event("t1")).encode()
    check.equal("no token is 401", status("POST", "/v1/ingest/generic", None, body), 401)
    check.equal("a wrong token is 401", status("POST", "/v1/ingest/generic", "x" * 30, body), 401)
    check.equal("a read token cannot ingest", status("POST", "/v1/ingest/generic", read, body), 403)
    check.equal("an ingest token cannot read", status("GET", "/metrics", ingest), 403)
    check.equal("a read token cannot reload", status("POST", "/-/reload", read), 403)
    check.equal("an admin token can", status("POST", "/-/reload", admin), 200)
    check.equal("a read token can read", status("GET", "/api/v1/status", read), 200)
    refused = {}
    for name, method, token in (("missing", "GET", None), ("unknown", "GET", "x" * 30), ("scope", "GET", ingest),
                                ("method", "POST", read)):
        answer = ask(method, "/api/v1/status", token)
        refused[name] = (answer.status, answer.json["status"], answer.json["errorType"])
    check.equal("what the API refuses to do is told as its errors are", refused, {
        "missing": (401, "error", "unauthorized"), "unknown": (401, "error", "unauthorized"),
        "scope": (403, "error", "forbidden"), "method": (405, "error", "method_not_allowed")})
    texts = [ask("GET", path, token).text for path, token in
             (("/metrics", None), ("/metrics", "x" * 30), ("/metrics", ingest), ("/api/v1/alerts", ingest))]
    check.true("a missing token, an unknown one and a missing scope read apart",
               all(w in t for w, t in zip(("is needed, as", "not known", "scope read", "scope read"), texts)), texts)
    check.true("a missing scope is named", "scope admin" in ask("POST", "/-/reload", read).text)
    check.equal("health needs no token", status("GET", "/-/healthy", None), 200)
    check.equal("a token bound to a source opens no other",
                status("POST", "/v1/ingest/litellm", bound, litellm_event("t2").encode()), 403)
    check.equal("an ingest token can ingest", status("POST", "/v1/ingest/generic", ingest, body), 200)
    other = json.dumps(event("t3", tenant="someone-else")).encode()
    check.equal("and so can the bound one", status("POST", "/v1/ingest/generic", bound, other), 200)
    check.equal("its labels win over the body's",
                engine.rows("SELECT tenant FROM requests WHERE id = 't3'"), [("acme",)])
    engine.end()


def late_events(check, stage):
    paths = [os.path.join(ROOT, "policies", "spikes")]
    engine = stage.engine("late", {"rules": {"tick": "1s"}, "policies": {"paths": paths}}).start()
    now = time.time()

    def spool(team, last):
        ends = [last - 600 + i for i in range(600)]
        return [event(f"{team}-{i}", team=team, reported_usd="0.5", start=rfc3339(end - 1),
                      end=rfc3339(end)) for i, end in enumerate(ends)]

    def alerts():
        metrics = engine.metrics()
        return [int(metrics.sum("spendwarden_alerts", state=s)) for s in ("pending", "firing")]

    def windows():
        return [engine.metrics().sum("llm_spend_window_usd", window=w) for w in ("1h", "24h")]

    answer = engine.post("generic", spool("drained", now - 7200))
    check.equal("a spool of 600 events of two hours ago is booked", counts(answer), (600, 0, []))
    check.true("the rules have seen all of it", until(lambda: windows()[1] == 300), windows())
    check.equal("it is no spike, pending or firing", alerts(), [0, 0])
    check.equal("late events are counted", int(engine.metrics().sum("spendwarden_late_events_total")),
                600)
    check.equal("windows go by the event's time", windows(), [0, 300])
    engine.post("generic", spool("burning", now))
    check.true("the same spend within the last ten minutes is one",
               until(lambda: alerts()[0] > 0), alerts())
    check.equal("which /api/v1/alerts lists", {
        a["labels"].get("team"): a["state"] for a in engine.api("alerts")
        if a["labels"]["dimension"] == "team"}, {"burning": "pending"})
    engine.end()


def starts_refused(check, stage):
    first = stage.engine("holder", {}).start()
    second = stage.engine("second", {})
    second.configure(json.dumps({"server": {"listen": f"127.0.0.1:{second.port}"},
                                 "ledger": {"path": first.ledger}}))
    run = second.run("run", "--config", second.path)
    check.equal("a second engine on one ledger exits 2", run.returncode, 2)
    check.true("and names the holder", str(first.child.pid) in run.stderr, run.stderr)
    first.end()

    def refused(name, config, *wanted):
        path = stage.file(f"refused/{name}.yaml", config)
        run = second.run("run", "--config", path)
        text = run.stdout + run.stderr
        check.equal(f"{name} is found by check", second.run("check", "--config", path).returncode, 1)
        check.equal(f"{name} at start exits 2", run.returncode, 2)
        check.true(f"{name}: every error is told", all(w in text for w in wanted), text)

    refused("a bad configuration", "server: { lisen: 127.0.0.1:1 }\nrules: { tick: 1ms }\n",
            "a bad configuration.yaml:1:", "listen", "a bad configuration.yaml:2:")
    stage.file("refused/one.lua", 'policy { name = "one" }\nderive("team", {}, 5)\n')
    stage.file("refused/two.lua", 'policy { name = "two" }\nlocal x = = 1\n')
    refused("a bad policy", "policies: { paths: [one.lua, two.lua] }\n", "one.lua:2", "two.lua:2")
    refused("a listener beyond loopback without tokens", "server: { listen: 0.0.0.0:0 }\n",
            "token")
    refused("a token file that is not there", "server: { tokens: [{ file: none, scope: read }] }\n",
            "a token file that is not there.yaml:1:28: server.tokens: file: ", "none: No such file or directory")
    refused("a key of hashes that is not there", "labels: { hash: [end_user], hash_key_file: none }\n",
            "a key of hashes that is not there.yaml:1:44: labels.hash_key_file: ", "none: No such file or directory")
    refused("settings for a policy that is not there",
            "policies:\n  settings: { spike: { factor: 2, floor_usd: 1 } }\n",
            "not there.yaml:2:15: policies.settings: no policy has the name 'spike'\n")


def reloads(check, stage):
    good = 'policy { name = "p" }\nderive("tenant", {}, function(ev) return "one", "r" end)\n'
    path = stage.file("reload/p.lua", good)
    engine = stage.engine("reload", {"policies": {"paths": [path]}}).start()
    name = "spendwarden_config_last_reload_successful"
    check.equal("the metric of reloads begins at 1", engine.metrics().one(name), 1)

    write(path, 'policy { name = "p" }\nderive("tenantt", {}, 5)\n')
    answer = engine.reload()
    checked = engine.run("check", "--config", engine.path)
    check.equal("a bad policy at reload is 500", answer.status, 500)
    check.equal("check finds it, too", checked.returncode, 1)
    check.equal("with the same text", answer.text.strip(), (checked.stdout + checked.stderr).strip())
    check.equal("the metric says so", engine.metrics().one(name), 0)
    engine.post("generic", [event("r1")])
    check.equal("the old policy goes on",
                engine.rows("SELECT tenant FROM requests WHERE id = 'r1'"), [("one",)])

    write(path, good.replace('"one"', '"two"'))
    engine.send(signal.SIGHUP)
    check.true("a good one by SIGHUP ends it", until(lambda: engine.metrics().one(name) == 1))
    engine.post("generic", [event("r2")])
    again = engine.reload()
    check.equal("a reload answers which generation decides", (again.status, again.text),
                (200, f"reloaded: generation {engine.api('policies')['generation']} decides\n"))
    check.equal("and decides from then on",
                engine.rows("SELECT tenant FROM requests WHERE id = 'r2'"), [("two",)])
    engine.end()


def policy_errors(check, stage):
    path = stage.file("errors/bad.lua", """policy { name = "bad" }
derive("team", {}, function(ev) return ev.tags.nothing.at_all, "r" end)
derive("tenant", {}, function(ev) while true do end end)
derive("workflow_id", {}, function(ev) return "wf", "r" end)
""")
    engine = stage.engine("errors", {"policies": {"paths": [path]}}).start()
    sent = event("e1")
    del sent["team"]
    check.equal("an event is booked although policies fail", counts(engine.post("generic", [sent])),
                (1, 0, []))
    check.equal("with the charge and what the other functions decided", engine.rows(
        "SELECT charge_nanousd, team, tenant, workflow_id FROM requests"),
        [(1000000, None, None, "wf")])
    errors = engine.metrics().select("spendwarden_policy_errors_total", policy="bad")
    check.equal("each failure is counted", sorted(int(v) for _, v in errors), [1, 1])
    check.true("with its line", sorted(e["rule"].rsplit(":", 1)[1] for e, _ in errors) == ["2", "3"],
               errors)
    check.true("and logged with it", until(lambda: "bad.lua:2" in engine.log()), engine.log())
    engine.end()


def bodies_in_flight(check, stage):
    limits = {"body": "64KiB", "in_flight": "64KiB"}
    engine = stage.engine("flight", {"server": {"limits": limits}}).start()
    large = json.dumps([event(f"f-{i}") for i in range(300)]).encode()
    check.true("two such bodies are more than may be in flight", 32768 < len(large) < 65536, len(large))
    with socket.create_connection(("127.0.0.1", engine.port)) as slow:
        slow.sendall(b"POST /v1/ingest/generic HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
                     % len(large) + large[:-100])
        until(lambda: engine.metrics().one("spendwarden_http_in_flight_bytes") > len(large) / 2)
        refused = engine.post("generic", large)
        check.equal("one more of them at the same time is 503 with Retry-After",
                    (refused.status, refused.headers.get("Retry-After") in ("1", "2")), (503, True))
        check.equal("health is 200 meanwhile", engine.get("/-/healthy").status, 200)
        slow.sendall(large[-100:])
        check.equal("the first one is answered", slow.recv(12), b"HTTP/1.1 200")
    check.true("afterwards there is room again",
               until(lambda: engine.post("generic", large).status == 200))
    check.equal("each event is booked once", engine.rows("SELECT count(*) FROM requests"), [(300,)])
    engine.end()


def disk_full(check, stage):
    engine = stage.engine("disk", {"rules": {"tick": "1s"}}).start()
    check.equal("before: booked", counts(engine.post("generic", [event("d1")])), (1, 0, []))
    engine.limit_file_size(4096)
    answer = engine.post("generic", [event("d2")])
    check.equal("with no room the answer is 503 with Retry-After",
                (answer.status, answer.headers.get("Retry-After") in ("1", "2")), (503, True))
    check.true("readiness is 503", until(lambda: engine.get("/-/ready").status == 503),
               engine.get("/-/ready").text)
    check.equal("health is 200", engine.get("/-/healthy").status, 200)
    check.equal("a second try is 503, too", engine.post("generic", [event("d2")]).status, 503)
    engine.limit_file_size(None)
    check.true("with room again it books by itself",
               until(lambda: engine.post("generic", [event("d2")]).status == 200, step=0.5))
    check.true("and is ready", until(lambda: engine.get("/-/ready").status == 200))
    check.equal("each event once", engine.rows("SELECT id FROM requests ORDER BY id"),
                [("d1",), ("d2",)])
    check.equal("counters agree", engine.metrics().nano("llm_spend_usd_total"), 2000000)
    engine.end()
    verified = engine.verify()
    check.equal("ledger verify is clean", verified.returncode, 0)


def run(check, stage, _build):
    for part in (bad_bodies, access, late_events, starts_refused, reloads, policy_errors,
                 bodies_in_flight, disk_full):
        print(f"# {part.__name__}")
        part(check, stage)


if __name__ == "__main__":
    main(run)
