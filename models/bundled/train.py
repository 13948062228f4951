"""Training, in two stages on one GPU.

    python train.py teacher --data prep --out run --seconds 420
    python train.py student --data prep --out run --seconds 420

There are only about 17 M tokens of novels, so compute is cheap and text is not. The teacher is a larger
network trained with strong regularisation on the same books; the student, which is what ships, learns
from the books and from the teacher's probabilities together. No other text and no other model is used.

Both start with prose alone; from the middle on, a part of each batch is chat examples. In the last part
the student's weights are rounded to the file's types in the forward pass (see model.fake_quant).
The number of steps is set from --seconds and the measured time of a step; --steps fixes it instead.
"""

import argparse
import json
import math
import os
import time
import traceback

import numpy as np
import torch
import torch.nn.functional as F

from data import BOS, CONTEXT, LEARN, SEED
from model import STUDENT, TEACHER, Config, Llama

TINY = Config(dim=256, layers=2, heads=4, kv_heads=2, ffn=512, dropout=0.05)


class Muon(torch.optim.Optimizer):
    """Momentum, then the update made orthogonal by Newton-Schulz; matrices of one shape go together."""

    def __init__(self, params, lr, momentum=0.95, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                shapes.setdefault(tuple(p.shape), []).append(p)
            for shape, ps in shapes.items():
                g = torch.stack([p.grad for p in ps])
                state = self.state[ps[0]]
                if "m" not in state:
                    state["m"] = torch.zeros_like(g)
                m = state["m"]
                m.lerp_(g, 1 - group["momentum"])
                u = orthogonal(g.lerp(m, group["momentum"]))
                scale = max(1.0, shape[0] / shape[1]) ** 0.5
                torch._foreach_mul_(ps, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(ps, list(u.float().unbind(0)), alpha=-group["lr"] * scale)


def orthogonal(g, steps=5):
    x = g.bfloat16()
    flip = x.shape[-2] > x.shape[-1]
    if flip:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.mT if flip else x


class Batches:
    """Prose windows that begin at a paragraph, after <|bos|>; and packed rows of chat."""

    def __init__(self, folder, device, rows, seed):
        load = lambda name: np.load(os.path.join(folder, name))  # noqa: E731
        put = lambda a: torch.from_numpy(a.astype(np.int32)).to(device)  # noqa: E731
        self.prose, self.val = put(load("prose.npy")), put(load("val.npy"))
        starts = load("starts.npy")
        self.starts = torch.from_numpy(starts[starts < len(self.prose) - CONTEXT - 1]).to(device)
        self.chat, self.chat_val = put(load("chat.npy")), put(load("chat_val.npy"))
        self.device, self.rows = device, rows
        self.g = torch.Generator().manual_seed(seed)
        self.prose_queue, self.chat_queue = [], []
        self.span = torch.arange(CONTEXT, device=device)

    def epoch_tokens(self):
        return len(self.prose)

    def _prose_epoch(self):
        # Every token about once: cuts at a random phase, each moved back to the paragraph it falls in.
        phase = int(torch.randint(CONTEXT, (1,), generator=self.g))
        cuts = torch.arange(phase, int(self.starts[-1]), CONTEXT, device=self.device)
        at = self.starts[(torch.searchsorted(self.starts, cuts, right=True) - 1).clamp(min=0)]
        return at[torch.randperm(len(at), generator=self.g).to(self.device)]

    def _take(self, name, n, refill):
        queue = getattr(self, name)
        while len(queue) < n:
            more = refill()
            queue = more if len(queue) == 0 else torch.cat([queue, more])
        setattr(self, name, queue[n:])
        return queue[:n]

    def _windows(self, tokens, at):
        w = tokens[at[:, None] + self.span]
        return torch.cat([torch.full_like(w[:, :1], BOS), w], 1)

    def next(self, chat_rows):
        parts = []
        if self.rows > chat_rows:
            at = self._take("prose_queue", self.rows - chat_rows, self._prose_epoch)
            parts.append(self._windows(self.prose, at) | LEARN)
        if chat_rows:
            shuffle = lambda: torch.randperm(len(self.chat), generator=self.g).to(self.device)  # noqa: E731
            parts.append(self.chat[self._take("chat_queue", chat_rows, shuffle)])
        return split(torch.cat(parts))

    def validation(self):
        at = torch.arange(0, len(self.val) - CONTEXT, CONTEXT, device=self.device)
        return split(self._windows(self.val, at) | LEARN), split(self.chat_val)


def split(rows):
    ids = (rows & (LEARN - 1)).long()
    mask = (rows & LEARN) != 0
    return ids[:, :-1].contiguous(), ids[:, 1:].contiguous(), mask[:, 1:].contiguous().float()


def loss_ce(logits, y, mask):
    ce = F.cross_entropy(logits.float().flatten(0, 1), y.flatten(), reduction="none")
    mask = mask.flatten()
    return (ce * mask).sum() / mask.sum()


def loss_distil(logits, teacher, y, mask, share):
    """Part truth, part the teacher's whole distribution."""
    logp = F.log_softmax(logits.float(), -1)
    t = F.log_softmax(teacher.float(), -1)
    kl = (t.exp() * (t - logp)).sum(-1)
    ce = -logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)
    return ((share * kl + (1 - share) * ce) * mask).sum() / mask.sum()


@torch.no_grad()
def validate(net, sets, rows):
    net.eval()
    out = []
    for x, y, mask in sets:
        total = count = 0.0
        # Whole chunks only, so that the compiled graph keeps one shape.
        for i in range(0, len(x) - rows + 1, rows):
            m = mask[i : i + rows]
            total += float(loss_ce(net(x[i : i + rows]), y[i : i + rows], m) * m.sum())
            count += float(m.sum())
        out.append(total / max(1.0, count))
    net.train()
    return out


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("stage", choices=["teacher", "student"])
    ap.add_argument("--data", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--seconds", type=float, default=420)
    ap.add_argument("--steps", type=int, default=0)
    ap.add_argument("--rows", type=int, default=64)
    ap.add_argument("--tiny", action="store_true", help="toy size, for a test on a CPU")
    args = ap.parse_args()
    os.makedirs(args.out, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(SEED)
    torch.set_float32_matmul_precision("high")
    compile_ = torch.compile if device == "cuda" else (lambda f: f)
    student = args.stage == "student"
    cfg = (TINY if args.tiny else STUDENT) if student else (TINY if args.tiny else TEACHER)
    log = open(os.path.join(args.out, f"{args.stage}.jsonl"), "w")
    t0 = time.time()

    def say(**kw):
        line = json.dumps({k: round(v, 5) if isinstance(v, float) else v for k, v in kw.items()})
        log.write(line + "\n")
        log.flush()
        print(line, flush=True)

    net = Llama(cfg).to(device)
    # Values that differ by stage; matrices go to Muon, the table and the gains to Adam.
    lr_matrix, decay = (0.02, 0.25) if student else (0.015, 0.7)
    chat_from, chat_share, cool_from, quant_from = (0.45, 0.4, 0.4, 0.75) if student else (0.6, 0.35, 0.35, 2.0)
    share = 0.75
    matrices = [p for n, p in net.named_parameters() if p.ndim == 2 and n != "token_embd"]
    gains = [p for n, p in net.named_parameters() if p.ndim == 1]
    opts = [
        Muon(matrices, lr_matrix, weight_decay=decay),
        torch.optim.AdamW([{"params": [net.token_embd], "lr": 4e-3, "weight_decay": 0.05},
                           {"params": gains, "lr": 2e-3, "weight_decay": 0.0}],
                          betas=(0.9, 0.95), eps=1e-10, fused=device == "cuda"),
    ]
    base = [[g["lr"] for g in o.param_groups] for o in opts]
    batches = Batches(args.data, device, args.rows, SEED)
    sets = batches.validation()
    fast = compile_(net)

    teacher = None
    teacher_path = os.path.join(args.out, "teacher.pt")
    if student and os.path.exists(teacher_path):
        saved = torch.load(teacher_path, map_location=device, weights_only=False)
        teacher_net = Llama(saved["config"]).to(device).eval()
        teacher_net.load_state_dict(saved["state"])
        teacher_net.to(torch.bfloat16)
        teacher_fast = compile_(teacher_net)
        teacher = lambda x: teacher_fast(x)  # noqa: E731
    distil, plain = compile_(loss_distil), compile_(loss_ce)
    say(stage=args.stage, parameters=net.parameter_count(), seed=SEED, rows=args.rows, device=torch.cuda.get_device_name() if device == "cuda" else "cpu",
        config=vars(cfg), lr_matrix=lr_matrix, weight_decay=decay, distillation=share if teacher else None, torch=torch.__version__)

    def step(chat_rows):
        x, y, mask = batches.next(chat_rows)
        logits = fast(x)
        if teacher:
            with torch.no_grad():
                t = teacher(x)
            loss = distil(logits, t, y, mask, share)
        else:
            loss = plain(logits, y, mask)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for o in opts:
            o.step()
            o.zero_grad(set_to_none=True)
        return loss.detach()

    best, best_state = math.inf, None
    path = os.path.join(args.out, f"{args.stage}.pt")

    def save(at, scores):
        torch.save({"config": cfg, "state": best_state, "step": at, "validation": scores}, path)

    at = 0
    try:
        total = args.steps
        warm = 60
        sync = torch.cuda.synchronize if device == "cuda" else (lambda: None)
        validate(fast, sets, args.rows)
        timed, started = None, 0
        while True:
            done = at / total if total else 0.0
            rate = min(1.0, (at + 1) / warm)
            if total and done > cool_from:
                rate = min(rate, (1 - done) / (1 - cool_from))
            for o, rates in zip(opts, base, strict=False):
                for g, lr in zip(o.param_groups, rates, strict=False):
                    g["lr"] = lr * rate
            opts[0].param_groups[0]["momentum"] = 0.85 + 0.1 * min(1.0, at / 200)
            if total and done >= quant_from and not net.fake_quant:
                net.set_fake_quant(True)
                best = math.inf  # only rounded weights count from here on
                say(step=at, fake_quant=True)
            loss = step(int(args.rows * chat_share) if done >= chat_from else 0)
            at += 1
            if not args.steps and at == 10:
                sync()
                timed, started = time.time(), at
            if not args.steps and at == 40:
                sync()
                each = (time.time() - timed) / (at - started)
                total = max(200, int((args.seconds - (time.time() - t0)) / each) + at)
                say(step=at, seconds_per_step=each, tokens_per_second=args.rows * CONTEXT / each, steps=total,
                    epochs=total * args.rows * CONTEXT / batches.epoch_tokens())
            every = max(1, total // 25) if total else 0
            if total and (at % every == 0 or at >= total):
                prose, chat = validate(fast, sets, args.rows)
                say(step=at, of=total, lr=rate, train=float(loss), val_prose=prose, val_chat=chat, seconds=time.time() - t0)
                if prose + 0.3 * chat < best:
                    best = prose + 0.3 * chat
                    best_state = {k: v.detach().clone() for k, v in net.state_dict().items()}
                    if done > 0.5:
                        save(at, [prose, chat])
            if total and at >= total:
                break
    except Exception:
        traceback.print_exc()
        say(step=at, stopped=traceback.format_exc(limit=1)[-300:])
        if best_state is None:
            best_state = {k: v.detach().clone() for k, v in net.state_dict().items()}
            save(at, None)
    say(stage=args.stage, finished=at, seconds=time.time() - t0)


if __name__ == "__main__":
    main()
