"""The rules of Grafana's dashboard-linter, and some of our own, for dashboards in classic JSON. Queries are judged
by the syntax tree that Prometheus itself makes of them."""
import re

# What variables become before a query is parsed: times that nothing else has, and names.
RATE_INTERVAL, RANGE = "61s", "3607s"
MILLISECONDS = {RATE_INTERVAL: 61000, RANGE: 3607000}
VARIABLES = {"$__rate_interval": RATE_INTERVAL, "$__range": RANGE}
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
INSTANT = {"stat", "gauge", "bargauge", "table"}


def replaced(text, values):
    """The longest names first: $__range before $__r."""
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(name, values[name])
    return text


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def variables(dashboard):
    return {each["name"]: each for each in dashboard["templating"]["list"]}


def stand_ins(dashboard):
    """For every variable of the dashboard; job and instance keep their names, to be found again."""
    names = {f"${name}": name for name in variables(dashboard)}
    return {**names, **VARIABLES, "$job": "JOB", "$instance": "INSTANCE", "$by": "team"}


def matchers(selector):
    return {(each["name"], each["type"], each["value"]) for each in selector["matchers"]}


def nodes(tree):
    """(node, names of the functions around it), of a syntax tree or None."""
    def walk(value, around):
        if isinstance(value, list):
            for each in value:
                yield from walk(each, around)
        elif isinstance(value, dict):
            yield value, around
            function = value.get("func", {}).get("name") if value.get("type") == "call" else None
            for each in value.values():
                yield from walk(each, around + [function] if function else around)
    return list(walk(tree, []))


def selectors(tree):
    return [(node, around) for node, around in nodes(tree) if node.get("type") in ("vectorSelector", "matrixSelector")]


class Query:
    """One query of a panel, and its syntax tree: None where Prometheus cannot parse it."""

    def __init__(self, dashboard, panel, target, parse):
        self.panel, self.target = panel, target
        self.where = f"{dashboard.get('uid')}: {panel.get('title')!r}, query {target.get('refId')}"
        self.tree = parse(replaced(target.get("expr", ""), stand_ins(dashboard)))

    def selectors(self):
        return selectors(self.tree)


class Queries(list):
    """All of a dashboard, and what parses another one."""

    def __init__(self, dashboard, parse):
        super().__init__(Query(dashboard, panel, target, parse)
                         for panel in panels(dashboard) for target in panel.get("targets", []))
        self.parse = parse


# --- rules: each yields what is wrong ---

def datasource_variable(dashboard, _):
    have = variables(dashboard).get("datasource")
    if not have or have["type"] != "datasource" or have["query"] != "prometheus" or have["label"] != "Data source":
        yield "no variable `datasource` of type datasource, for prometheus, labelled Data source"


def target_variables(dashboard, _):
    for name in ("job", "instance"):
        have = variables(dashboard).get(name, {})
        if have.get("type") != "query" or have.get("datasource") != DATASOURCE or have.get("label") != name.capitalize():
            yield f"no variable `{name}` that is asked of the datasource"
        elif not have.get("multi") or have.get("allValue") != ".+":
            yield f"variable `{name}`: not multi, with .+ for all"


def reload_on_time_change(dashboard, _):
    for name, have in variables(dashboard).items():
        if have["type"] == "query" and have.get("refresh") != 2:
            yield f"variable `{name}` is not asked anew when the time range changes"


def variable_queries(dashboard, queries):
    """label_values(SELECTOR, LABEL), of the job."""
    for name, have in variables(dashboard).items():
        if have["type"] != "query":
            continue
        found = re.fullmatch(r"label_values\((.+), (\w+)\)", have["query"]["query"])
        tree = queries.parse(replaced(found.group(1), stand_ins(dashboard))) if found else None
        if not tree or tree["type"] != "vectorSelector" or have["definition"] != have["query"]["query"]:
            yield f"variable `{name}` does not ask for values of a label"
        elif name != "job" and ("job", "=~", "JOB") not in matchers(tree):
            yield f"variable `{name}` asks every job"


def unused_variables(dashboard, queries):
    text = str([query.target.get("expr") for query in queries])
    for name in variables(dashboard):
        if name != "datasource" and f"${name}" not in text:
            yield f"variable `{name}` is not used"


