"""What the end-to-end tests take from PyPI and npm, kept in BUILD_DIR: once per list of pins,
however many tests ask at a time."""
import fcntl
import os
import shutil
import subprocess
import sys
import time

from harness import ROOT, read, write

UV = "uv==0.13.9"  # installs in seconds what takes pip a minute


def kept(folder, wanted, make):
    """`folder` as make() leaves it, made anew where it was made of another text than `wanted`."""
    stamp = os.path.join(folder, "made-of")
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with open(f"{folder}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(stamp) or read(stamp) != wanted:
            begin = time.monotonic()
            shutil.rmtree(folder, ignore_errors=True)
            make()
            write(stamp, wanted)
            print(f"made {folder} in {time.monotonic() - begin:.0f} s", flush=True)
    return folder


def uv(build):
    folder = os.path.join(build, "uv-venv")

    def make():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([os.path.join(folder, "bin", "pip"), "install", "-q", "--disable-pip-version-check", UV], check=True)
    return os.path.join(kept(folder, UV, make), "bin", "uv")


def venv(build, name):
    """The folder of the programs that <name>/requirements.txt pins."""
    folder, installer = os.path.join(build, f"{name}-venv"), uv(build)
    pins = os.path.join(ROOT, "tests", "e2e", name, "requirements.txt")

    def make():
        subprocess.run([installer, "venv", "-q", "--python", sys.executable, folder], check=True)
        subprocess.run([installer, "pip", "install", "-q", "--compile-bytecode", "--python",
                        os.path.join(folder, "bin", "python"), "-r", pins], check=True)
    return os.path.join(kept(folder, read(pins), make), "bin")


def npm(build, name, programs):
    """The folder with the node_modules that <name>/package.json pins; `programs` has node and npm."""
    folder = os.path.join(build, f"{name}-npm")
    wanted = read("tests", "e2e", name, "package.json")

    def make():
        write(os.path.join(folder, "package.json"), wanted)
        subprocess.run([os.path.join(programs, "npm"), "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"],
                       cwd=folder, env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}, check=True)
    return kept(folder, wanted, make)
