#!/usr/bin/env python3
"""Includes point down only: shell, stages, values, base. A stage never includes another
stage, and each outside library is wrapped by one folder."""

import os
import re

import tree
from tree import C_SUFFIXES, files, finish, read

# What each folder may include beside base, values and itself, and why.
FOLDERS = {
    "base": set(),
    "event": set(),
    "json": set(),
    "yaml": set(),
    "decode": {"json", "yaml"},  # mappings are YAML
    "price": {"yaml", "json"},  # books are JSON or YAML
    "dedupe": set(),
    "capture": set(),
    "ledger": {"json", "dedupe"},  # rows keep the dedupe keys
    "window": set(),
    "metrics": set(),
    "rules": set(),
    "alerts": {"rules"},  # delivers what rules decided
    "policy": {"yaml", "price", "window", "rules"},  # its header: values that Lua reads
    "http": set(),
    "books": {"ledger", "dedupe", "window", "metrics"},  # the commit of all four
    "config": {"yaml", "alerts", "decode", "metrics", "policy", "price", "window"},  # their options
}

# The shell knows the stages; nothing below knows it.
SHELL = {"", "api", "cli", "engine", "sim", "tick", "ui"}

# Contracts that are named neither after a folder nor after a file of base, event or src.
CONTRACTS = {
    "beginnings": "metrics",
    "beside": "event",
    "books_tidy": "books",
    "books_watch": "books",
    "browse": "ledger",
    "checkpoint": "books",
    "charge": "event",
    "decode_points": "decode",
    "decls": "event",
    "exposition": "metrics",
    "guess": "dedupe",
    "http_peer": "http",
    "json_tokens": "json",
    "ledger_tidy": "ledger",
    "litellm_budgets": "tick",
    "outlook": "rules",
    "policy_errors": "policy",
    "policy_measure": "policy",
    "policy_mask": "event",
    "policy_names": "policy",
    "policy_lines": "policy",
    "policy_test": "policy",
    "policy_tick": "policy",
    "policy_trace": "policy",
    "policy_usage": "policy",
    "price_import": "price",
    "price_list": "price",
    "rollup": "ledger",
    "rules_observe": "rules",
    "server": "api",
    "source": "decode",
    "spend": "ledger",
    "testing": "sim",
    "token_point": "event",
    "window_change": "window",
    "window_decl": "event",
}

LIBRARIES = {
    r"(lua|lualib|lauxlib|luajit)\.h": {"policy"},
    r"sqlite3\.h": {"ledger"},
    r"microhttpd\.h": {"http"},
    r"simdjson\.h": {"json"},
    r"curl/.*": {"alerts", "cli"},
    r"yaml\.h": {"yaml"},
    r"gnutls/.*": {"base"},
    r"zlib\.h": {"base"},
    r"zstd(_errors)?\.h": {"base"},
    r"xxhash\.h": {"base", "dedupe"},
    # Not where events come in: 20 times slower than simdjson.
    r"jansson\.h": {"alerts", "api", "cli", "price", "rules", "yaml"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.M)


def exists(path):
    return os.path.exists(os.path.join(tree.ROOT, path))


def folder_of(path):
    """Of a source its folder below src ("" for src itself), of a contract the folder that
    keeps it."""
    parts = path.split("/")
    if parts[0] == "src":
        return parts[1] if len(parts) > 2 else ""
    name = os.path.splitext(parts[-1])[0]
    if name in CONTRACTS or name in FOLDERS or name in SHELL:
        return CONTRACTS.get(name, name)
    for folder in ("base", "event", ""):
        if exists(os.path.join("src", folder, name + ".c")):
            return folder
    return name


def known(folder):
    return folder in FOLDERS or folder in SHELL


def contract_problem(folder, header):
    target = folder_of(header)
    if not known(target):
        return f'"{header}" is unknown to tests/lint/layers.py: add it to a layer'
    if folder in SHELL or target in ("base", folder):
        return None
    if target == "event":
        below = folder in ("base", "json", "yaml", "http")
        return f"{folder}/ is below the values and must not know {header}" if below else None
    if target in SHELL:
        return f"{folder}/ must not know the shell's {header}"
    if target not in FOLDERS[folder]:
        return f"{folder}/ must not include the stage {target}/ ({header})"
    return None


def library_problem(folder, header):
    for pattern, allowed in LIBRARIES.items():
        if re.fullmatch(pattern, header) and folder not in allowed:
            return f"<{header}> belongs to {', '.join(sorted(a or 'src' for a in allowed))}"
    return None


def problem(path, folder, quote, header):
    if quote == "<":
        return library_problem(folder, header)
    if header.startswith("spendwarden/"):
        return contract_problem(folder, header)
    inside = os.path.normpath(os.path.join(os.path.dirname(path), header))
    target = folder_of(inside)
    if target == folder or (target in SHELL and folder in SHELL):
        return None
    return f'"{header}" is in another folder: what others need goes into include/spendwarden'


def check(path):
    folder = folder_of(path)
    if not known(folder):
        return [f"{path}:1: the folder {folder}/ is unknown to tests/lint/layers.py"]
    text = read(path)
    found = []
    for match in INCLUDE.finditer(text):
        what = problem(path, folder, *match.groups())
        if what:
            line = text.count("\n", 0, match.start(2)) + 1
            found.append(f"{path}:{line}: {what}")
    return found


if __name__ == "__main__":
    checked = files("src", "include", suffixes=C_SUFFIXES)
    finish("layers", [p for path in checked for p in check(path)], len(checked))