def datasources(dashboard, _):
    for panel in panels(dashboard):
        for each in (panel, *panel.get("targets", [])):
            if each.get("datasource") != DATASOURCE:
                yield f"{panel.get('title')!r} does not use $datasource"


def titles_and_descriptions(dashboard, _):
    for panel in panels(dashboard):
        if not panel.get("title") or len(panel.get("description", "")) < 10:
            yield f"panel {panel.get('id')}: no title or no description"


def units(dashboard, _):
    for panel in panels(dashboard):
        config = panel["fieldConfig"]
        styled = {each["matcher"]["options"] for each in config["overrides"]
                  if any(p["id"] == "unit" and p["value"] for p in each["properties"])}
        if panel["type"] == "table":
            columns = set(panel["transformations"][1]["options"]["renameByName"].values())
            if columns - styled or len(columns) != len(panel["targets"]):
                yield f"{panel.get('title')!r}: columns without a unit: {columns - styled}"
        elif not config["defaults"].get("unit"):
            yield f"{panel.get('title')!r} has no unit"


def has_queries(dashboard, _):
    for panel in panels(dashboard):
        if not panel.get("targets") or not all(target.get("expr") for target in panel["targets"]):
            yield f"{panel.get('title')!r} has no query"


def valid_promql(_, queries):
    for query in queries:
        if query.tree is None:
            yield f"{query.where}: Prometheus cannot parse it: {query.target.get('expr')}"


def job_and_instance(_, queries):
    for query in queries:
        for node, _around in query.selectors():
            if not {("job", "=~", "JOB"), ("instance", "=~", "INSTANCE")} <= matchers(node):
                yield f"{query.where}: {node['name']} without job=~\"$job\", instance=~\"$instance\""


def rate_interval(_, queries):
    wanted = {"rate": RATE_INTERVAL, "irate": RATE_INTERVAL, "increase": RANGE,
              "deriv": RATE_INTERVAL}
    for query in queries:
        for node, around in query.selectors():
            time = wanted.get(around[-1] if around else None)
            if node["type"] == "matrixSelector" and node["range"] != MILLISECONDS.get(time):
                yield f"{query.where}: $__rate_interval belongs into rate() and, of gauges, deriv(), $__range into increase()"


def counters(_, queries):
    for query in queries:
        for node, around in query.selectors():
            name = node["name"]
            counter = name.endswith(("_total", "_bucket", "_count", "_sum"))
            if counter and not {"rate", "irate", "increase"} & set(around):
                yield f"{query.where}: the counter {name} without rate() or increase()"


def kind_of_query(_, queries):
    for query in queries:
        instant = query.panel["type"] in INSTANT
        if bool(query.target.get("instant")) != instant or bool(query.target.get("range")) == instant:
            yield f"{query.where}: {'instant' if instant else 'range'} is what its panel shows"


def legends(_, queries):
    for query in queries:
        legend = query.target.get("legendFormat")
        if query.panel["type"] != "table" and (not legend or legend == "__auto"):
            yield f"{query.where}: no legend"


def frame(dashboard, _):
    if dashboard.get("editable") is not False:
        yield "a dashboard that is provisioned is not editable"
    if not 36 <= dashboard.get("schemaVersion", 0) <= 41 or not dashboard.get("uid") or not dashboard.get("title"):
        yield "schemaVersion of Grafana 10 or 11, uid and title are needed"
    if len(dashboard.get("uid", "")) > 40:
        yield "a uid has at most 40 characters"


def grid(dashboard, _):
    taken, ids = {}, set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        if panel["id"] in ids or at["w"] < 1 or at["h"] < 1 or at["x"] + at["w"] > 24:
            yield f"{panel.get('title')!r}: its id or place"
        ids.add(panel["id"])
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                if (x, y) in taken:
                    yield f"{panel.get('title')!r} lies on {taken[x, y]!r}"
                    return
                taken[x, y] = panel.get("title")


RULES = (datasource_variable, target_variables, reload_on_time_change, variable_queries, unused_variables, datasources,
         titles_and_descriptions, units, has_queries, valid_promql, job_and_instance, rate_interval, counters,
         kind_of_query, legends, frame, grid)


def lint(dashboard, parse):
    """{rule: what is wrong}, of those that found something."""
    queries = Queries(dashboard, parse)
    found = {rule.__name__: list(rule(dashboard, queries)) for rule in RULES}
    return {name: wrong for name, wrong in found.items() if wrong}
