"""Alerts reach every Alertmanager there is, old and new, behind TLS and a password, over restarts.

usage: delivery_test.py BINARY BUILD_DIR (keeps Alertmanager 0.34 in BUILD_DIR/tools)
"""
import base64
import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import time

from gotools import tool
from harness import Catcher, Process, free_port, main, read, replace, request, rfc3339, until, write

POLICY = """policy { name = "p", version = "7" }
local hour = window { sum = "charge_usd", by = { "team" }, over = "1h" }
rule("Spent", { over = hour, steps = { { 1, "warning" }, { 2, "critical" } } }, function(g) return g.value end)
"""
USER, PASSWORD = "warden", "correct horse"
PASSWORD_BCRYPT = "$2b$05$k3Mf1git4o54KM2auBe0JujVWhNaKHDrZX50RtdnCGAzXmKqwsi1S"


class Authority:
    """A certificate authority of one's own, and what it signed."""

    def __init__(self, stage, name):
        self.folder = os.path.join(stage.folder, name)
        os.makedirs(self.folder)
        self.ca = self.path("ca.pem")
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                     "-keyout", self.path("ca.key"), "-out", self.ca)

    def path(self, name):
        return os.path.join(self.folder, name)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def sign(self, name):
        key, wish, signed = (self.path(f"{name}.{end}") for end in ("key", "csr", "pem"))
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", wish)
        names = write(self.path(f"{name}.ext"), "subjectAltName=IP:127.0.0.1\n")
        self.openssl("x509", "-req", "-in", wish, "-CA", self.ca, "-CAkey", self.path("ca.key"),
                     "-CAcreateserial", "-days", "2", "-extfile", names, "-out", signed)
        return signed, key


class Alertmanager(Process):
    """With the example's configuration; `web`: of --web.config.file."""

    def __init__(self, stage, name, binary, web=None, get=None):
        self.port, self.get = free_port(), get or (lambda path: request(self.port, "GET", path).json)
        config = stage.file(f"{name}/alertmanager.yml", replace(
            read("examples", "prometheus", "alertmanager.yml"), {
                "127.0.0.1:5001/finops": "127.0.0.1:1/finops", "127.0.0.1:5001/oncall": "127.0.0.1:1/oncall"}))
        web_flag = [f"--web.config.file={stage.file(f'{name}/web.yml', json.dumps(web))}"] if web else []
        super().__init__([binary, f"--config.file={config}", "--cluster.listen-address=", *web_flag,
                          f"--storage.path={stage.folder}/{name}/data",
                          f"--web.listen-address=127.0.0.1:{self.port}"],
                         os.path.join(stage.folder, name, "log"))
        stage.keep(self)

    def start(self):
        self.launch()
        until(self.alerts_or_none)
        return self

    def alerts_or_none(self):
        try:
            return [self.alerts()]
        except (OSError, http.client.HTTPException, ValueError):
            return None

    def alerts(self):
        found = self.get("/api/v2/alerts")
        return {a["labels"]["severity"]: a for a in found if a["labels"]["alertname"] == "Spent"}


