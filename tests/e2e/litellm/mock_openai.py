"""Stand-in for OpenAI and Anthropic with exact usage. The first path segment picks the scenario:
http://127.0.0.1:PORT/<scenario>/v1/chat/completions. GET /served tells what was answered with
success: the answer's id, the prompt, the model and the usage as the provider would bill it.
"""
import asyncio
import itertools
import json
import sys
import time

from aiohttp import web

ANSWER = ["Forty", "-two ", "sentinel ", "completions."]
numbers = itertools.count(1)
served, flaky = [], {}

# prompt, completion, of it cached, of it reasoning
OPENAI = {"plain": (120, 45, 0, 0), "flaky": (120, 45, 0, 0), "cached": (2500, 200, 1920, 0),
          "reason": (300, 1400, 0, 1024), "tool": (300, 25, 0, 0), "told": (360, 40, 256, 0)}
# Anthropic's input_tokens exclude cache reads and writes.
ANTHROPIC = {"write": {"input": 21, "read": 1500, "output": 88, "write_5m": 2000, "write_1h": 1000}}

# The scenario "tool" calls the first tool there is; with its result it goes on as "told".
TOOL = {"name": "get_weather", "arguments": '{"city": "Oslo"}'}

ERRORS = {"e429": (429, "tokens", "rate_limit_exceeded"), "e500": (500, "server_error", None)}


def prompt_of(body):
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else content[0]["text"]


def new_id(prefix):
    return f"{prefix}mock{next(numbers):06d}"


def note(answer_id, prompt, model, read=0, write_5m=0, write_1h=0, reasoning=0, *, fresh, output):
    served.append({"id": answer_id, "prompt": prompt, "model": model, "fresh": fresh, "read": read,
                   "write_5m": write_5m, "write_1h": write_1h, "output": output,
                   "reasoning": reasoning})


def error(scenario):
    if scenario == "flaky":  # two errors, then success
        flaky[scenario] = flaky.get(scenario, 0) + 1
        scenario = "e500" if flaky[scenario] % 3 else scenario
    if scenario not in ERRORS:
        return None
    status, kind, code = ERRORS[scenario]
    return web.json_response({"error": {"message": "mock", "type": kind, "param": None,
                                        "code": code}}, status=status)


async def stream(request, lines):
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    for line in lines:
        await response.write(line.encode())
        await asyncio.sleep(0.01)
    try:
        await response.write_eof()
    except ConnectionError:
        pass  # LiteLLM closes after data: [DONE]
    return response


async def chat(request):
    scenario, body = request.match_info["scenario"], await request.json()
    failed = error(scenario)
    if failed is not None:
        return failed
    if scenario == "tool" and body["messages"][-1]["role"] == "tool":
        scenario = "told"
    prompt, completion, cached, reasoning = OPENAI[scenario]
    answer_id = new_id("chatcmpl-")
    note(answer_id, prompt_of(body), body["model"], cached, reasoning=reasoning, fresh=prompt - cached,
         output=completion)
    usage = {"prompt_tokens": prompt, "completion_tokens": completion,
             "total_tokens": prompt + completion,
             "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
             "completion_tokens_details": {"reasoning_tokens": reasoning, "audio_tokens": 0}}
    base = {"id": answer_id, "created": int(time.time()),
            "model": body["model"], "service_tier": "default", "system_fingerprint": "mock"}
    if not body.get("stream"):
        message = {"role": "assistant", "content": "".join(ANSWER), "refusal": None}
        if scenario == "tool":
            message = {**message, "content": None, "tool_calls": [
                {"id": f"call_{answer_id}", "type": "function", "function": TOOL}]}
        return web.json_response({**base, "object": "chat.completion", "usage": usage, "choices": [
            {"index": 0, "message": message, "logprobs": None,
             "finish_reason": "tool_calls" if scenario == "tool" else "stop"}]})

    def chunk(choices, numbers_of=None):
        return {**base, "object": "chat.completion.chunk", "choices": choices, "usage": numbers_of}
    chunks = [chunk([{"index": 0, "delta": {"role": "assistant", "content": t},
                      "finish_reason": None}]) for t in ANSWER]
    chunks.append(chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}]))
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append(chunk([], usage))
    return await stream(request, [f"data: {json.dumps(c)}\n\n" for c in chunks]
                        + ["data: [DONE]\n\n"])


