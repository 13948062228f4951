"""The shipped file run in plain numpy: golden values for an engine's tests, and samples.

    python reference.py golden --model hearthside-25m.gguf --out golden.json
    python reference.py samples --model hearthside-25m.gguf --out samples.md

Written apart from model.py on purpose: it reads only the GGUF file and shares no code with training.
Golden values use float64 throughout, on the weights that the file holds; they go on past the end mark.
"""

import argparse
import json

import numpy as np
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

import gguf

TOKENIZER_TEXTS = [
    "It was a dark and stormy night.", " leading space", "trailing space ", "two  spaces   three", "line\nbreak", "para\n\ngraph",
    "tab\tand\r\nreturn", "I'll say it's Mr. Darcy's, don't you think? We've they're", "12345 6 78 1,234.56", "café naïve Brontë",
    "Grüße aus München", "Привет, мир", "日本語のテキスト", "👋🏽 hello 🙂", "“curly” ‘quotes’ — dash…", "ALL CAPS AND camelCase_snake",
    "   ", "\n\n\n", "a", "\"'Tis he!\" cried she; 'and so - farewell.'", "<|end|", "e\u0301 zero\u200bwidth\u00a0nbsp", "",
]


class Model:
    def __init__(self, path, dtype):
        self.meta, t = gguf.read(path)
        self.w = {k: v.astype(dtype) for k, v in t.items()}
        m = self.meta
        self.layers, self.heads = m["llama.block_count"], m["llama.attention.head_count"]
        self.kv, self.eps = m["llama.attention.head_count_kv"], m["llama.attention.layer_norm_rms_epsilon"]
        self.head = m["llama.embedding_length"] // self.heads
        self.freq = m["llama.rope.freq_base"] ** (-np.arange(0, self.head, 2) / self.head)
        self.dtype = dtype
        self.reset()

    def reset(self):
        self.k = [[] for _ in range(self.layers)]
        self.v = [[] for _ in range(self.layers)]
        self.pos = 0

    def norm(self, x, name):
        return x / np.sqrt((x * x).mean() + self.eps) * self.w[name]

    def rope(self, x):
        """Adjacent pairs of each head turn by the position."""
        a = (self.pos * self.freq).astype(self.dtype)
        c, s = np.cos(a), np.sin(a)
        out = np.empty_like(x)
        out[:, 0::2] = x[:, 0::2] * c - x[:, 1::2] * s
        out[:, 1::2] = x[:, 0::2] * s + x[:, 1::2] * c
        return out

    def step(self, token):
        """Logits after one more token."""
        x = self.w["token_embd.weight"][token]
        for i in range(self.layers):
            w = lambda name, i=i: self.w[f"blk.{i}.{name}.weight"]  # noqa: E731
            h = self.norm(x, f"blk.{i}.attn_norm.weight")
            q = self.rope((w("attn_q") @ h).reshape(self.heads, -1))
            self.k[i].append(self.rope((w("attn_k") @ h).reshape(self.kv, -1)))
            self.v[i].append((w("attn_v") @ h).reshape(self.kv, -1))
            k, v = np.array(self.k[i]), np.array(self.v[i])
            a = np.empty_like(q)
            for j in range(self.heads):
                g = j * self.kv // self.heads
                s = k[:, g] @ q[j] / np.sqrt(self.head)
                s = np.exp(s - s.max())
                a[j] = s @ v[:, g] / s.sum()
            x = x + w("attn_output") @ a.reshape(-1)
            h = self.norm(x, f"blk.{i}.ffn_norm.weight")
            g = w("ffn_gate") @ h
            x = x + w("ffn_down") @ (g / (1 + np.exp(-g)) * (w("ffn_up") @ h))
        self.pos += 1
        return self.w["token_embd.weight"] @ self.norm(x, "output_norm.weight")


def tokenizer(meta):
    """The file's own tokenizer, as a `tokenizers` object."""
    tokens = meta["tokenizer.ggml.tokens"]
    t = Tokenizer(models.BPE({s: i for i, s in enumerate(tokens)}, [tuple(m.split(" ")) for m in meta["tokenizer.ggml.merges"]]))
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    t.decoder = decoders.ByteLevel()
    t.add_special_tokens([AddedToken(s, special=True) for s, k in zip(tokens, meta["tokenizer.ggml.token_type"], strict=False) if k == 3])
    return t


