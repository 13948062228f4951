"""Renders chat templates with Hugging Face's `transformers`: the reference for render-chat.test.ts.

Usage: python3 make-golden.py TEMPLATE_FOLDER > golden.json
"""

import datetime
import json
import pathlib
import sys

import jinja2
from transformers.utils import chat_template_utils


class Then(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26, 9, 5)


chat_template_utils.datetime = Then

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
CALL = {
    "role": "assistant",
    "content": "",
    "tool_calls": [
        {
            "id": "call12345",
            "type": "function",
            "function": {"name": "get_weather", "arguments": {"city": "Köln", "days": [1, 2.5], "exact": True, "unit": None}},
        }
    ],
}
RESULT = {"role": "tool", "name": "get_weather", "tool_call_id": "call12345", "content": '{"sky": "grey"}'}
THOUGHT = {"role": "assistant", "content": "<think>\nHm.\n</think>\n\nWell."}
# Answers that bring their reasoning apart
REASONED = {"role": "assistant", "reasoning_content": "Let me see.", "content": "So be it."}
PARTS = {"role": "user", "content": [{"type": "text", "text": "Look: "}, {"type": "text", "text": "here"}]}
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
    "a call of a tool": {"messages": [SYSTEM, USER, CALL], "prompt": False, "tools": TOOLS},
    "a tool's result": {"messages": [USER, CALL, RESULT], "prompt": True, "tools": TOOLS},
    "talk after a tool's result": {"messages": [SYSTEM, USER, CALL, RESULT, ASSISTANT, USER], "prompt": True, "tools": TOOLS},
    "two calls at once": {
        "messages": [USER, CALL | {"tool_calls": CALL["tool_calls"] * 2}, RESULT, RESULT],
        "prompt": True,
        "tools": TOOLS * 2,
    },
    "a call without tools": {"messages": [USER, CALL | {"content": None}, RESULT], "prompt": True},
    "thoughts": {"messages": [USER, THOUGHT, USER, REASONED, USER], "prompt": True},
    "thinking": {"messages": [USER], "prompt": True, "choices": {"enable_thinking": True}},
    "no thinking": {"messages": [USER], "prompt": True, "choices": {"enable_thinking": False}},
    "a message of parts": {"messages": [PARTS], "prompt": True},
    "nothing": {"messages": [], "prompt": True},
}


def render(template, case):
    try:
        rendered, _ = chat_template_utils.render_jinja_template(
            [case["messages"]],
            tools=case.get("tools"),
            chat_template=template,
            add_generation_prompt=case["prompt"],
            bos_token="<s>",
            eos_token="</s>",
            **case.get("choices", {}),
        )
        return rendered[0]
    except jinja2.exceptions.UndefinedError as error:
        return {"failed": str(error)}
    except jinja2.exceptions.TemplateSyntaxError as error:
        return {"failed": str(error)}
    except jinja2.exceptions.TemplateError as error:
        # What `raise_exception` throws
        return {"refused": str(error)}
    except Exception as error:
        return {"failed": str(error)}


def main():
    outputs = {
        path.name: {name: render(path.read_text(), case) for name, case in CASES.items()}
        for path in sorted(pathlib.Path(sys.argv[1]).glob("*.jinja"))
    }
    json.dump({"cases": CASES, "outputs": outputs}, sys.stdout, ensure_ascii=False, separators=(",", ":"))


main()
