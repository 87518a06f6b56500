#!/usr/bin/env python3
"""docs/openapi.yaml says what the server does: it has every route and no other, each
parameter that a path takes and no other, and answers are of the form that it declares."""
import re
import time
from urllib.parse import quote, urlencode

import jsonschema
import yaml

from harness import main, read, until

POLICY = """
policy { name = "openapi", version = "1", owner = "finops@example.com" }
price({ of = "billed", needs = { "team" } }, function(ev) return ev.charge_usd * 2, "markup" end)
local hour = window { sum = "charge_usd", by = { "team" }, over = "1h" }
rule("SpendIsHigh", { over = hour, above = 1, severity = "critical", labels = { kind = "test" } },
  function(group) return group.value end)
rule("SpendSteps", { over = hour, steps = { { 1, "info" }, { 1000, "critical" } }, clear = 0.5, hold = "1m" },
  function(group) return group.value end)
budget("team-month", { by = { "team" }, over = "month", steps = { { 0.8, "warning" } },
  burn = { { "1h", "5m", 14 } } }, function(group) return 4 end)
"""

ROUTE = re.compile(r'\{\s*STR\("([^"]+)"\),\s*(true|false)')


def routes():
    """(method, path) of the table in the server, and ingest, which is none of it."""
    text = read("src", "api", "server.c")
    table = text[text.index("routes[] = {"):]
    found = {("post" if post == "true" else "get", path)
             for path, post in ROUTE.findall(table[:table.index("\n};")])}
    return {(method, path + "{id}" if path.endswith("/") and path != "/" else path)
            for method, path in found} | {("post", "/v1/ingest/{source}")}


class Document:
    def __init__(self, text):
        self.tree = yaml.safe_load(text)

    def follow(self, node):
        while "$ref" in node and len(node) == 1:
            target = self.tree
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def operations(self):
        for path, methods in self.tree["paths"].items():
            for method, operation in methods.items():
                yield path, method, operation

    def parameters(self, operation):
        return [self.follow(p) for p in operation.get("parameters", [])]

    def content(self, operation, status):
        responses = operation["responses"]
        return self.follow(responses.get(str(status), responses.get("default", {}))).get("content", {})

    def problems(self, schema, value):
        whole = {"components": self.tree["components"], "allOf": [schema]}
        return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}"[:300]
                for e in jsonschema.Draft202012Validator(whole).iter_errors(value)]


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def check_document(checks, document, engine):
    checks.equal("every route of the server is in the file, and every path of the file is one",
                 {(method, path) for path, method, _ in document.operations()}, routes())
    broken = []
    for reference in set(references(document.tree)):
        try:
            document.follow({"$ref": reference})
        except KeyError:
            broken.append(reference)
    checks.equal("references lead somewhere", broken, [])
    served = engine.get("/api/v1/openapi.yaml")
    checks.equal("the server serves the file", served.text, read("docs", "openapi.yaml"))
    names = [operation["operationId"] for _, _, operation in document.operations()]
    checks.equal("each operation has a name of its own", len(set(names)), len(names))


def questions(document, path, operation):
    """The path alone with what it needs, then with each parameter's example."""
    needed, rest = {}, []
    for parameter in document.parameters(operation):
        if parameter["in"] == "path":
            path = path.replace("{%s}" % parameter["name"], quote(str(parameter["example"])))
        elif parameter.get("required"):
            needed[parameter["name"]] = parameter["example"]
        elif "example" in parameter:
            rest.append({parameter["name"]: parameter["example"]})
    for more in [{}, *rest]:
        query = urlencode({**needed, **more}, doseq=True)
        yield path + ("?" + query if query else "")


def answer_problems(document, operation, path, answer):
    kind = answer.headers["Content-Type"].split(";")[0]
    content = document.content(operation, answer.status)
    if answer.status != 200 or kind not in content:
        return [f"{path}: {answer.status} {kind}: {answer.text[:200]}"]
    if kind != "application/json":
        return []
    return [f"{path}: {p}" for p in document.problems(content[kind]["schema"], answer.json)]


def check_answers(checks, document, engine):
    asked, bad = 0, []
    for path, method, operation in document.operations():
        if method != "get":
            continue
        for question in questions(document, path, operation):
            asked += 1
            bad += answer_problems(document, operation, question, engine.get(question))
    checks.equal("each example answers in the form that is declared", bad, [])
    checks.true("there are as many as should be", asked > 50, asked)


def check_posts(checks, document, engine):
    operation = document.tree["paths"]["/v1/ingest/{source}"]["post"]
    example = operation["requestBody"]["content"]["application/json"]["example"]
    answer = engine.post("generic", example)
    checks.equal("so does ingest", answer_problems(document, operation, "ingest", answer), [])
    operation = document.tree["paths"]["/-/reload"]["post"]
    checks.equal("so does a reload", answer_problems(document, operation, "reload", engine.reload()), [])


