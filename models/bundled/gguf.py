"""GGUF version 3 in numpy: the two quantised types that the model uses, a writer and a reader.

    python gguf.py --checkpoint run/student.pt --tokenizer prep/tokenizer.json --out hearthside-25m.gguf
"""

import argparse
import json
import struct

import numpy as np

F32, Q4_0, Q6_K = 0, 2, 14
ALIGN = 32
U32, I32, FLOAT, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9

CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def pick_top(x, axis):
    """The value of largest magnitude, with its sign."""
    return np.take_along_axis(x, np.abs(x).argmax(axis, keepdims=True), axis)


def inverse(d):
    return np.divide(np.float32(1), d, out=np.zeros_like(d), where=d != 0)


def quantise_q4_0(w):
    x = np.ascontiguousarray(w, np.float32).reshape(-1, 32)
    d16 = (pick_top(x, 1) / np.float32(-8)).astype(np.float16)
    q = np.clip(np.floor(x * inverse(d16.astype(np.float32)) + np.float32(8.5)), 0, 15).astype(np.uint8)
    return np.concatenate([d16.view(np.uint8).reshape(-1, 2), q[:, :16] | (q[:, 16:] << 4)], 1).tobytes()


def dequantise_q4_0(raw, shape):
    b = np.frombuffer(raw, np.uint8).reshape(-1, 18)
    d = b[:, :2].copy().view(np.float16).astype(np.float32)
    q = np.concatenate([b[:, 2:] & 15, b[:, 2:] >> 4], 1).astype(np.float32) - 8
    return (q * d).reshape(shape)


def quantise_q6_k(w):
    """256 values: ql[128] low 4 bits, qh[64] high 2 bits, 16 int8 scales, f16 d."""
    x = np.ascontiguousarray(w, np.float32).reshape(-1, 16, 16)
    s = pick_top(x, 2)[:, :, 0] / np.float32(-32)
    d16 = (pick_top(s, 1) / np.float32(-128)).astype(np.float16)
    d = d16.astype(np.float32)
    sc = np.clip(np.rint(s * inverse(d)), -128, 127).astype(np.float32)
    q = np.clip(np.rint(x * inverse(d * sc)[:, :, None]), -32, 31).astype(np.int16) + 32
    # Two halves of 128 values; in each, four runs of 32 share 64 bytes of ql and 32 bytes of qh.
    q = q.reshape(-1, 2, 4, 32).astype(np.uint8)
    low, high = q & 15, q >> 4
    ql = np.concatenate([low[:, :, 0] | (low[:, :, 2] << 4), low[:, :, 1] | (low[:, :, 3] << 4)], 2)
    qh = high[:, :, 0] | (high[:, :, 1] << 2) | (high[:, :, 2] << 4) | (high[:, :, 3] << 6)
    n = len(q)
    return np.concatenate([ql.reshape(n, 128), qh.reshape(n, 64), sc.astype(np.int8).view(np.uint8),
                           d16.view(np.uint8).reshape(n, 2)], 1).tobytes()


def dequantise_q6_k(raw, shape):
    b = np.frombuffer(raw, np.uint8).reshape(-1, 210)
    ql, qh = b[:, :128].reshape(-1, 2, 64), b[:, 128:192].reshape(-1, 2, 32)
    sc = b[:, 192:208].copy().view(np.int8).astype(np.float32)
    d = b[:, 208:].copy().view(np.float16).astype(np.float32)
    q = np.stack([(ql[:, :, :32] & 15) | ((qh & 3) << 4), (ql[:, :, 32:] & 15) | (((qh >> 2) & 3) << 4),
                  (ql[:, :, :32] >> 4) | (((qh >> 4) & 3) << 4), (ql[:, :, 32:] >> 4) | ((qh >> 6) << 4)], 2)
    q = q.astype(np.float32).reshape(-1, 16, 16) - 32
    return (q * (d * sc)[:, :, None]).reshape(shape)


def string(s):
    b = s.encode() if isinstance(s, str) else s
    return struct.pack("<Q", len(b)) + b


def value(kind, v):
    if kind == STRING:
        return string(v)
    return struct.pack({U32: "<I", I32: "<i", FLOAT: "<f", BOOL: "<?"}[kind], v)


