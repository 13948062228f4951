"""Renders chat templates with Python's Jinja in Hugging Face's settings: the reference for render-chat.test.ts.

Usage: python3 make-golden.py TEMPLATE_FOLDER > golden.json
"""

import datetime
import json
import pathlib
import sys

import jinja2
import jinja2.ext
import jinja2.sandbox

NOW = datetime.datetime(2024, 7, 26, 9, 5)

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather of a place – now.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "description": "Its name"}},
                "required": ["city"],
            },
        },
    }
]

SYSTEM = {"role": "system", "content": "You are terse."}
USER = {"role": "user", "content": "Hi there"}
ASSISTANT = {"role": "assistant", "content": "Hello! "}
CASES = {
    "one question": {"messages": [USER], "prompt": True},
    "system and question": {"messages": [SYSTEM, USER], "prompt": True},
    "a talk": {
        "messages": [SYSTEM, USER, ASSISTANT, {"role": "user", "content": "  Grüße 🦙\n\n{{ x }} <|im_end|>\n"}],
        "prompt": True,
    },
    "an answered question": {"messages": [USER, ASSISTANT], "prompt": False},
    "with a tool": {"messages": [SYSTEM, USER], "prompt": True, "tools": TOOLS},
    "two questions in a row": {"messages": [USER, USER], "prompt": True},
}


class Refusal(Exception):
    pass


def raise_exception(message):
    raise Refusal(message)


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def render(template, case):
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = to_json
    # Nothing is escaped here; Python's own makes a text that escapes whatever is joined to it
    environment.filters["safe"] = str
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = NOW.strftime
    try:
        return environment.from_string(template).render(
            messages=case["messages"],
            tools=case.get("tools"),
            documents=None,
            add_generation_prompt=case["prompt"],
            bos_token="<s>",
            eos_token="</s>",
        )
    except Refusal as refusal:
        return {"refused": str(refusal)}
    except (jinja2.TemplateError, TypeError) as error:
        # Only Python's lists are lazy, and then no JSON
        return None if "generator" in str(error) else {"failed": str(error)}


def main():
    outputs = {}
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.jinja")):
        rendered = {name: render(path.read_text(), case) for name, case in CASES.items()}
        outputs[path.name] = {name: output for name, output in rendered.items() if output is not None}
    json.dump({"cases": CASES, "outputs": outputs}, sys.stdout, ensure_ascii=False, indent=1)


main()