def check_parameters(checks, document, engine):
    """What the server says that it takes, against what the file says."""
    wrong, shapeless = {}, []
    for path, method, operation in document.operations():
        if method != "get" or not path.startswith("/api/"):
            continue
        declared = [p for p in document.parameters(operation)]
        named = {p["name"] for p in declared if p["in"] == "query"}
        question = next(iter(questions(document, path, operation)))
        answer = engine.get(question + ("&" if "?" in question else "?") + "nonsense=1")
        if answer.status != 400 or document.problems({"$ref": "#/components/schemas/Error"}, answer.json):
            shapeless.append((path, answer.status, answer.text))
            continue
        _, _, listed = answer.json["error"].partition("only: ")
        taken = set(listed.split(", ")) - {""}
        if path == "/api/v1/requests":
            taken.add("id")  # goes alone
        if taken != named:
            wrong[path] = (sorted(taken), sorted(named))
    checks.equal("a parameter that there is not is refused everywhere, in the declared form", shapeless, [])
    checks.equal("those that there are are in the file", wrong, {})


def check_fullness(checks, engine):
    """Empty lists would prove nothing."""
    data = {name: engine.api(name) for name in
            ("alerts", "alerts/history", "budgets", "coverage", "requests", "rejects", "cardinality")}
    checks.equal("no list is empty", [name for name, items in data.items() if not items], [])
    chosen = engine.api("coverage?label=team&of=requests&source=generic&window=1h")
    checks.equal("coverage can be chosen", [(c["label"], c["of"], c["source"], c["window"]) for c in chosen],
                 [("team", "requests", "generic", "1h")])
    rules = engine.api("rules")["groups"]
    checks.equal("rules tell how they stand", [(r["type"], r["name"], r["state"]) for r in rules[0]["rules"]],
                 [("rule", "SpendIsHigh", "firing"), ("rule", "SpendSteps", "pending"),
                  ("budget", "team-month", "firing")])
    checks.true("a rule has place, value and alerts", rules[0]["rules"][0]["where"].endswith("policy.lua:5") and
                rules[0]["rules"][0]["value"] == 5 and len(rules[0]["rules"][0]["alerts"]) == 1, rules[0]["rules"][0])
    prices = engine.api("prices?provider=OpenAI&model=gpt-4o")
    checks.true("prices are chosen, with their rates", prices["entries"] and
                {e["model"] for e in prices["entries"]} == {"gpt-4o"} and
                prices["entries"][0]["tiers"][0]["rates"]["input_mtok"], prices["entries"][:1])
    checks.equal("and what had none is counted",
                 [(m["requested_model"], m["requests"]) for m in prices["unpriced"]["models"]], [("unheard-of", 3)])
    first = engine.get("/api/v1/prices?limit=10").json
    second = engine.get(f"/api/v1/prices?limit=10&cursor={first['next_cursor']}").json
    shown = [{e["entry"] for e in page["data"]["entries"]} for page in (first, second)]
    checks.true("pages of prices follow each other", len(shown[0]) == 10 and not shown[0] & shown[1], shown)
    changes = engine.api("alerts/history?state=firing&window=1h")
    checks.equal("the history has the change, with its value",
                 [(c["rule"], c["from"], c["to"], c["value"]) for c in changes if c["rule"] == "SpendIsHigh"],
                 [("SpendIsHigh", "inactive", "firing", 5)])


def check_itself(checks, document, engine):
    """A validator that finds nothing wrong would pass everything."""
    body = engine.get("/api/v1/spend?by=team").json
    schema = document.content(document.tree["paths"]["/api/v1/spend"]["get"], 200)["application/json"]["schema"]
    checks.equal("as it is, it fits", document.problems(schema, body), [])
    for name, change in {
            "a member that is gone": lambda d: d["rows"][0].pop("charge_usd"),
            "a member too many": lambda d: d["rows"][0].update(extra=1),
            "money as a number": lambda d: d["total"].update(charge_usd=1.5),
            "a time without a zone": lambda d: d.update(start="2026-11-01")}.items():
        broken = engine.get("/api/v1/spend?by=team").json
        change(broken["data"])
        checks.true(f"{name} is found", document.problems(schema, broken))


def run(checks, stage, _build):
    policy = stage.file("policy.lua", POLICY)
    engine = stage.engine("openapi", {"policies": {"paths": [policy]}, "rules": {"tick": "1s"},
                                      "labels": {"declared": ["cost_center"]}}).start()
    now = time.time_ns()
    event = {"ai_system": "openai", "requested_model": "gpt-4o", "input_tokens": 1000, "start": now - 10**9, "end": now}
    engine.post("generic", [{**event, "id": "first", "team": "payments", "reported_usd": "5", "trace_id": "t1"}] +
                [{**event, "id": f"unpriced-{i}", "ai_system": "acme", "requested_model": "unheard-of"} for i in range(3)] +
                [{"id": 1, "input_tokens": -5}])
    document = Document(read("docs", "openapi.yaml"))
    until(lambda: {"SpendIsHigh", "team-month"} <=
          {a["rule"] for a in engine.api("alerts") if a["state"] == "firing"})
    check_posts(checks, document, engine)
    check_document(checks, document, engine)
    check_fullness(checks, engine)
    check_answers(checks, document, engine)
    check_parameters(checks, document, engine)
    check_itself(checks, document, engine)


if __name__ == "__main__":
    main(run)