def behind_tls(stage, authority, binary):
    """Alertmanager that wants TLS with a certificate of ours, and a password."""
    signed, key = authority.sign("server")
    ours = authority.sign("warden")
    context = ssl.create_default_context(cafile=authority.ca)
    context.load_cert_chain(*ours)
    header = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def get(path):
        connection = http.client.HTTPSConnection("127.0.0.1", manager.port, timeout=10, context=context)
        try:
            connection.request("GET", path, headers={"Authorization": f"Basic {header}"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()
    manager = Alertmanager(stage, "new", binary, get=get, web={
        "tls_server_config": {"cert_file": signed, "key_file": key, "client_ca_file": authority.ca,
                              "client_auth_type": "RequireAndVerifyClientCert"},
        "basic_auth_users": {USER: PASSWORD_BCRYPT}})
    return manager.start(), ours


def spend(engine, usd):
    now = rfc3339(time.time())
    return engine.post("generic", [{
        "id": f"e{time.monotonic_ns()}", "team": "a", "ai_system": "openai", "requested_model": "gpt-4o",
        "start": now, "end": now, "input_tokens": 1, "output_tokens": 1, "reported_usd": usd}])


def access_of(authority, ours, password_file, **more):
    return {"basic_auth": {"username": USER, "password_file": password_file},
            "tls_config": {"ca_file": authority.ca, "cert_file": ours[0], "key_file": ours[1], **more}}


def both_get_all(check, engine, managers, webhook):
    spend(engine, "5")
    for name, manager in managers.items():
        check.true(f"{name}: both steps are there", until(lambda m=manager: set(m.alerts()) == {
            "warning", "critical"}), manager.alerts())
        check.true(f"{name}: the shipped inhibit rule leaves the higher one", until(
            lambda m=manager: m.alerts()["warning"]["status"]["state"] == "suppressed"
            and m.alerts()["critical"]["status"]["state"] == "active"), manager.alerts())
    alert = managers["0.25"].alerts()["critical"]
    check.equal("labels are equal in both", alert["labels"], managers["0.34"].alerts()["critical"]["labels"])
    path = alert["generatorURL"].split("//", 1)[1].split("/", 1)[1]
    found = engine.get("/" + path).json["data"]
    check.equal("its link leads to it", [a["labels"]["severity"] for a in found], ["critical"])
    check.true("the webhook was told once", until(lambda: len(webhook.taken()) == 1), len(webhook.taken()))


def command_line(check, engine, webhook):
    listed = engine.run("alerts", "--config", engine.path)
    lines = listed.stdout.splitlines()
    check.true("alerts lists the most severe first", listed.returncode == 0 and len(lines) == 3
               and lines[1].startswith("firing    critical") and lines[2].startswith("firing    warning")
               and 'Spent{policy="p",step="2",team="a"}' in lines[1], listed.stdout + listed.stderr)
    asked = engine.run("alerts", "list", "--url", f"http://127.0.0.1:{engine.port}", "--state", "pending",
                       "--format", "json")
    check.equal("and by state, as JSON", json.loads(asked.stdout), [])
    told = engine.run("alerts", "history", "--config", engine.path, "--format", "json", "--state", "firing").stdout
    changes = [json.loads(line) for line in told.split("\n") if line]
    check.equal("history has value and policy of each change", sorted(
        (c["labels"]["severity"], c["to"], c["value"], c["policy"], c["policy_version"], c["generation"])
        for c in changes), [("critical", "firing", 5, "p", "7", 1), ("warning", "firing", 5, "p", "7", 1)])
    tried = engine.run("alerts", "test", "--config", engine.path, "--severity", "none")
    check.true("a test alert reaches every receiver", tried.returncode == 0 and [
        line.split("  ")[0] for line in tried.stdout.splitlines()] == ["ok"] * 3, tried.stdout + tried.stderr)
    check.equal("the webhook got it and its end", [json.loads(b)["status"] for b in webhook.taken()[1:]],
                ["firing", "resolved"])
    down = engine.run("alerts", "--url", "http://127.0.0.1:1")
    check.true("an engine that does not answer is an error", down.returncode == 2 and "127.0.0.1:1" in down.stderr,
               down.stderr)


def one_is_killed(check, engine, manager, webhook):
    manager.end(signal.SIGKILL)
    check.true("what could not be delivered is counted", until(lambda: engine.metrics().sum(
        "spendwarden_notifications_failed_total", receiver=f"alertmanager:http://127.0.0.1:{manager.port}/") > 0))
    tried = engine.run("alerts", "test", "--config", engine.path, "--receiver",
                       f"alertmanager:http://127.0.0.1:{manager.port}/")
    check.true("a test alert says which receiver did not take it", tried.returncode == 1 and
               tried.stdout.startswith("FAIL  alertmanager:"), tried.stdout + tried.stderr)
    told = len(webhook.taken())
    manager.launch()
    check.true("restarted it has them again with a resend",
               until(lambda: set(manager.alerts()) == {"warning", "critical"}), manager.log()[-500:])
    check.equal("nobody else was told again", len(webhook.taken()), told)


def dead_webhook(check, stage):
    """It comes back to the newest state of a few groups, not to all that happened."""
    port, tick = free_port(), "1s"
    policy = stage.file("dead/p.lua", POLICY)
    engine = stage.engine("dead", {
        "rules": {"tick": tick}, "policies": {"paths": [policy]},
        "alerts": {"resend": "5s", "webhooks": [{"name": "w", "url": f"http://127.0.0.1:{port}/"}]}}).start()
    spend(engine, "5")
    time.sleep(20)  # some resends
    catcher = stage.keep(Catcher(port=port))
    check.true("it hears of what fires", until(lambda: catcher.taken()))
    time.sleep(10)
    check.equal("once", len(catcher.taken()), 1)
    check.equal("with both steps", len(json.loads(catcher.taken()[0])["alerts"]), 2)


def not_let_in(check, stage, authority, ours, port):
    """Wrong in one way each: what the log says of it."""
    stranger = Authority(stage, "stranger")
    wrong = stage.file("wrong-password", "wrong\n")
    right = stage.file("right-password", PASSWORD + "\n")
    cases = {
        "a wrong password": (access_of(authority, ours, wrong), "HTTP status 401"),
        "an authority that is not ours": (access_of(stranger, ours, right), "certificate"),
        "no certificate of ours": ({"basic_auth": {"username": USER, "password_file": right},
                                    "tls_config": {"ca_file": authority.ca}}, "alertmanager:https"),
        "a password file that is gone": (access_of(authority, ours, right + "-gone"), "right-password-gone")}
    policy = stage.file("refused/p.lua", POLICY)
    engines = {}
    for name, (access, _) in cases.items():
        engines[name] = stage.engine(f"refused-{len(engines)}", {
            "rules": {"tick": "1s"}, "policies": {"paths": [policy]},
            "alerts": {"alertmanagers": [{"url": f"https://127.0.0.1:{port}", **access}]}}).start()
        spend(engines[name], "5")
    for name, (_, said) in cases.items():
        engine = engines[name]
        check.true(f"{name}: it is counted", until(lambda e=engine: e.metrics().sum(
            "spendwarden_notifications_failed_total") > 0))
        lines = [line for line in engine.log().splitlines() if "alertmanager:https" in line]
        check.true(f"{name}: the log says so", any(said in line for line in lines), lines)
        check.true(f"{name}: and no secret", PASSWORD not in engine.log())
        engine.end()
    checked = engines["a password file that is gone"].run("check", "--config", engines[
        "a password file that is gone"].path)
    check.true("check names the place, the file and the key", checked.returncode == 1 and
               re.search(r"spendwarden\.yaml:\d+:\d+: alerts", checked.stderr) and "right-password-gone" in
               checked.stdout + checked.stderr and "basic_auth.password_file" in checked.stdout + checked.stderr,
               checked.stdout + checked.stderr)


def run(check, stage, build_dir):
    authority = Authority(stage, "authority")
    new, ours = behind_tls(stage, authority, tool(build_dir, "alertmanager"))
    old = Alertmanager(stage, "old", "prometheus-alertmanager").start()
    webhook = stage.keep(Catcher())
    password = stage.file("password", PASSWORD + "\n")
    policy = stage.file("p.lua", POLICY)
    engine = stage.engine("engine", {})
    engine.configure({
        "server": {"external_url": f"http://127.0.0.1:{engine.port}"},
        "rules": {"tick": "1s"}, "policies": {"paths": [policy]},
        "alerts": {"resend": "5s", "webhooks": [{"name": "w", "url": f"http://127.0.0.1:{webhook.port}/"}],
                   "alertmanagers": [{"url": f"http://127.0.0.1:{old.port}"}, {
                       "url": f"https://127.0.0.1:{new.port}", **access_of(authority, ours, password)}]}})
    engine.start()
    managers = {"0.25": old, "0.34": new}
    both_get_all(check, engine, managers, webhook)
    command_line(check, engine, webhook)
    one_is_killed(check, engine, old, webhook)
    write(policy, POLICY.replace("{ 1, ", "{ 100, ").replace("{ 2, ", "{ 200, "))
    engine.reload()
    for name, manager in managers.items():
        check.true(f"{name}: it is over", until(lambda m=manager: not m.alerts()), manager.alerts())
    not_let_in(check, stage, authority, ours, new.port)
    dead_webhook(check, stage)


if __name__ == "__main__":
    main(run)
