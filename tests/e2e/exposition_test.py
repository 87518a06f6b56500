"""/metrics as scrapers read it: formats, counters that begin at 0, counters that never fall.

usage: exposition_test.py BINARY BUILD_DIR (keeps Prometheus 3 in BUILD_DIR/tools)
"""
import gzip
import http.client
import shutil
import signal
import time
from decimal import Decimal

from gotools import tool
from harness import Metrics, main, rfc3339, until
from prometheus import Prometheus

TEAMS = 200
ZERO_FIRST_S = 5
SCRAPER = {"X-Prometheus-Scrape-Timeout-Seconds": "10"}
OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}


def event(team, usd="1", **more):
    now = rfc3339(time.time())
    return {"id": f"{team}-{time.monotonic_ns()}", "team": team, "ai_system": "openai",
            "requested_model": "gpt-4o", "status": "success", "start": now, "end": now,
            "input_tokens": 10, "output_tokens": 2, "reported_usd": usd, **more}


class Scraper:
    """A scraper with a connection of its own."""

    def __init__(self, port, headers=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.headers = SCRAPER if headers is None else headers

    def scrape(self):
        self.connection.request("GET", "/metrics", headers=self.headers)
        answer = self.connection.getresponse()
        return answer.headers, answer.read()

    def spend(self, team):
        return Metrics(self.scrape()[1].decode()).one("llm_spend_usd_total", team=team)


def new_counters(check, stage):
    engine = stage.engine("new", {}).start()
    one, other, curl = Scraper(engine.port), Scraper(engine.port), Scraper(engine.port, {})
    one.scrape(), other.scrape()
    engine.post("generic", [event("a", "0.25")])
    check.equal("a scraper sees a new counter at 0", one.spend("a"), 0)
    check.equal("who is no scraper sees its value", curl.spend("a"), 0.25)
    check.equal("and again at 0, while another scraper has not seen it", one.spend("a"), 0)
    check.equal("which sees it at 0 too", other.spend("a"), 0)
    check.equal("then both see its value", (one.spend("a"), other.spend("a")), (0.25, 0.25))
    engine.post("generic", [event("a", "0.5"), event("b", "1")])
    check.equal("a known one is seen at its value at once", one.spend("a"), 0.75)
    check.equal("a new one beside it is not", one.spend("b"), 0)
    engine.end(signal.SIGKILL)
    engine.start()
    check.equal("after a restart all that is known is seen at its value",
                [Scraper(engine.port).spend(t) for t in "ab"], [0.75, 1])
    check.equal("the API and SQL were never late",
                engine.rows("SELECT sum(charge_nanousd) FROM requests"), [(1_750_000_000,)])


def fixed_time(check, stage):
    engine = stage.engine("fixed", {"metrics": {"zero_first": f"{ZERO_FIRST_S}s"}}).start()
    scraper, seen, begin = Scraper(engine.port), [], time.monotonic()
    engine.post("generic", [event("a", "0.25")])

    def is_released():
        seen.append(scraper.spend("a"))
        return seen[-1] != 0
    check.true("with a fixed time it ends", until(is_released))
    took = time.monotonic() - begin
    check.equal("a new counter is at 0, then at its value", set(seen), {0, Decimal("0.25")})
    check.true("and not before the time is over", took >= ZERO_FIRST_S, f"{took:.1f} s")


FAILING = """policy { name = "failing" }
classify({ "odd" }, {}, function(ev) if ev.team == "odd" then return ev.team .. nil end end)
"""


def reloads(check, stage):
    """Policies count from 0 after each, which increase() has to see as well."""
    engine = stage.engine("reloads", {"policies": {"paths": [stage.file("failing.lua", FAILING)]}}).start()
    scraper = Scraper(engine.port)

    def scrapes():
        """Of three: errors, and events, which go on."""
        all_of = [Metrics(scraper.scrape()[1].decode()) for _ in range(3)]
        return ([int(m.sum("spendwarden_policy_errors_total", policy="failing")) for m in all_of],
                int(all_of[0].sum("spendwarden_events_total", outcome="accepted")))

    engine.post("generic", [event("even")]), scrapes(), engine.post("generic", [event("odd")])
    check.equal("the first error of a policy is seen at 0, then counted", scrapes(), ([0, 0, 1], 2))
    check.equal("a reload", engine.reload().status, 200)
    engine.post("generic", [event("odd"), event("odd")])
    check.equal("so is the first one after it, and nothing else", scrapes(), ([0, 0, 2], 4))


def formats(check, stage):
    engine = stage.engine("formats", {}).start()
    engine.post("generic", [event("a", "0.25", trace_id="4bf92f3577b34da6a3ce929d0e0e4736")])
    headers, body = Scraper(engine.port, {}).scrape()
    check.equal("text 0.0.4 is what everybody takes", headers["Content-Type"],
                "text/plain; version=0.0.4; charset=utf-8")
    headers, body = Scraper(engine.port, OPENMETRICS).scrape()
    text = body.decode()
    check.equal("OpenMetrics is for who asks", headers["Content-Type"],
                "application/openmetrics-text; version=1.0.0; charset=utf-8")
    check.true("it ends with # EOF", text.endswith("\n# EOF\n"))
    check.true("it names counters without _total, and units",
               "# TYPE llm_spend_usd counter\n# UNIT llm_spend_usd usd\n" in text)
    check.true("a counter says when it began", "llm_spend_usd_created{" in text)
    check.true("spend has an exemplar",
               '0.25 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 0.25 ' in text)
    check.true("so has a bucket of the duration", any(
        line.startswith("llm_request_duration_seconds_bucket") and "# {trace_id=" in line
        for line in text.split("\n")))
    check.equal("no empty line", [n for n, x in enumerate(text[:-1].split("\n")) if not x], [])
    headers, body = Scraper(engine.port, {**OPENMETRICS, "Accept-Encoding": "gzip"}).scrape()
    check.equal("gzip is for who asks", headers["Content-Encoding"], "gzip")
    check.true("and is the same text", gzip.decompress(body).endswith(b"\n# EOF\n"))
    check.equal("caches are told", headers["Vary"], "Accept, Accept-Encoding")


def cardinality(check, stage):
    engine = stage.engine("many", {"metrics": {"labels": ["team", "end_user"],
                                               "max_series": 10}}).start()
    engine.post("generic", [event("a", end_user=f"u{i}") for i in range(30)])
    spend = next(s for s in engine.api("cardinality") if s["set"] == "spend")
    check.equal("the API says how many series there are",
                [spend[k] for k in ("series", "max_series", "overflow_events")], [11, 10, 20])
    check.equal("and names the label that grows", max(
        spend["labels"], key=lambda label: label["new_values_1h"])["label"], "end_user")
    page = engine.get("/cardinality")
    check.true("so does a page", page.status == 200 and "<td>end_user</td><td>11</td>" in page.text,
               page.text)


class Scraped:
    """An engine that two real Prometheus scrape, and one event of each of many teams."""

    def __init__(self, stage, version, binary, flags=()):
        self.version, self.engine = version, stage.engine(
            f"engine-{version}", {"metrics": {"litellm_names": True}}).start()
        self.both = [Prometheus(stage, f"{version}-{i}", {"spendwarden": self.engine.port},
                                binary=binary, flags=flags).start() for i in range(2)]
        for each in self.both:
            until(lambda each=each: each.value("up") == 1)
        self.engine.post("generic", [event(f"team-{i}", trace_id=f"trace-{i}")
                                     for i in range(TEAMS)])

    def judge(self, check):
        one, version = self.both[0], self.version
        for i, each in enumerate(self.both):
            for name in ("llm_spend_usd_total", "litellm_spend_metric_total"):
                total = each.value(f"sum(increase({name}[1h]))")
                check.true(f"{version}, scraper {i}: {TEAMS} teams with one event each are "
                           f"{TEAMS} USD of {name}",
                           total is not None and abs(total - TEAMS) <= 0.02 * TEAMS, total)
        check.equal(f"{version}: it scrapes without an error", one.failed_scrapes(), [])
        check.true(f"{version}: it took OpenMetrics", until(lambda: [
            t["lastError"] for t in one.api("targets")["data"]["activeTargets"]] == [""]))
        now = time.time()
        exemplars = one.api("query_exemplars", query="llm_spend_usd_total", start=now - 600,
                            end=now)
        traces = {e["labels"]["trace_id"] for s in exemplars["data"] for e in s["exemplars"]}
        check.true(f"{version}: exemplars lead from spend to requests",
                   traces and traces <= {f"trace-{i}" for i in range(TEAMS)}, len(traces))


def increase(prometheus):
    """At the last scrape, where nothing is extrapolated: all counters began at 0."""
    last = prometheus.value("max(timestamp(llm_spend_usd_total))")
    return prometheus.value("sum(increase(llm_spend_usd_total[10m]))", time=last)


def has_seen(prometheus, usd):
    return until(lambda: prometheus.value('sum(llm_spend_usd_total{team="team-0"})') == usd)


def older_ledger(check, engine, prometheus):
    engine.end()
    shutil.copy(engine.ledger, engine.ledger + ".backup")
    engine.start()
    engine.post("generic", [event("team-0", "500")])
    check.true("Prometheus sees what is lost then", has_seen(prometheus, 501))
    engine.end()
    shutil.copy(engine.ledger + ".backup", engine.ledger)
    engine.start()
    check.equal("an older ledger is back", engine.rows(
        "SELECT sum(charge_nanousd) FROM requests"), [(TEAMS * 10**9,)])
    check.true("counters are shown from 0 on", has_seen(prometheus, 0))
    total = increase(prometheus)
    check.true("and increase() shows no more than was spent", total < 1.02 * (TEAMS + 500), total)
    engine.post("generic", [event("team-0", "3")])
    check.true("what is spent from then on is seen", has_seen(prometheus, 3))
    grown = increase(prometheus) - total
    check.true("and counted", abs(grown - 3) < 0.001, grown)
    check.equal("the ledger agrees with itself", engine.verify().returncode, 0)


def run(check, stage, build_dir):
    new_counters(check, stage)
    fixed_time(check, stage)
    reloads(check, stage)
    formats(check, stage)
    cardinality(check, stage)
    newest = tool(build_dir, "prometheus")
    scraped = [Scraped(stage, "2.42", "prometheus"), Scraped(stage, "3.16", newest),
               Scraped(stage, "3.16 with times of creation", newest,
                       ["--enable-feature=created-timestamp-zero-ingestion"])]
    time.sleep(65)  # what increase() extrapolates at its ends is then below 2%
    for each in scraped:
        each.judge(check)
    older_ledger(check, scraped[0].engine, scraped[0].both[0])


if __name__ == "__main__":
    main(run)
