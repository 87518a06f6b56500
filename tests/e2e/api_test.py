#!/usr/bin/env python3
"""A month of synthetic events with known totals reads the same from /metrics, the API, its
CSV, SQL on the ledger, and requests paged through; after a restart and after pruning too.
Whatever is asked wrongly is answered with what would be right."""
import contextlib
import csv
import io
import json
import random
import sqlite3
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from harness import NANO, main, request, until

EVENTS, BATCH, ZONE = 20_000, 500, ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 1, tzinfo=ZONE)  # the clock changes on the 29th
END = datetime(2026, 4, 1, tzinfo=ZONE)
SUMS = ("charge_usd", "billed_usd", "reported_usd", "computed_usd", "retry_usd", "requests",
        "failures", "unpriced", "input_tokens", "output_tokens", "cache_read_tokens",
        "cache_write_tokens", "reasoning_tokens")

POLICY = """
policy { name = "api" }
classify({ "prod", "experiment" }, { default = "experiment" }, function(ev)
  if ev.environment == "prod" then return "prod", "environment" end
end)
price({ of = "billed", needs = { "tenant" } }, function(ev) return ev.charge_usd * 1.25, "markup" end)
rule("SpendIsHigh", { over = window { sum = "charge_usd", by = { "team" }, over = "1h" }, above = 1, hold = "1m",
  severity = "critical" }, function(group) return group.value end)
budget("team-month", { by = { "team" }, over = "month", steps = { { 0.8, "warning" } } }, function(group) return 100 end)
"""


def known_events(seed=20260301):
    """In the order in which they are sent: by time, one in twenty hours or days late."""
    chance = random.Random(seed)
    span = END.timestamp() - START.timestamp() - 1
    teams = ["payments", "search", "=cmd|' /C calc'!A0", 'say "hi", team', "Zoë", None]
    models = [("openai", "gpt-4o"), ("anthropic", "claude-opus-4"), ("acme", "unheard-of")]
    profiles = []
    for i in range(150):
        system, model = chance.choice(models)
        profiles.append({
            "ai_system": system, "requested_model": model, "team": chance.choice(teams),
            "tenant": chance.choice(["acme", "globex", None]), "operation": "chat",
            "workflow_id": f"flow-{i % 40}", "key_alias": f"key-{i % 25}",
            "environment": chance.choice(["prod", "dev"])})
    made = []
    for i in range(EVENTS):
        end = START.timestamp() + chance.random() * span
        event = {k: v for k, v in chance.choice(profiles).items() if v}
        event.update(
            id=f"call-{i}", start=int((end - 2) * 1000) * 10**6, end=int(end * 1000) * 10**6,
            end_user=f"user-{i % 90}", status="failure" if i % 17 == 0 else "success",
            input_tokens=chance.randrange(1, 5000), output_tokens=chance.randrange(0, 900))
        if event["ai_system"] != "acme":
            event["reported_usd"] = f"{chance.randrange(1, 10**9) / 10**9:.9f}"
        if i % 9 == 0:
            event["retry_depth"] = 1 + i % 3
        if i % 5 == 0:
            event["cache_read_tokens"] = event["input_tokens"] // 2
        made.append((end + (chance.random() * 400_000 if i % 20 == 0 else 0), event))
    return [event for _, event in sorted(made, key=lambda m: m[0])]


def nano(text):
    return int(Decimal(text) * NANO)


def sums_of(row):
    """Integers: money in nano-USD."""
    return tuple(nano(row[name]) if name.endswith("_usd") else int(row[name]) for name in SUMS)


def added(rows):
    return tuple(sum(column) for column in zip(*rows)) if rows else (0,) * len(SUMS)


def spend(engine, **parameters):
    """As from the API; `filter` may be a list."""
    parameters = {"start": "2026-03-01", "end": "2026-04-01", **parameters}
    answer = engine.get("/api/v1/spend?" + urlencode(parameters, doseq=True))
    if answer.status != 200:
        raise AssertionError(f"{parameters}: {answer.status} {answer.text}")
    return answer.json["data"]


