"""Corpus -> tokenizer, token arrays and chat examples.

    python data.py --train train.txt.xz --heldout heldout.txt.xz --out prep

Writes to --out:
  tokenizer.json        byte-level BPE, trained on the training books only
  prose.npy             tokens of the training books (uint16), <|bos|> before each book
  starts.npy            positions in prose.npy at which a paragraph begins
  val.npy               tokens of the validation books (three of the training file, never trained on)
  chat.npy, chat_val.npy  chat examples packed into rows of CONTEXT + 1; bit 15 marks a token that is learned
  heldout.json          normalised held-out books with their word and byte counts (for evaluation only)
"""

import argparse
import json
import os
import random
import time
from multiprocessing import Pool

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

import pairs
import text

CONTEXT = 1024
VOCAB = 8192
SPECIAL = ["<|bos|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>", "<|pad|>"]
BOS, END, SYSTEM, USER, ASSISTANT, PAD = range(6)
ROLE = {"system": SYSTEM, "user": USER, "assistant": ASSISTANT}
LEARN = 0x8000
SEED = 20260


def train_tokenizer(books):
    tok = Tokenizer(models.BPE())
    # The GPT-2 pre-tokeniser exactly, so that a GGUF runtime told "gpt-2" splits text the same way.
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tok.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB, special_tokens=SPECIAL, min_frequency=2, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tok.train_from_iterator(("\n\n".join(b) for b in books), trainer)
    return tok


def encode_chat(tok, turns):
    """Ids of one conversation, with LEARN on what the assistant says and on its end mark."""
    ids = [BOS]
    for role, content in turns:
        if content is None:
            continue
        body = tok.encode(content, add_special_tokens=False).ids
        ids.append(ROLE[role])
        flag = LEARN if role == "assistant" else 0
        ids += [i | flag for i in body] + [END | flag]
    return ids


def pack(examples, rng):
    """Conversations one after another in rows of CONTEXT + 1; none is cut, the rest is padding."""
    rng.shuffle(examples)
    rows, row = [], []
    for e in examples:
        if len(e) > CONTEXT + 1:
            continue
        if len(row) + len(e) > CONTEXT + 1:
            rows.append(row + [PAD] * (CONTEXT + 1 - len(row)))
            row = []
        row += e
    if row:
        rows.append(row + [PAD] * (CONTEXT + 1 - len(row)))
    return np.array(rows, dtype=np.uint16)


_tok = None
_nouns = None


def _init(tok_path, nouns):
    global _tok, _nouns
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    _tok = Tokenizer.from_file(tok_path)
    _nouns = nouns


def _tokens(paras):
    """Tokens of a book and the positions of its paragraphs."""
    ids, starts = [BOS], []
    for k, p in enumerate(paras):
        starts.append(len(ids))
        ids += _tok.encode(p + ("\n\n" if k + 1 < len(paras) else ""), add_special_tokens=False).ids
    return np.array(ids, dtype=np.uint16), np.array(starts, dtype=np.int64)


def _chat(job):
    paras, seed, per_book = job
    return [encode_chat(_tok, t) for t in pairs.make_pairs(paras, _nouns, per_book, seed)]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--train", required=True)
    ap.add_argument("--heldout")
    ap.add_argument("--out", required=True)
    ap.add_argument("--books", type=int, default=0, help="use only so many books (for a quick test)")
    ap.add_argument("--per-book", type=int, default=6000, help="at most so many chat examples from one book")
    args = ap.parse_args()
    os.makedirs(args.out, exist_ok=True)
    path = lambda name: os.path.join(args.out, name)  # noqa: E731
    t0 = time.time()
    say = lambda *a: print(f"[{time.time() - t0:6.1f}s]", *a, flush=True)  # noqa: E731

    with Pool() as pool:
        books = pool.map(text.paragraphs, text.read_books(args.train), chunksize=1)
    if args.books:
        books = books[: args.books]
    # Validation: three books of the training file of middling length, chosen by seed.
    middling = [i for i, b in enumerate(books) if 200_000 < sum(map(len, b)) < 900_000]
    val_ids = sorted(random.Random(SEED).sample(middling, min(3, len(middling) - 1)))
    train = [b for i, b in enumerate(books) if i not in val_ids]
    val = [books[i] for i in val_ids]
    say(f"{len(books)} books; validation books {val_ids}: {[' / '.join(b[:2])[:40] for b in val]}")

    if not os.path.exists(path("tokenizer.json")):
        train_tokenizer(train).save(path("tokenizer.json"))
        say("tokenizer trained")
    nouns = pairs.noun_lexicon(train)
    say(f"{len(nouns)} nouns")

    with Pool(initializer=_init, initargs=(path("tokenizer.json"), nouns)) as pool:
        parts = pool.map(_tokens, train, chunksize=1)
        offset = np.cumsum([0] + [len(p[0]) for p in parts])
        np.save(path("prose.npy"), np.concatenate([p[0] for p in parts]))
        np.save(path("starts.npy"), np.concatenate([p[1] + o for p, o in zip(parts, offset, strict=False)]))
        say(f"prose: {offset[-1]} tokens")
        vparts = pool.map(_tokens, val, chunksize=1)
        np.save(path("val.npy"), np.concatenate([p[0] for p in vparts]))
        say(f"validation: {sum(len(p[0]) for p in vparts)} tokens")
        chat = [e for part in pool.map(_chat, [(b, SEED + i, args.per_book) for i, b in enumerate(train)], chunksize=1) for e in part]
        chat_val = [e for part in pool.map(_chat, [(b, SEED - 1 - i, 300) for i, b in enumerate(val)], chunksize=1) for e in part]
    tok = Tokenizer.from_file(path("tokenizer.json"))
    chat += [encode_chat(tok, t) for t in pairs.persona_pairs(max(8, len(chat) // 150), SEED)]
    rng = random.Random(SEED)
    rows, vrows = pack(chat, rng), pack(chat_val, rng)
    np.save(path("chat.npy"), rows)
    np.save(path("chat_val.npy"), vrows)
    learned = int((rows & LEARN).astype(bool).sum())
    say(f"chat: {len(chat)} examples, {rows.shape[0]} rows, {learned} learned tokens; validation {len(chat_val)} examples")

    if args.heldout:
        held = []
        for b in text.read_books(args.heldout):
            t = text.normalised(b)
            held.append({"title": t[:60], "text": t, "words": len(t.split()), "bytes": len(t.encode())})
        with open(path("heldout.json"), "w") as f:
            json.dump(held, f)
        say(f"held-out: {len(held)} books, {sum(h['words'] for h in held)} words, {sum(h['bytes'] for h in held)} bytes")


if __name__ == "__main__":
    main()
