"""Held-out books: nats, bits per byte and perplexity per word.

    python evaluate.py --heldout prep/heldout.json --tokenizer prep/tokenizer.json --model hearthside-25m.gguf

--model takes the GGUF file (its weights as the file holds them) or a checkpoint of train.py (float weights).
Each book is read with <|bos|> before it in windows of 1024 tokens that advance by 512; a token is scored
once, with at least 512 tokens before it (fewer only at a book's start). The arithmetic is float32.
"""

import argparse
import json
import math
import re

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

import gguf
from model import Config, Llama


def load(path):
    if not path.endswith(".gguf"):
        saved = torch.load(path, map_location="cpu", weights_only=False)
        net = Llama(saved["config"])
        net.load_state_dict(saved["state"])
        return net
    meta, tensors = gguf.read(path)
    cfg = Config(
        vocab=meta["llama.vocab_size"], context=meta["llama.context_length"], dim=meta["llama.embedding_length"],
        layers=meta["llama.block_count"], heads=meta["llama.attention.head_count"],
        kv_heads=meta["llama.attention.head_count_kv"], ffn=meta["llama.feed_forward_length"],
        eps=meta["llama.attention.layer_norm_rms_epsilon"], rope_base=meta["llama.rope.freq_base"])
    net = Llama(cfg)
    net.load_state_dict({re.sub(r"^token_embd\.weight$", "token_embd", k): torch.from_numpy(v.copy()) for k, v in tensors.items()})
    return net


@torch.no_grad()
def book_nats(net, ids, device, rows=16, step=512):
    ids = torch.tensor(ids)
    ctx = net.cfg.context
    jobs = []
    scored = 1  # ids[0] is <|bos|>, given
    begin = 0
    while scored < len(ids):
        end = min(begin + ctx, len(ids) - 1)
        jobs.append((begin, end, scored))
        scored = end + 1
        begin += step
    total = 0.0
    for i in range(0, len(jobs), rows):
        part = jobs[i : i + rows]
        x = torch.zeros(len(part), ctx, dtype=torch.long)
        y = torch.full((len(part), ctx), -100)
        for r, (b, e, s) in enumerate(part):
            x[r, : e - b] = ids[b:e]
            y[r, s - 1 - b : e - b] = ids[s : e + 1]
        logits = net(x.to(device), dtype=torch.float32)
        total += float(F.cross_entropy(logits.flatten(0, 1), y.to(device).flatten(), ignore_index=-100, reduction="sum").double())
    return total


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--heldout", required=True)
    ap.add_argument("--tokenizer", required=True)
    ap.add_argument("--model", required=True)
    ap.add_argument("--limit", type=int, default=0, help="use only so many characters of each book (for a quick test)")
    args = ap.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = False
    device = "cuda" if torch.cuda.is_available() else "cpu"
    net = load(args.model).to(device).eval()
    tok = Tokenizer.from_file(args.tokenizer)
    with open(args.heldout) as f:
        books = json.load(f)
    nats = words = size = tokens = 0
    for b in books:
        t = b["text"][: args.limit] if args.limit else b["text"]
        ids = [0] + tok.encode(t, add_special_tokens=False).ids
        n = book_nats(net, ids, device)
        w, s = len(t.split()), len(t.encode())
        print(json.dumps({"book": b["title"][:40].replace("\n", " "), "tokens": len(ids) - 1, "words": w,
                          "bits_per_byte": round(n / math.log(2) / s, 4), "perplexity_per_word": round(math.exp(n / w), 2)}), flush=True)
        nats, words, size, tokens = nats + n, words + w, size + s, tokens + len(ids) - 1
    print(json.dumps({"model": args.model.split("/")[-1], "tokens": tokens, "words": words, "bytes": size, "nats": round(nats, 1),
                      "perplexity_per_token": round(math.exp(nats / tokens), 3), "bits_per_byte": round(nats / math.log(2) / size, 4),
                      "perplexity_per_word": round(math.exp(nats / words), 2)}), flush=True)


if __name__ == "__main__":
    main()