def by(data, *labels):
    """{(step, label values): sums}, missing ones None."""
    return {(row["start"], *(row["labels"].get(l) for l in labels)): sums_of(row)
            for row in data["rows"]}


def pages(engine, **parameters):
    """Every request, page by page."""
    found, cursor = [], None
    while True:
        asked = {"limit": 1000, **parameters, **({"cursor": cursor} if cursor else {})}
        body = engine.get("/api/v1/requests?" + urlencode(asked, doseq=True)).json
        found += body["data"]
        cursor = body.get("next_cursor")
        if not cursor:
            return found


def utc_text(moment):
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def slot(event):
    return datetime.fromtimestamp(event["end"] // (900 * NANO) * 900, timezone.utc)


class Expected:
    """What the events say."""

    def __init__(self, events):
        self.events = events

    def charge(self, key):
        sums = {}
        for event in self.events:
            sums[key(event)] = sums.get(key(event), 0) + nano(event.get("reported_usd", "0"))
        return sums


def check_groupings(checks, engine, expected):
    data = spend(engine, by="team,requested_model")
    got = {key[1:]: sums[0] for key, sums in by(data, "team", "requested_model").items()}
    wanted = expected.charge(lambda e: (e.get("team"), e["requested_model"]))
    checks.equal("spend by team and model is what was sent", got, wanted)
    checks.equal("their total is the total", added([sums_of(r) for r in data["rows"]]),
                 sums_of(data["total"]))
    end_users = spend(engine, by="end_user", limit=1000)
    checks.equal("a label without rollups is summed from rows, to the same total",
                 sums_of(end_users["total"]), sums_of(data["total"]))
    checks.equal("and as it was sent",
                 {k[1]: s[0] for k, s in by(end_users, "end_user").items()},
                 expected.charge(lambda e: e["end_user"]))
    return sums_of(data["total"])


def check_steps(checks, engine, expected):
    days = by(spend(engine, by="tenant", step="day"), "tenant")

    def day(event):
        local = slot(event).astimezone(ZONE).replace(hour=0, minute=0, second=0)
        return utc_text(local), event.get("tenant")

    checks.equal("days are those of the time zone, over the change of the clock",
                 {k: s[0] for k, s in days.items()}, expected.charge(day))
    hours = by(spend(engine, step="6h"))
    first = START.astimezone(timezone.utc)

    def six(event):
        return (utc_text(first + (slot(event) - first) // timedelta(hours=6) * timedelta(hours=6)),)

    checks.equal("steps of 6h begin at the start", {k: s[0] for k, s in hours.items()},
                 expected.charge(six))
    checks.equal("a step beyond every time is one step", len(spend(engine, step="100000d")["rows"]), 1)
    checks.equal("a request without a number is none", engine.get("/api/v1/requests/").status, 404)
    checks.true("an end alone has no begin", engine.get("/api/v1/requests?end=2030-01-01&limit=1").json["data"])
    weeks = spend(engine, step="week")["rows"]
    checks.equal("weeks begin on Monday, the first one is cut",
                 [row["start"] for row in weeks[:2]],
                 [utc_text(START), utc_text(datetime(2026, 3, 2, tzinfo=ZONE))])
    small = by(spend(engine, step="15m", by="team", start="2026-03-05", end="2026-03-06"), "team")
    wanted = expected.charge(lambda e: (utc_text(slot(e)), e.get("team")))
    checks.equal("the smallest steps are exact", {k: s[0] for k, s in small.items()},
                 {k: v for k, v in wanted.items()
                  if "2026-03-04T23:00" <= k[0] < "2026-03-05T23:00"})


def check_filters(checks, engine, expected):
    def total(*filters):
        return nano(spend(engine, filter=list(filters))["total"]["charge_usd"])

    def wanted(keep):
        return expected.charge(keep).get(True, 0)

    checks.equal("several values of a label: or", total("team:payments", "team:search"),
                 wanted(lambda e: e.get("team") in ("payments", "search")))
    checks.equal("several labels: and", total("team:payments", "requested_model:gpt-4o"),
                 wanted(lambda e: e.get("team") == "payments" and e["requested_model"] == "gpt-4o"))
    checks.equal("no value: missing", total("team:"), wanted(lambda e: "team" not in e))
    checks.equal("missing, or one of them", total("team:", "team:search"),
                 wanted(lambda e: e.get("team", "search") == "search"))
    checks.equal("by what rollups do not have", total("status:failure", "end_user:user-17"),
                 wanted(lambda e: e["status"] == "failure" and e["end_user"] == "user-17"))
    checks.equal("by class", total("class:prod"), wanted(lambda e: e["environment"] == "prod"))


def check_top(checks, engine, total):
    data = spend(engine, by="workflow_id", limit=5)
    rows = data["rows"]
    checks.true("the first are the dearest",
                [nano(r["charge_usd"]) for r in rows[:5]] ==
                sorted((nano(r["charge_usd"]) for r in rows[:5]), reverse=True))
    checks.true("the rest is one row", len(rows) == 6 and rows[5]["other"] and
                rows[5]["labels"] == {"workflow_id": "__other__"}, rows[-1])
    checks.equal("with it the total is right", added([sums_of(r) for r in rows]), total)
    top = engine.get("/api/v1/top?by=workflow_id&limit=5&start=2026-03-01&end=2026-04-01").json["data"]
    checks.equal("top is the same list", top["rows"], rows)
    tokens = spend(engine, by="team", sort="input_tokens", limit=3)["rows"]
    checks.true("and can be by tokens", tokens[0]["input_tokens"] >= tokens[1]["input_tokens"])


def check_csv(checks, engine, total):
    path = "/api/v1/spend?by=team&step=day&start=2026-03-01&end=2026-04-01&limit=1000"
    answer = engine.get(path + "&format=csv")
    same = request(engine.port, "GET", path, headers={**engine.headers, "Accept": "text/csv"})
    checks.equal("CSV by Accept is CSV by format", same.body, answer.body)
    checks.true("it says so", answer.headers["Content-Type"].startswith("text/csv"))
    lines = list(csv.reader(io.StringIO(answer.body.decode(), newline=""), strict=True))
    checks.equal("it has a header", lines[0], ["start", "end", "team", *SUMS])
    rows = [dict(zip(lines[0], line)) for line in lines[1:]]
    checks.equal("CSV adds up to the total", added([sums_of(r) for r in rows]), total)
    checks.true("lines end as RFC 4180 has it", answer.body.count(b"\r\n") == len(lines))
    checks.equal("formulas are text, quotes and commas survive", {r["team"] for r in rows},
                 {"payments", "search", "'=cmd|' /C calc'!A0", 'say "hi", team', "Zoë", ""})


def check_sql(checks, engine, total, rows):
    sums = ("charge_nanousd", "billed_nanousd", "reported_nanousd", "computed_nanousd",
            "retry_nanousd", *SUMS[5:])
    sql = f"SELECT {', '.join(f'sum({s})' for s in sums)} FROM spend WHERE slot_ns BETWEEN ? AND ?"
    span = int(START.timestamp()) * NANO, int(END.timestamp()) * NANO - 1
    checks.equal("SQL on the view of rollups gives the same", engine.rows(sql, *span)[0], total)
    got = engine.rows("SELECT count(*), sum(charge_nanousd) FROM requests")[0]
    if rows:
        checks.equal("SQL on single requests as well", got, (total[5], total[0]))


def check_metrics(checks, engine, total, expected, outside):
    """`outside`: requests of another month, which cost nothing."""
    metrics = engine.metrics()
    names = {"llm_spend_usd_total": 0, "llm_reported_cost_usd_total": 2,
             "llm_computed_cost_usd_total": 3, "llm_retry_spend_usd_total": 4}
    checks.equal("/metrics shows the same", {n: metrics.nano(n) for n in names},
                 {n: total[i] for n, i in names.items()})
    checks.equal("tokens and requests too",
                 (int(metrics.sum("llm_requests_total")),
                  int(metrics.sum("llm_requests_total", status="failure")),
                  int(metrics.sum("llm_unpriced_requests_total")),
                  int(metrics.sum("llm_tokens_total", type="input"))),
                 (total[5] + outside, total[6], total[7], total[8]))
    teams = {k.replace('\\"', '"') or None: int(v * NANO) for k, v in metrics.by("llm_spend_usd_total", "team").items()}
    checks.equal("by team as well", teams, {k: v for k, v in
                                            expected.charge(lambda e: e.get("team")).items() if v})


def check_requests(checks, engine, total, expected):
    every = pages(engine)
    checks.equal("pages hold every request once", len({r["seq"] for r in every}), EVENTS)
    checks.equal("newest first", [r["seq"] for r in every], list(range(EVENTS, 0, -1)))
    checks.equal("and add up", sum(nano(r["charge_usd"]) for r in every), total[0])
    failed = pages(engine, filter=["status:failure", "team:search"])
    wanted = [e["id"] for e in expected.events if e["status"] == "failure" and e.get("team") == "search"]
    checks.equal("filters choose", sorted(r["id"] for r in failed), sorted(wanted))
    dear = pages(engine, min_usd="0.99", start="2026-03-10", end="2026-03-20")
    wanted = [e["id"] for e in expected.events if nano(e.get("reported_usd", "0")) >= 990_000_000
              and datetime(2026, 3, 10, tzinfo=ZONE).timestamp() <= e["end"] / NANO
              < datetime(2026, 3, 20, tzinfo=ZONE).timestamp()]
    checks.equal("so do a least amount and times", sorted(r["id"] for r in dear), sorted(wanted))


def check_cursor(checks, engine):
    first = engine.get("/api/v1/requests?limit=10").json
    engine.post("generic", [{"id": f"more-{i}", "ai_system": "openai", "requested_model": "gpt-4o",
                             "reported_usd": "0", "end": int(START.timestamp()) * NANO - 1}
                            for i in range(7)])
    second = engine.get(f"/api/v1/requests?limit=10&cursor={first['next_cursor']}").json
    checks.equal("a page goes on where the last one ended, though rows came",
                 [r["seq"] for r in second["data"]],
                 [first["data"][-1]["seq"] - 1 - i for i in range(10)])


def check_one(checks, engine, expected):
    event = next(e for e in expected.events if e.get("tenant") and "reported_usd" in e)
    seq = engine.rows("SELECT seq FROM requests WHERE id = ?", event["id"])[0][0]
    one = engine.api(f"requests/{event['id']}")
    checks.equal("a request is found by its id and by its number", engine.api(f"requests/{seq}"), one)
    checks.true("it tells who filled what in", one["provenance"]["tenant"]["from"] == "gateway" and
                one["provenance"]["class"]["policy"] == "api", one["provenance"])
    step = one["price"]["steps"][0]
    checks.true("what the price is made of", step["policy"] == "api" and step["reason"] == "markup" and
                nano(step["after_usd"]) == nano(one["billed_usd"]) and
                sum(nano(c["usd"]) for c in one["price"]["components"].values()) ==
                nano(one["computed_usd"]), one["price"])
    policies = engine.api("policies")
    checks.equal("and what decided", (one["generation"]["number"], one["kind"]),
                 (policies["generation"], "charge"))
    missing = engine.get("/api/v1/requests/no-such-id")
    checks.equal("one that is not there", (missing.status, missing.json["errorType"]),
                 (404, "not_found"))


WRONG = {
    "spend": ["by=teem", "by=team,team", "by=a,b,c,d,e", "by=charge_usd", "by=,", "start=yesterday",
              "start=2026-03-02&end=2026-03-01", "start=2026-03-01&window=1h", "window=0s", "window=x",
              "end=1e99", "end=-5", "start=nan", "step=14m", "step=20m", "step=-1d", "step=",
              "start=0&step=15m", "limit=0", "limit=-1", "limit=1e3", "limit=99999999999999999999",
              "filter=team", "filter=:x", "filter=nothing:x", "filter=duration_seconds:1",
              "filter=status:sucess", "filter=price_status:gone", "sort=price", "format=xml",
              "limit=1&limit=2", "bye=team", "by", "&".join(f"filter=team:{i}" for i in range(70))],
    "top": ["", "by=", "by=nothing", "step=day&by=team", "limit=x&by=team"],
    "requests": ["limit=0", "limit=1001", "cursor=0", "cursor=x", "cursor=-1", "filter=team", "min_usd=-1",
                 "min_usd=inf", "min_usd=x", "id=", "id=a&filter=team:b", "start=x", "offset=10"],
    "requests/call-1": ["limit=1"],
    "alerts/history": ["state=fired", "limit=0", "cursor=x", "window=1y", "label=team"],
    "prices": ["limit=0", "cursor=-1", "at=soon", "window=x", "models=gpt-4o"],
    "rules": ["name=x", "policy=nope", "policy="],
    "alerts": ["state=on", "shadow=1", "stat=firing", "policy=nope", "policy=api&shadow=true"], "status": ["full=1"],
    "coverage": ["label=nope", "label=user", "label=", "window=2h", "of=money", "source=nobody", "team=x"],
}


def check_wrong(checks, engine):
    bad, silent = [], []
    for path, queries in WRONG.items():
        for query in queries:
            answer = engine.get(f"/api/v1/{path}?{query}")
            if answer.status != 400 or answer.json["errorType"] != "bad_data":
                bad.append((path, query, answer.status, answer.text))
                continue
            names = [part.split("=")[0] for part in query.split("&")]
            if not any((name or "by") in answer.json["error"] for name in names):
                silent.append((path, query, answer.json["error"]))
    checks.equal("what is asked wrongly is refused", bad, [])
    checks.equal("and the answer names the parameter", silent, [])
    near = engine.get("/api/v1/spend?by=teem").json["error"]
    checks.true("with what may have been meant", 'did you mean "team"' in near, near)
    zone = [engine.get(f"/api/v1/spend?start=2026-03-01T00:00:00{plus}01:00") for plus in ("+", "%2B")]
    checks.true("and how an offset is written", zone[0].status == 400 and "%2B" in zone[0].json["error"]
                and zone[1].json["data"]["start"] == "2026-02-28T23:00:00.000Z", zone[0].text)
    none = engine.get("/api/v1/budgets?team=x").json["error"]
    checks.equal("and that there is none", none, 'there is no parameter "team" here: this path takes none')
    choices = {"coverage?label=nope": "tenant, team, workflow_id", "coverage?window=2h": "1h, 24h",
               "coverage?of=money": "spend, requests", "coverage?source=x": "generic", "rules?policy=x": ": api"}
    told = {path: engine.get("/api/v1/" + path).json["error"] for path in choices}
    checks.equal("or which values there are", [p for p in choices if choices[p] not in told[p]], [])


def check_noise(checks, engine):
    """Nothing that a client writes into a query ends in a 500 or worse."""
    chance = random.Random(7)
    names = sorted({q.split("=")[0].split("&")[0] for all_ in WRONG.values() for q in all_ if q} |
                   {"state", "severity", "policy", "provider", "model", "shadow", "of", "source", "label"})
    pieces = ["", "0", "-1", "1", "team", "day", "2026-03-01", "2026-03-05T00:00:00Z", "24h", "9" * 30, "é", "%00",
              "%ff", "a:b", ":", "team:", "'\"<>", "true", "../..", "%", "{}", "NaN", "=1+1", "x" * 3000, "\\", "json", "csv"]
    paths = ["spend", "top", "requests", "requests/1", "requests/%00", "alerts", "alerts/history", "rules", "prices",
             "budgets", "coverage", "status", "policies", "openapi.yaml"]
    odd = []
    for _ in range(600):
        query = "&".join(f"{chance.choice(names)}={quote(chance.choice(pieces), safe='%')}"
                         for _ in range(chance.randrange(0, 6)))
        path = f"/api/v1/{chance.choice(paths)}?{query}"
        answer = engine.get(path)
        if answer.status not in (200, 400, 404, 422):
            odd.append((path, answer.status, answer.text[:200]))
        elif answer.status != 200 and answer.json["status"] != "error":
            odd.append((path, answer.text))
    checks.equal("noise is answered", odd, [])


def check_odd_zone(checks, stage, policy):
    """Liberia was 44 min 30 s behind UTC until 1972: its days did not begin with a slot of 15 minutes."""
    engine = stage.engine("odd", {"time_zone": "Africa/Monrovia", "policies": {"paths": [policy]}}).start()
    data = engine.get("/api/v1/spend?step=day&start=1970-01-02&end=1970-01-07").json["data"]
    checks.equal("periods that end within a slot end", (data["start"], data["end"], data["rows"]),
                 ("1970-01-02T00:30:00.000Z", "1970-01-07T00:45:00.000Z", []))
    engine.end()


def check_all(checks, engine, expected, when, rows=True, outside=0):
    print(f"--- {when}", flush=True)
    total = check_groupings(checks, engine, expected) if rows else \
        sums_of(spend(engine, by="team")["total"])
    checks.equal("every event counts once", total[5], EVENTS)
    check_steps(checks, engine, expected)
    check_top(checks, engine, total)
    check_csv(checks, engine, total)
    check_sql(checks, engine, total, rows)
    check_metrics(checks, engine, total, expected, outside)
    return total


def age(engine, days):
    """Makes the ledger believe that its commits are older."""
    with contextlib.closing(sqlite3.connect(engine.ledger)) as db, db:
        db.execute("UPDATE commits SET committed_ns = committed_ns - ?", (days * 86400 * NANO,))


def run(checks, stage, _build):
    expected = Expected(known_events())
    policy = stage.file("policy.lua", POLICY)
    config = {"time_zone": "Europe/Berlin", "policies": {"paths": [policy]}, "rules": {"tick": "1s"},
              "metrics": {"max_series": 20000}}
    engine = stage.engine("api", config).start()
    for i in range(0, EVENTS, BATCH):
        answer = engine.post("generic", expected.events[i:i + BATCH])
        if answer.json["accepted"] != BATCH:
            raise AssertionError(answer.text)
    total = check_all(checks, engine, expected, "at once")
    check_filters(checks, engine, expected)
    check_requests(checks, engine, total, expected)
    check_one(checks, engine, expected)
    check_wrong(checks, engine)
    check_noise(checks, engine)
    checks.true("rows are rolled up", until(lambda: engine.rows("SELECT count(*) FROM rollup_batches")[0][0]))
    check_filters(checks, engine, expected)
    check_cursor(checks, engine)

    engine.end()
    engine.start()
    checks.equal("after a restart", check_all(checks, engine, expected, "after a restart", False, 7), total)
    engine.end()
    age(engine, 100)
    engine.configure(json.dumps({**config, "server": {"listen": f"127.0.0.1:{engine.port}"},
                                 "ledger": {"path": engine.ledger, "retention": {"time": "63d"}}}))
    engine.start()
    engine.post("generic", {"id": "after", "end": int(END.timestamp() + 9000) * NANO, "reported_usd": "0"})
    gone = until(lambda: engine.rows("SELECT count(*) FROM entries")[0][0] < 1000, 60)
    checks.true("rows are pruned", gone)
    checks.equal("pruned rows are in the sums still",
                 check_all(checks, engine, expected, "after pruning", False, 8), total)
    check_odd_zone(checks, stage, policy)
    refused = engine.get("/api/v1/spend?by=end_user&start=2026-03-01&end=2026-04-01")
    checks.true("what only rows knew is refused, with what to ask", refused.status == 422 and
                "end_user" in refused.json["error"] and "start=" in refused.json["error"], refused.text)
    verified = engine.verify()
    checks.equal("ledger verify agrees", (verified.returncode, "rollups compared" in verified.stdout),
                 (0, True))
    if verified.returncode:
        print(verified.stdout, verified.stderr)


if __name__ == "__main__":
    main(run)