def chat(messages):
    """What the file's chat template renders, with the generation prompt."""
    return "<|bos|>" + "".join(f"<|{r}|>{c}<|end|>" for r, c in messages) + "<|assistant|>"


PROMPTS = [
    ("completion", "<|bos|>The old house stood at the end of the lane, and"),
    ("chat", chat([("user", "Tell me a story about a lighthouse.")])),
    ("chat with a system turn", chat([("system", "Answer in one sentence."), ("user", "Describe the garden.")])),
]

SAMPLES = [
    ("completion", "<|bos|>It was a dark and stormy night, and"),
    ("completion", "<|bos|>CHAPTER I\n\n"),
    ("chat", [("user", "Tell me a story about a lighthouse.")]),
    ("chat", [("user", "Continue this story: The old clock in the hall had stopped, and nobody in the house could say when.")]),
    ("chat", [("user", "Write a scene with Margaret and Mr. Thornton.")]),
    ("chat", [("system", "Answer in one sentence."), ("user", "Tell me a story about a garden.")]),
    ("chat", [("system", "Write only dialogue."), ("user", "Write a dialogue about the letter.")]),
    ("chat", [("user", "Write a paragraph with the words candle, window, rain.")]),
    ("chat", [("system", "Write in the first person."), ("user", "Write about the sea.")]),
    ("chat", [("user", "Who are you?")]),
]


def generate(model, ids, count, end, rng=None, temperature=0.0):
    model.reset()
    for i in ids:
        logits = model.step(i)
    out, gaps, first = [], [], logits
    while len(out) < count:
        order = np.argsort(-logits)
        gaps.append(float(logits[order[0]] - logits[order[1]]))
        if temperature:
            p = np.exp((logits - logits.max()) / temperature)
            token = int(rng.choice(len(p), p=p / p.sum()))
        else:
            token = int(order[0])
        out.append(token)
        if (token == end and rng is not None) or model.pos >= 1023:
            break
        logits = model.step(token)
    return out, gaps, first


def golden(model, tok, path):
    end = model.meta["tokenizer.ggml.eos_token_id"]
    out = {"model": "hearthside-25m.gguf", "arithmetic": "float64 on the dequantised weights", "tokenizer": [], "prompts": []}
    for t in TOKENIZER_TEXTS:
        out["tokenizer"].append({"text": t, "ids": tok.encode(t, add_special_tokens=False).ids})
    for name, text in PROMPTS:
        ids = tok.encode(text, add_special_tokens=False).ids
        greedy, gaps, first = generate(model, ids, 48, end)
        out["prompts"].append({
            "name": name, "rendered": text, "ids": ids, "greedy": greedy, "gaps": [round(g, 5) for g in gaps],
            "text": tok.decode(greedy, skip_special_tokens=False),
            "first_logits": [round(float(x), 6) for x in first[:64]], "first_argmax": int(first.argmax()),
            "first_logits_sum": round(float(first.sum()), 4)})
    with open(path, "w") as f:
        json.dump(out, f, indent="\t", ensure_ascii=False)
        f.write("\n")


def samples(model, tok, path):
    end = model.meta["tokenizer.ggml.eos_token_id"]
    lines = []
    for kind, prompt in SAMPLES:
        text = prompt if kind == "completion" else chat(prompt)
        ids = tok.encode(text, add_special_tokens=False).ids
        lines.append("### " + (repr(prompt[7:]) + " (completion)" if kind == "completion" else "; ".join(f"{r}: {c}" for r, c in prompt)))
        for label, temperature in (("greedy", 0.0), ("temperature 0.8", 0.8)):
            out, _, _ = generate(model, ids, 160 if kind == "completion" else 260, end, np.random.default_rng(7), temperature)
            stopped = out[-1] == end
            said = tok.decode(out[:-1] if stopped else out).strip()
            lines.append(f"*{label}, {len(out)} tokens, {'ended by itself' if stopped else 'cut here'}*\n\n" + "\n".join("> " + x for x in said.split("\n")))
    with open(path, "w") as f:
        f.write("\n\n".join(lines) + "\n")


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("what", choices=["golden", "samples"])
    ap.add_argument("--model", required=True)
    ap.add_argument("--out", required=True)
    args = ap.parse_args()
    model = Model(args.model, np.float64 if args.what == "golden" else np.float32)
    tok = tokenizer(model.meta)
    (golden if args.what == "golden" else samples)(model, tok, args.out)


if __name__ == "__main__":
    main()
