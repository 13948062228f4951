"""The network: a plain Llama (RMSNorm, rotary positions, grouped-query attention, SwiGLU, tied embeddings).

Rotary positions turn the adjacent pair (2i, 2i+1), which is what a GGUF runtime does for the
architecture "llama"; nothing has to be permuted on export.

`fake_quant` rounds weights to the very values that the GGUF file can hold (Q4_0 and Q6_K), with the
gradient passed straight through, so that the last part of training sees the shipped weights.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class Config:
    vocab: int = 8192
    context: int = 1024
    dim: int = 512
    layers: int = 7
    heads: int = 8
    kv_heads: int = 2
    ffn: int = 1536
    eps: float = 1e-5
    rope_base: float = 10000.0
    dropout: float = 0.0


STUDENT = Config(dropout=0.05)
TEACHER = Config(dim=1024, layers=10, heads=16, kv_heads=16, ffn=2816, dropout=0.15)


def quant_q4_0(w):
    """Blocks of 32: one f16 scale, 4-bit values -8..7; the value of largest magnitude maps to -8."""
    x = w.float().reshape(-1, 32)
    top = x.gather(1, x.abs().argmax(1, keepdim=True))
    d = (top / -8).half().float()
    inv = torch.where(d == 0, 0.0, 1 / d)
    q = torch.clamp(torch.floor(x * inv + 8.5), 0, 15) - 8
    return (q * d).reshape(w.shape)


def quant_q6_k(w):
    """Super-blocks of 256: one f16 scale, 16 int8 sub-scales, 6-bit values -32..31."""
    x = w.float().reshape(-1, 16, 16)
    top = x.gather(2, x.abs().argmax(2, keepdim=True)).squeeze(2)
    s = top / -32
    big = s.gather(1, s.abs().argmax(1, keepdim=True))
    d = (big / -128).half().float()
    inv = torch.where(d == 0, 0.0, 1 / d)
    sc = torch.clamp(torch.round(s * inv), -128, 127)
    step = (d * sc).unsqueeze(2)
    inv = torch.where(step == 0, 0.0, 1 / step)
    q = torch.clamp(torch.round(x * inv), -32, 31)
    return (q * step).reshape(w.shape)


class Linear(nn.Module):
    def __init__(self, n_in, n_out, zero=False):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(n_out, n_in) if zero else torch.randn(n_out, n_in) * 0.5 * n_in**-0.5)
        self.fake_quant = False

    def forward(self, x):
        w = self.weight
        if self.fake_quant:
            w = w + (quant_q4_0(w) - w).detach()
        return F.linear(x, w.to(x.dtype))


class RMSNorm(nn.Module):
    def __init__(self, dim, eps, gain=1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.full((dim,), gain))
        self.eps = eps

    def forward(self, x):
        h = x.float()
        h = h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + self.eps)
        return (h * self.weight).to(x.dtype)


def rope_tables(cfg, length, device):
    half = cfg.dim // cfg.heads // 2
    freq = cfg.rope_base ** (-torch.arange(half, device=device, dtype=torch.float32) / half)
    angle = torch.arange(length, device=device, dtype=torch.float32)[:, None] * freq
    return angle.cos(), angle.sin()


def rotate(x, cos, sin):
    """x: batch, heads, time, head; the pair (2i, 2i+1) turns by angle i."""
    a, b = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2).to(x.dtype)


class Block(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        head = cfg.dim // cfg.heads
        self.cfg = cfg
        self.attn_norm = RMSNorm(cfg.dim, cfg.eps)
        self.attn_q = Linear(cfg.dim, cfg.dim)
        self.attn_k = Linear(cfg.dim, cfg.kv_heads * head)
        self.attn_v = Linear(cfg.dim, cfg.kv_heads * head)
        self.attn_output = Linear(cfg.dim, cfg.dim, zero=True)
        self.ffn_norm = RMSNorm(cfg.dim, cfg.eps)
        self.ffn_gate = Linear(cfg.dim, cfg.ffn)
        self.ffn_up = Linear(cfg.dim, cfg.ffn)
        self.ffn_down = Linear(cfg.ffn, cfg.dim, zero=True)

    def forward(self, x, cos, sin):
        cfg = self.cfg
        b, t, _ = x.shape
        drop = cfg.dropout if self.training else 0.0
        h = self.attn_norm(x)
        q = self.attn_q(h).view(b, t, cfg.heads, -1).transpose(1, 2)
        k = self.attn_k(h).view(b, t, cfg.kv_heads, -1).transpose(1, 2)
        v = self.attn_v(h).view(b, t, cfg.kv_heads, -1).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        group = cfg.heads // cfg.kv_heads
        if group > 1:
            k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + F.dropout(self.attn_output(a.transpose(1, 2).reshape(b, t, -1)), drop, self.training)
        h = self.ffn_norm(x)
        return x + F.dropout(self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h)), drop, self.training)


class Llama(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        # Large rows and a small final gain: the function is that of the usual small rows, but the f16
        # scales of the quantised table stay clear of f16's subnormal range, which a GPU may flush to zero.
        self.token_embd = nn.Parameter(torch.randn(cfg.vocab, cfg.dim) * 0.25)
        self.blk = nn.ModuleList(Block(cfg) for _ in range(cfg.layers))
        self.output_norm = RMSNorm(cfg.dim, cfg.eps, gain=0.1)
        self.fake_quant = False

    def set_fake_quant(self, on):
        self.fake_quant = on
        for m in self.modules():
            if isinstance(m, Linear):
                m.fake_quant = on

    def forward(self, ids, dtype=torch.bfloat16):
        e = self.token_embd
        if self.fake_quant:
            e = e + (quant_q6_k(e) - e).detach()
        cos, sin = rope_tables(self.cfg, ids.shape[1], ids.device)
        x = F.embedding(ids, e)
        x = F.dropout(x, self.cfg.dropout if self.training else 0.0, self.training).to(dtype)
        for block in self.blk:
            x = block(x, cos, sin)
        return F.linear(self.output_norm(x), e.to(dtype))

    def parameter_count(self):
        return sum(p.numel() for p in self.parameters())
