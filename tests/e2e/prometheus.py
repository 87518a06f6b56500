"""A real Prometheus on a free port that scrapes engines, and its query API."""
import json
import os
import urllib.parse

from harness import Process, free_port, request


def as_list(ports):
    return ports if isinstance(ports, list) else [ports]


class Prometheus(Process):
    """`jobs`: port, or a list of them, by job name. `more`: further parts of its configuration, as a map."""

    def __init__(self, stage, name, jobs, interval="1s", binary="prometheus", more=None,
                 flags=(), prefix=""):
        self.folder, self.port = os.path.join(stage.folder, name), free_port()
        self.prefix, self.scrape_s = prefix, float(interval.removesuffix("s"))
        os.makedirs(self.folder)
        config = stage.file(f"{name}/prometheus.yml", json.dumps({
            "global": {"scrape_interval": interval, "evaluation_interval": interval},
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in as_list(ports)]}]}
                for job, ports in jobs.items()], **(more or {})}))
        super().__init__(
            [binary, f"--config.file={config}", f"--storage.tsdb.path={self.folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}", f"--web.route-prefix={prefix or '/'}",
             "--enable-feature=exemplar-storage", *flags],
            os.path.join(self.folder, "prometheus.log"))
        stage.keep(self)

    def start(self):
        self.launch()
        self.wait_ready(self.port, f"{self.prefix}/-/ready")
        return self

    def api(self, path, **parameters):
        text = urllib.parse.urlencode(parameters)
        return request(self.port, "GET", f"{self.prefix}/api/v1/{path}?{text}").json

    def vector(self, expression, **when):
        """Label sets without the name, and values; `when`: time=seconds, if not now."""
        answer = self.api("query", query=expression, **when)
        if answer["status"] != "success":
            raise ValueError(f"{expression}: {answer['error']}")
        return [({k: v for k, v in each["metric"].items() if k != "__name__"},
                 float(each["value"][1])) for each in answer["data"]["result"]]

    def value(self, expression, **when):
        """The only value of the answer, or None."""
        found = self.vector(expression, **when)
        return found[0][1] if len(found) == 1 else None

    def by(self, expression, label):
        return {labels.get(label, ""): value for labels, value in self.vector(expression)}

    def failed_scrapes(self):
        """Seconds that each of the last hour took which failed though its time was not over."""
        def samples(name):
            found = self.api("query", query=f"{name}[1h]")["data"]["result"]
            return {(each["metric"]["instance"], at): float(value)
                    for each in found for at, value in each["values"]}
        took, up = samples("scrape_duration_seconds"), samples("up")
        return [took[key] for key, value in up.items() if value != 1 and took.get(key, 0) < self.scrape_s]


def parser(prometheus):
    """Of queries, by Prometheus' own; what it was asked is kept."""
    known = {}

    def parse(expression):
        if expression not in known:
            answer = prometheus.api("parse_query", query=expression)
            known[expression] = answer["data"] if answer["status"] == "success" else None
        return known[expression]
    return parse
