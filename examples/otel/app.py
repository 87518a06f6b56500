"""One question to a model, as any program asks it. README.md has what reports the call.

usage: app.py QUESTION
"""
import sys

import openai

answer = openai.OpenAI(max_retries=0).chat.completions.create(
    model="gpt-4o-mini", messages=[{"role": "user", "content": sys.argv[1]}])
print(answer.choices[0].message.content)