def write(path, meta, tensors):
    """meta: list of (key, kind, value) or (key, (ARRAY, kind), values); tensors: list of (name, type, shape, bytes)."""
    out = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(meta))]
    for key, kind, v in meta:
        out.append(string(key))
        if isinstance(kind, tuple):
            out += [struct.pack("<IIQ", ARRAY, kind[1], len(v))] + [value(kind[1], x) for x in v]
        else:
            out += [struct.pack("<I", kind), value(kind, v)]
    offset = 0
    for name, kind, shape, raw in tensors:
        dims = tuple(reversed(shape))  # GGUF lists the contiguous dimension first
        out.append(string(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, offset))
        offset += -(-len(raw) // ALIGN) * ALIGN
    head = b"".join(out)
    with open(path, "wb") as f:
        f.write(head + b"\0" * (-len(head) % ALIGN))
        for *_, raw in tensors:
            f.write(raw + b"\0" * (-len(raw) % ALIGN))


def read(path):
    """(metadata, tensors as float32 arrays)"""
    with open(path, "rb") as f:
        b = f.read()
    pos = 0

    def take(fmt):
        nonlocal pos
        v = struct.unpack_from("<" + fmt, b, pos)
        pos += struct.calcsize("<" + fmt)
        return v[0] if len(v) == 1 else v

    def text():
        nonlocal pos
        n = take("Q")
        s = b[pos : pos + n].decode()
        pos += n
        return s

    def get(kind):
        if kind == STRING:
            return text()
        if kind == ARRAY:
            inner, n = take("IQ")
            return [get(inner) for _ in range(n)]
        return take({U32: "I", I32: "i", FLOAT: "f", BOOL: "?"}[kind])

    magic, version, count, keys = take("4sIQQ")
    assert magic == b"GGUF" and version == 3
    meta = {}
    for _ in range(keys):
        key = text()
        meta[key] = get(take("I"))
    infos = []
    for _ in range(count):
        name, n = text(), take("I")
        dims = [take("Q") for _ in range(n)]
        infos.append((name, tuple(reversed(dims)), *take("IQ")))
    base = -(-pos // ALIGN) * ALIGN
    tensors = {}
    for name, shape, kind, offset in infos:
        n = int(np.prod(shape))
        size = {F32: n * 4, Q4_0: n // 32 * 18, Q6_K: n // 256 * 210}[kind]
        raw = b[base + offset : base + offset + size]
        tensors[name] = (np.frombuffer(raw, np.float32).reshape(shape) if kind == F32 else
                         dequantise_q4_0(raw, shape) if kind == Q4_0 else dequantise_q6_k(raw, shape))
    return meta, tensors


def tokenizer_meta(path):
    with open(path) as f:
        t = json.load(f)
    vocab = sorted(t["model"]["vocab"].items(), key=lambda kv: kv[1])
    special = {a["content"]: a["id"] for a in t["added_tokens"]}
    merges = [m if isinstance(m, str) else " ".join(m) for m in t["model"]["merges"]]
    assert [i for _, i in vocab] == list(range(len(vocab)))
    return [
        ("tokenizer.ggml.model", STRING, "gpt2"),
        ("tokenizer.ggml.pre", STRING, "gpt-2"),
        ("tokenizer.ggml.tokens", (ARRAY, STRING), [k for k, _ in vocab]),
        ("tokenizer.ggml.token_type", (ARRAY, I32), [3 if k in special else 1 for k, _ in vocab]),
        ("tokenizer.ggml.merges", (ARRAY, STRING), merges),
        ("tokenizer.ggml.bos_token_id", U32, special["<|bos|>"]),
        ("tokenizer.ggml.eos_token_id", U32, special["<|end|>"]),
        ("tokenizer.ggml.eot_token_id", U32, special["<|end|>"]),
        ("tokenizer.ggml.padding_token_id", U32, special["<|pad|>"]),
        ("tokenizer.ggml.add_bos_token", BOOL, True),
        ("tokenizer.ggml.add_eos_token", BOOL, False),
        ("tokenizer.chat_template", STRING, CHAT_TEMPLATE),
    ]


def export(checkpoint, tokenizer, path):
    import torch

    saved = torch.load(checkpoint, map_location="cpu", weights_only=False)
    cfg, state = saved["config"], {k: v.float().numpy() for k, v in saved["state"].items()}
    count = sum(v.size for v in state.values())
    meta = [
        ("general.architecture", STRING, "llama"),
        ("general.type", STRING, "model"),
        ("general.name", STRING, "Hearthside"),
        ("general.basename", STRING, "Hearthside"),
        ("general.size_label", STRING, f"{round(count / 1e6)}M"),
        ("general.description", STRING, "A small storyteller trained on English novels of 1839-1929"),
        ("general.license", STRING, "mit"),
        ("general.languages", (ARRAY, STRING), ["en"]),
        ("general.file_type", U32, 2),
        ("general.quantization_version", U32, 2),
        ("llama.block_count", U32, cfg.layers),
        ("llama.context_length", U32, cfg.context),
        ("llama.embedding_length", U32, cfg.dim),
        ("llama.feed_forward_length", U32, cfg.ffn),
        ("llama.attention.head_count", U32, cfg.heads),
        ("llama.attention.head_count_kv", U32, cfg.kv_heads),
        ("llama.attention.layer_norm_rms_epsilon", FLOAT, cfg.eps),
        ("llama.rope.dimension_count", U32, cfg.dim // cfg.heads),
        ("llama.rope.freq_base", FLOAT, cfg.rope_base),
        ("llama.vocab_size", U32, cfg.vocab),
        *tokenizer_meta(tokenizer),
    ]
    tensors = []
    for name, w in state.items():
        full = name if name.endswith(".weight") else name + ".weight"
        if w.ndim == 1:
            tensors.append((full, F32, w.shape, w.astype(np.float32).tobytes()))
        elif name == "token_embd":
            tensors.append((full, Q6_K, w.shape, quantise_q6_k(w)))
        else:
            tensors.append((full, Q4_0, w.shape, quantise_q4_0(w)))
    write(path, meta, tensors)


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--checkpoint", required=True)
    ap.add_argument("--tokenizer", required=True)
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    export(a.checkpoint, a.tokenizer, a.out)
