"""How much a turn steers the answer: two measurements on the shipped file.

    python steering.py --model hearthside-25m.gguf --chat prep/chat_val.npy

1. Nats per token of the answers of held-back chat examples (validation books) behind their own request, and
   behind the request of another example. The difference is what the request is worth.
2. Answers drawn at temperature 0.8 under length and form instructions: their length, and whether they obey.
"""

import argparse
import json

import numpy as np

import pairs
import reference

LEARN, BOS, END, ASSISTANT = 0x8000, 0, 1, 4


def examples(path, count):
    """(request, answer) of single-turn examples, as ids."""
    out = []
    for row in np.load(path):
        ids, learn = row & (LEARN - 1), (row & LEARN) != 0
        starts = np.flatnonzero(ids == BOS)
        for a, b in zip(starts, list(starts[1:]) + [len(ids)], strict=False):
            part, flag = ids[a:b], learn[a:b]
            if (part == ASSISTANT).sum() != 1 or flag.sum() > 160:
                continue
            k = int(np.flatnonzero(flag)[0])
            out.append((part[:k].tolist(), part[k : k + int(flag.sum())].tolist()))
    return out[:count]


def nats(model, prompt, answer):
    model.reset()
    for i in prompt:
        logits = model.step(i)
    total = 0.0
    for i in answer:
        top = logits.max()
        total += float(np.log(np.exp(logits - top).sum()) + top - logits[i])
        logits = model.step(i)
    return total


TRIALS = [
    ("no instruction", None, "Tell me a story about a garden."),
    ("one sentence", "Answer in one sentence.", "Tell me a story about a garden."),
    ("briefly", "Answer briefly.", "Tell me a story about a garden."),
    ("at length", "Write at length.", "Tell me a story about a garden."),
    ("only dialogue", "Write only dialogue.", "Write a dialogue about the garden."),
    ("another noun", None, "Tell me a story about a ship."),
]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--model", required=True)
    ap.add_argument("--chat", required=True)
    ap.add_argument("--examples", type=int, default=60)
    ap.add_argument("--draws", type=int, default=12)
    args = ap.parse_args()
    model = reference.Model(args.model, np.float32)
    tok = reference.tokenizer(model.meta)
    for name, system, user in TRIALS:
        turns = ([("system", system)] if system else []) + [("user", user)]
        ids = tok.encode(reference.chat(turns), add_special_tokens=False).ids
        lengths, hits, quotes, sentences = [], 0, 0, 0
        for seed in range(args.draws):
            out, _, _ = reference.generate(model, ids, 220, END, np.random.default_rng(seed), 0.8)
            text = tok.decode([t for t in out if t != END]).strip()
            lengths.append(len(out))
            hits += ("ship" if "ship" in user else "garden") in text.lower()
            quotes += all(p.startswith('"') for p in text.split("\n\n"))
            sentences += len(pairs.sentences(text)) == 1
        print(json.dumps({"instruction": name, "draws": args.draws, "median_tokens": int(np.median(lengths)), "names_the_noun": hits,
                          "every_paragraph_speech": quotes, "one_sentence": sentences}), flush=True)
    ex = examples(args.chat, args.examples)
    own = other = count = 0
    for k, (prompt, answer) in enumerate(ex):
        own += nats(model, prompt, answer)
        other += nats(model, ex[(k + 1) % len(ex)][0], answer)
        count += len(answer)
    print(json.dumps({"examples": len(ex), "answer_tokens": count, "nats_own_request": round(own / count, 4),
                      "nats_other_request": round(other / count, 4)}), flush=True)


if __name__ == "__main__":
    main()
