"""Renders pieces of templates with Python's Jinja as `transformers` sets it up: the reference for jinja.test.ts.

Usage: python3 make-snippets.py < snippets.txt > snippets.json
"""

import json
import sys

from transformers.utils import chat_template_utils

NAMES = {
    "messages": [
        {"role": "user", "content": "Hi"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "a1", "type": "function", "function": {"name": "f", "arguments": {"x": 1, "y": [1.5, None, True], "z": "é\"'\n"}}}
            ],
        },
        {"role": "tool", "name": "f", "content": "42"},
        {"role": "user", "content": [{"type": "text", "text": "multi"}, {"type": "image"}]},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "f",
                "description": "d",
                "parameters": {
                    "type": "object",
                    "properties": {"b": {"type": "string"}, "a": {"type": "integer", "enum": [1, 2]}},
                    "required": ["b"],
                },
            },
        }
    ],
    "add_generation_prompt": True,
    "bos_token": "<s>",
    "eos_token": "</s>",
    "s": "  Hello World \n",
    "n": 7,
    "f": 2.5,
    "t": True,
    "nn": None,
    "d": {"k": 1, "j": "v"},
    "l": [3, 1, 2],
    "e": [],
    "em": "",
    "words": ["b", "A", "c"],
}


def render(template):
    try:
        return chat_template_utils._compile_jinja_template(template).render(**NAMES)
    except Exception as error:
        return {"error": str(error)}


def main():
    snippets = [text for text in sys.stdin.read()[:-1].split("\n====\n") if "strftime_now" not in text]
    cases = [[text, render(text)] for text in snippets]
    json.dump({"names": NAMES, "cases": cases}, sys.stdout, ensure_ascii=False, indent=0)


main()