def response_events(done, item):
    """The events of a streamed response: its text as one part of one message."""
    at = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    part = item["content"][0]
    yield {"type": "response.created", "response": {**done, "status": "in_progress", "output": [], "usage": None}}
    yield {"type": "response.output_item.added", "output_index": 0, "item": {**item, "status": "in_progress", "content": []}}
    yield {"type": "response.content_part.added", **at, "part": {**part, "text": ""}}
    for text in ANSWER:
        yield {"type": "response.output_text.delta", **at, "delta": text, "logprobs": []}
    yield {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **at, "part": part}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield {"type": "response.completed", "response": done}


async def responses(request):
    scenario, body = request.match_info["scenario"], await request.json()
    failed = error(scenario)
    if failed is not None:
        return failed
    prompt, completion, cached, reasoning = OPENAI[scenario]
    answer_id = new_id("resp_")
    note(answer_id, str(body["input"]), body["model"], cached, reasoning=reasoning, fresh=prompt - cached,
         output=completion)
    item = {"type": "message", "id": f"msg_{answer_id}", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "".join(ANSWER), "annotations": []}]}
    done = {"id": answer_id, "object": "response", "created_at": int(time.time()), "status": "completed",
            "error": None, "incomplete_details": None, "instructions": None, "metadata": {}, "model": body["model"],
            "output": [item], "parallel_tool_calls": True, "temperature": 1.0, "tool_choice": "auto", "tools": [],
            "top_p": 1.0, "service_tier": "default", "usage": {
                "input_tokens": prompt, "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
                "output_tokens": completion, "output_tokens_details": {"reasoning_tokens": reasoning},
                "total_tokens": prompt + completion}}
    if not body.get("stream"):
        return web.json_response(done)
    return await stream(request, [f"event: {e['type']}\ndata: {json.dumps({**e, 'sequence_number': i})}\n\n"
                                  for i, e in enumerate(response_events(done, item))])


async def embeddings(request):
    body = await request.json()
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    note(None, texts[0], body["model"], fresh=8 * len(texts), output=0)
    return web.json_response({"object": "list", "model": body["model"], "data": [
        {"object": "embedding", "index": i, "embedding": [0.01, -0.02]} for i in range(len(texts))],
        "usage": {"prompt_tokens": 8 * len(texts), "total_tokens": 8 * len(texts)}})


async def messages(request):
    scenario, body = request.match_info["scenario"], await request.json()
    failed = error(scenario)
    if failed is not None:
        return failed
    billed, answer_id = ANTHROPIC[scenario], new_id("msg_")
    note(answer_id, prompt_of(body), body["model"], billed["read"], billed["write_5m"], billed["write_1h"],
         fresh=billed["input"], output=billed["output"])
    counts = {"input_tokens": billed["input"], "cache_read_input_tokens": billed["read"],
              "cache_creation_input_tokens": billed["write_5m"] + billed["write_1h"]}
    usage = {**counts, "output_tokens": billed["output"], "service_tier": "standard",
             "cache_creation": {"ephemeral_5m_input_tokens": billed["write_5m"],
                                "ephemeral_1h_input_tokens": billed["write_1h"]}}
    base = {"id": answer_id, "type": "message", "role": "assistant",
            "model": body["model"], "stop_sequence": None}
    if not body.get("stream"):
        return web.json_response({**base, "content": [{"type": "text", "text": "".join(ANSWER)}],
                                  "stop_reason": "end_turn", "usage": usage})
    events = [{"type": "message_start", "message": {
        **base, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}]
    events += [{"type": "content_block_delta", "index": 0,
                "delta": {"type": "text_delta", "text": t}} for t in ANSWER]
    events += [{"type": "content_block_stop", "index": 0},
               {"type": "message_delta", "usage": {**counts, "output_tokens": billed["output"]},
                "delta": {"stop_reason": "end_turn", "stop_sequence": None}},
               {"type": "message_stop"}]
    return await stream(request, [f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events])


async def tell(_request):
    return web.json_response(served)


app = web.Application()
app.router.add_post("/{scenario}/v1/chat/completions", chat)
app.router.add_post("/{scenario}/v1/responses", responses)
app.router.add_post("/{scenario}/v1/embeddings", embeddings)
app.router.add_post("/{scenario}/v1/messages", messages)
app.router.add_get("/served", tell)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
