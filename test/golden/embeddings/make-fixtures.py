"""Tiny random models that make vectors of texts, and the vectors that Hugging Face's transformers makes.

    python3 make-fixtures.py OUT [FAMILY …]

Writes OUT/FAMILY.safetensors: the weights under their names there, in f16; `tokens`; and for each case of the family
`vectors.CASE` (texts, dim) in f32, with the case's configuration, its pooling and the texts' lengths as JSON in the
metadata `case.CASE`. Texts follow one another in `tokens`, from its start again once they would pass its end. The
pooling is what sentence-transformers does with the last hidden states: their mean, the first, or the last. The
committed files were made with torch 2.13 and transformers 5.18 on a CPU.
"""

import argparse
import json
import pathlib

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModel

SEED = 20261121
MAX = 64
# The longest text last: it has every position that the model knows
LENGTHS = [1, 7, 3, 20, 33, MAX]

SIZES = {
    "vocab_size": 264,
    "max_position_embeddings": MAX,
    "num_hidden_layers": 2,
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
}
# Three heads of 16, and rows that end inside a unit of 32
ENCODER = {
    **SIZES,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_attention_heads": 3,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-5,
}
BERT = {**ENCODER, "hidden_act": "gelu"}
NOMIC = {
    **ENCODER,
    "pad_token_id": 0,
    "hidden_act": "silu",
    "rope_parameters": {"rope_type": "default", "rope_theta": 1000.0},
}
QWEN3 = {
    **SIZES,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": True,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0},
}

GEMMA3 = {
    **SIZES,
    "pad_token_id": 0,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "rms_norm_eps": 1e-6,
    # The sixth block is global, the others see five positions to each side
    "num_hidden_layers": 7,
    "sliding_window": 10,
    "use_bidirectional_attention": True,
    "query_pre_attn_scalar": 16,
    "hidden_activation": "gelu_pytorch_tanh",
    "rope_parameters": {
        "full_attention": {"rope_type": "default", "rope_theta": 1_000_000.0},
        "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
    },
}

# Each case: its configuration and pooling. "projected" has two linear maps after that
FAMILIES = {
    "bert": {"mean": (BERT, "mean"), "first": (BERT, "first")},
    "nomic_bert": {"mean": (NOMIC, "mean")},
    "gemma3_text": {"mean": (GEMMA3, "mean"), "projected": (GEMMA3, "mean")},
    "qwen3": {"last": (QWEN3, "last"), "mean": (QWEN3, "mean")},
}


def build(family, config):
    # A deep copy, since transformers completes `rope_parameters` in place
    settings = json.loads(json.dumps(config))
    extra = {"add_pooling_layer": False} if family in ("bert", "nomic_bert") else {}
    model = AutoModel.from_config(
        AutoConfig.for_model(family, **settings), attn_implementation="eager", dtype=torch.float32, **extra
    )
    return model.double().eval()


def randomize(model, family):
    """Weights that f16 holds exactly, of sizes that make every part matter: scores spread, gates open and shut."""
    generator = torch.Generator().manual_seed(SEED)
    for name, weight in sorted(model.named_parameters()):
        noise = torch.randn(weight.shape, generator=generator)
        if name.endswith("bias"):
            values = 0.5 * noise
        elif weight.dim() == 1:
            # Gemma's norms multiply by 1 + weight
            values = 0.3 * noise + (0.0 if family.startswith("gemma") else 1.0)
        elif "embed" in name:
            values = 0.5 * noise
        else:
            values = 1.3 * noise / weight.shape[1] ** 0.5
        weight.data.copy_(values.half())


POOL = {
    "mean": lambda states: states.mean(0),
    "first": lambda states: states[0],
    "last": lambda states: states[-1],
}


def project(vector, tensors):
    """What sentence-transformers' dense modules do, from 32 values to 96 and on to 24."""
    generator = torch.Generator().manual_seed(SEED)
    for name, shape in {"dense.2.weight": (96, 32), "dense.3.weight": (24, 96)}.items():
        tensors[name] = (torch.randn(shape, generator=generator) / shape[1] ** 0.5).half()
        vector = tensors[name].double() @ vector
    return vector


def make(family, cases, folder):
    tokens = torch.randint(0, SIZES["vocab_size"], (MAX,), generator=torch.Generator().manual_seed(SEED))
    tensors, metadata = {"tokens": tokens.int()}, {"family": family}
    for case, (config, pooling) in cases.items():
        model = build(family, config)
        randomize(model, family)
        vectors, start = [], 0
        for length in LENGTHS:
            start = 0 if start + length > MAX else start
            with torch.no_grad():
                states = model(tokens[None, start : start + length]).last_hidden_state[0]
            vector = POOL[pooling](states)
            vectors.append(project(vector, tensors) if case == "projected" else vector)
            start += length
        tensors[f"vectors.{case}"] = torch.stack(vectors).float().contiguous()
        metadata[f"case.{case}"] = json.dumps({"config": config, "pooling": pooling, "lengths": LENGTHS})
        for name, weight in model.named_parameters():
            tensors[name] = weight.data.half().contiguous()
        print(family, case, "rms of the vectors", torch.stack(vectors).pow(2).mean().sqrt().item())
    save_file(tensors, folder / f"{family}.safetensors", metadata)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("families", nargs="*", default=list(FAMILIES), metavar="FAMILY")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for family in options.families:
        make(family, FAMILIES[family], options.out)
