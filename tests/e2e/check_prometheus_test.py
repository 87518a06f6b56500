"""`check --prometheus URL` on a real Prometheus: whether it scrapes the engine, and who else exposes the same names.

usage: check_prometheus_test.py BINARY BUILD_DIR
"""
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import free_port, main, wait_for
from prometheus import Prometheus, as_list

LITELLM = """# TYPE litellm_spend_metric_total counter
litellm_spend_metric_total{team="ml",model="gpt-4o"} 3
# TYPE litellm_total_tokens_metric_total counter
litellm_total_tokens_metric_total{team="ml",model="gpt-4o"} 3
# TYPE litellm_only_there gauge
litellm_only_there 1
"""
OTHER = "# TYPE llm_requests_total counter\nllm_requests_total 3\n"


class Exposition:
    """A /metrics of somebody else."""

    def __init__(self, text):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


def start_engine(stage, litellm):
    engine = stage.engine(f"engine-{litellm}", {"metrics": {"litellm_names": litellm}}).start()
    engine.post("generic", [{"id": "1", "team": "ml", "workflow_id": "w", "ai_system": "openai", "requested_model": "gpt-4o",
                             "response_model": "gpt-4o", "status": "success", "input_tokens": 10, "output_tokens": 2,
                             "reported_usd": "0.5"}])
    return engine.port


def start_all(stage, settings):
    """By name the URL of a Prometheus that has tried all its jobs, below a path and with a password."""
    servers = {name: Prometheus(stage, name, jobs, prefix="/prom").start() for name, jobs in settings.items()}
    for name, server in servers.items():
        targets = sum(len(as_list(ports)) for ports in settings[name].values())
        wait_for(f"scrapes of {name}", lambda: server.value("count(up)") == targets, 60)
    return {name: f"http://user:hidden@127.0.0.1:{server.port}/prom/" for name, server in servers.items()}


def ask(stage, url, *arguments):
    ran = subprocess.run([stage.binary, "check", "--prometheus", url, *arguments], capture_output=True, text=True)
    assert "hidden" not in ran.stdout + ran.stderr, ran
    return ran


def check_clash(check, stage, url, job, metric, remedy):
    ran = ask(stage, url)
    check.equal(f"a clash with {job}: status", ran.returncode, 1)
    check.equal(f"a clash with {job}: one finding", ran.stderr.count('job "'), 1)
    check.true(f"a clash with {job}: job, metric and remedy",
               all(text in ran.stderr for text in (f'job "{job}"', metric, remedy)), ran.stderr)
    return ran.stderr


def run(check, stage, _):
    engine, plain = start_engine(stage, True), start_engine(stage, False)
    litellm, other = stage.keep(Exposition(LITELLM)), stage.keep(Exposition(OTHER))
    urls = start_all(stage, {
        "fine": {"spendwarden": engine, "llm-costs": plain}, "apart": {"spendwarden": plain, "litellm": litellm.port},
        "litellm": {"spendwarden": engine, "litellm": litellm.port}, "ours": {"spendwarden": plain, "gateway": other.port},
        "twice": {"spendwarden": plain, "again": plain}, "none": {"gateway": other.port}, "down": {"spendwarden": free_port()},
        "half": {"llm-costs": [plain, dead := free_port()], "gateway": free_port()},
        "named": {"llm-costs": plain, "eu-spendwarden": free_port()}})

    fine = ask(stage, urls["fine"])
    check.equal("two engines are no clash", (fine.returncode, fine.stdout, fine.stderr), (0, "", ""))
    apart = ask(stage, urls["apart"])
    check.equal("LiteLLM's own beside an engine without its names", (apart.returncode, apart.stderr), (0, ""))

    said = check_clash(check, stage, urls["litellm"], "litellm", "litellm_spend_metric_total, litellm_total_tokens_metric_total as",
                       "metrics.litellm_names: false")
    check.true("but not what we do not have", "litellm_only_there" not in said, said)
    check_clash(check, stage, urls["ours"], "gateway", "llm_requests_total as", "metric_relabel_configs")

    twice = ask(stage, urls["twice"], "--format", "json")
    said = json.loads(twice.stdout)
    check.equal("one engine twice: status", (twice.returncode, said["error_count"]), (1, 1))
    check.true("one engine twice: both jobs", 'job "again" and by job "spendwarden"' in said["errors"][0]["message"], said)
    check.true("one engine twice: the remedy", "one of the two" in said["errors"][0]["help"], said)

    none = ask(stage, urls["none"])
    check.true("no engine", none.returncode == 1 and "it scrapes no spendwarden" in none.stderr
               and "help: add to scrape_configs" in none.stderr, none)
    down = ask(stage, urls["down"])
    check.true("an engine that is down", down.returncode == 1 and 'by job "spendwarden" fails' in down.stderr, down)

    half = ask(stage, urls["half"])
    check.true("one of two engines that is down", half.returncode == 1 and half.stderr.count("fails") == 1
               and f': the scrape of 127.0.0.1:{dead} by job "llm-costs" fails' in half.stderr, half)
    named = ask(stage, urls["named"])
    check.true("a job of that name that is down beside another's engine", named.returncode == 1
               and 'by job "eu-spendwarden" fails' in named.stderr, named)

    for what, url, text in (("nobody", f"http://user:hidden@127.0.0.1:{free_port()}", "connect"),
                            ("no Prometheus", f"http://127.0.0.1:{other.port}/", "it is no Prometheus"),
                            ("no URL", "http://user:hidden@:9:9", "a URL such as"),
                            ("another scheme", "file:///etc/passwd", "rotocol")):
        ran = ask(stage, url)
        check.true(f"{what}: said, with status 2", ran.returncode == 2 and text in ran.stderr, ran)
    policy = stage.file("wrong.lua", 'policy { name = "wrong" }\nderive("teem", {}, function() end)\n')
    both = ask(stage, urls["none"], policy)
    check.true("beside what is wrong with a policy", both.returncode == 1 and "E201" in both.stderr
               and "it scrapes no spendwarden" in both.stderr, both)
    nobody = f"http://127.0.0.1:{free_port()}"
    ran = ask(stage, nobody, policy)
    check.true("which is said all the same if nobody answers", ran.returncode == 2
               and 0 < ran.stderr.find("E201") < ran.stderr.find("connect"), ran)
    ran = ask(stage, nobody, "--format", "json", policy)
    check.true("and as JSON", ran.returncode == 2 and [e["code"] for e in json.loads(ran.stdout or '{"errors": []}')["errors"]]
               == ["E201"] and "connect" in ran.stderr, ran)


if __name__ == "__main__":
    main(run)
