"""The provider that the tests of real emitters ask (litellm/mock_openai.py), and what it bills."""
import os

from harness import ROOT, Process, free_port, request

# pico-USD a token, from the providers' public price pages
RATES = {
    "gpt-4o-mini": {"fresh": 150_000, "read": 75_000, "output": 600_000},
    "gpt-4o": {"fresh": 2_500_000, "read": 1_250_000, "output": 10_000_000},
    "gpt-5-mini": {"fresh": 250_000, "read": 25_000, "output": 2_000_000},
    "text-embedding-3-small": {"fresh": 20_000, "output": 0},
    "claude-sonnet-4-5-20250929": {"fresh": 3_000_000, "read": 300_000, "write_5m": 3_750_000,
                                   "write_1h": 6_000_000, "output": 15_000_000},
    "acme-llm-9": {}}


def start_provider(stage, programs):
    """Its port. `programs` is the folder of a Python with aiohttp."""
    port = free_port()
    mock = os.path.join(ROOT, "tests", "e2e", "litellm", "mock_openai.py")
    process = stage.keep(Process([os.path.join(programs, "python"), mock, str(port)],
                                 os.path.join(stage.folder, "mock.log")))
    process.launch()
    process.wait_ready(port, "/served")
    return port


def served_by(port):
    return request(port, "GET", "/served").json


def cost_nano(answered):
    pico = sum(answered[unit] * rate for unit, rate in RATES[answered["model"]].items())
    return pico // 1000


def tokens(answered):
    """As an event has them: input with what came from a cache and what went there."""
    written = answered["write_5m"] + answered["write_1h"]
    return {"input": answered["fresh"] + answered["read"] + written, "output": answered["output"],
            "cache_read": answered["read"], "cache_write": written, "reasoning": answered["reasoning"]}
