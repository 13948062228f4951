"""Baselines on the same held-out text: general compressors and a 5-gram.

    python baseline.py --train train.txt.xz --data prep

The compressors see bytes. "Primed" means: the size of training text and held-out text compressed as one
stream, less the size of the training text alone, with a window that spans everything.

The 5-gram is an interpolated Kneser-Ney model (one discount for each order, from the counts of counts)
over the same tokens as the network, so it has no unknown word and its figures compare directly. Its
probabilities sum to one at every step. It is trained on the same books as the network.
"""

import argparse
import bz2
import json
import lzma
import math
import time

import numpy as np

import text

ORDER = 5


def compressors(train, held):
    words, size = len(held.split()), len(held.encode())

    def show(name, n):
        print(json.dumps({"baseline": name, "bytes": n, "bits_per_byte": round(8 * n / size, 4),
                          "perplexity_per_word": round(2 ** (8 * n / words), 2)}), flush=True)

    h, t = held.encode(), train.encode()
    xz = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 128 << 20}]
    squeeze = lambda b: len(lzma.compress(b, format=lzma.FORMAT_RAW, filters=xz))  # noqa: E731
    show("bzip2 -9", len(bz2.compress(h, 9)))
    show("xz -9e", squeeze(h))
    show("xz -9e, primed with the training text", squeeze(t + h) - squeeze(t))


class Level:
    """The n-grams of one order as sorted keys (context number * vocabulary + token)."""

    def __init__(self, keys, counts, vocab):
        self.keys, self.counts = keys, counts
        ctx = keys // vocab
        self.ctx, begin = np.unique(ctx, return_index=True)
        self.total = np.add.reduceat(counts, begin).astype(np.float64)
        self.types = np.diff(np.append(begin, len(keys))).astype(np.float64)
        n1, n2 = int((counts == 1).sum()), int((counts == 2).sum())
        self.discount = n1 / (n1 + 2 * n2)


def lookup(table, x):
    """Positions of x in a sorted table, or -1."""
    at = np.searchsorted(table, x)
    at[at == len(table)] = 0
    return np.where(table[at] == x, at, -1)


def kneser_ney(train, held, vocab):
    """Nats of each held-out token; contexts are numbered level by level, so that no key overflows."""
    n = len(train)
    # node[k][i]: the number of the k-gram that ends at position i. Held-out k-grams never seen get -1.
    node_t, node_h = train.astype(np.int64), held.astype(np.int64)
    grams = [(np.arange(vocab), node_t, node_h)]
    for k in range(2, ORDER + 1):
        # A k-gram is (the (k-1)-gram that ends one earlier, this token).
        prev_t, prev_h = grams[-1][1], grams[-1][2]
        key_t = np.full(n, -1, np.int64)
        key_t[1:] = np.where(prev_t[:-1] >= 0, prev_t[:-1] * vocab + train[1:], -1)
        key_h = np.full(len(held), -1, np.int64)
        key_h[1:] = np.where(prev_h[:-1] >= 0, prev_h[:-1] * vocab + held[1:], -1)
        keys = np.unique(key_t[key_t >= 0])
        grams.append((keys, lookup(keys, key_t), lookup(keys, key_h)))
        print(json.dumps({"order": k, "ngrams": len(keys)}), flush=True)
    # The highest order counts occurrences; a lower order counts the distinct tokens that come before.
    levels = [None]
    for k in range(1, ORDER + 1):
        ids = grams[k - 1][1]
        size = vocab if k == 1 else len(grams[k - 1][0])
        if k == ORDER:
            counts = np.bincount(ids[ids >= 0], minlength=size)
        else:
            longer = grams[k][1]
            where = np.flatnonzero(longer >= 0)
            # One place for each distinct longer gram; its last k tokens are the gram that ends there.
            _, first = np.unique(longer[where], return_index=True)
            at = ids[where[first]]
            counts = np.bincount(at[at >= 0], minlength=size)
        keys = grams[k - 1][0]
        if k > 1:
            keep = counts > 0
            levels.append(Level(keys[keep], counts[keep], vocab))
        else:
            # Every token keeps a little mass, seen or not.
            levels.append((counts + 0.5) / (counts.sum() + 0.5 * vocab))
    p = levels[1][held.astype(np.int64)]
    for k in range(2, ORDER + 1):
        level, prev = levels[k], grams[k - 2][2]
        ctx = np.full(len(held), -1, np.int64)
        ctx[1:] = prev[:-1]
        where = lookup(level.ctx, ctx)
        seen = (where >= 0) & (ctx >= 0)
        at = lookup(level.keys, ctx * vocab + held)
        c = np.where((at >= 0) & seen, level.counts[at], 0)
        d, total, types = level.discount, level.total[where], level.types[where]
        p = np.where(seen, np.maximum(c - d, 0) / total + d * types / total * p, p)
    return -np.log(p)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--train", required=True)
    ap.add_argument("--data", required=True, help="the folder that data.py wrote")
    args = ap.parse_args()
    from tokenizers import Tokenizer

    tok = Tokenizer.from_file(f"{args.data}/tokenizer.json")
    with open(f"{args.data}/heldout.json") as f:
        books = json.load(f)
    held = [b["text"] for b in books]
    words, size = sum(len(h.split()) for h in held), sum(len(h.encode()) for h in held)
    t0 = time.time()
    prose = np.load(f"{args.data}/prose.npy").astype(np.int64)
    ids = np.concatenate([np.array([0] + tok.encode(h, add_special_tokens=False).ids) for h in held])
    nats = kneser_ney(prose, ids, tok.get_vocab_size())
    nats = float(nats[ids != 0].sum())  # <|bos|> is given, not predicted
    print(json.dumps({"baseline": "5-gram of tokens, interpolated Kneser-Ney", "nats": round(nats, 1), "bits_per_byte": round(nats / math.log(2) / size, 4),
                      "perplexity_per_word": round(math.exp(nats / words), 2), "seconds": round(time.time() - t0)}), flush=True)
    train = "\n\n".join(text.normalised(b) for b in text.read_books(args.train))
    compressors(train, "\n\n".join(held))


if __name__ == "__main__":
    main()
