"""Tiny random models of each family, and what Hugging Face's transformers computes with them.

    python3 make-fixtures.py OUT [FAMILY …]

Writes OUT/FAMILY.safetensors: the weights under their names there, in f16; `tokens`; and for each case of the family
`logits.CASE` (positions, vocab) in f32, with the case's configuration as JSON in the metadata `config.CASE`. A case is
another configuration over the same weights. The committed files were made with torch 2.11 and transformers 5.17 on a
CPU.
"""

import argparse
import json
import pathlib

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

SEED = 20261121
TOKENS = 48

SIZES = {
    "vocab_size": 264,
    "max_position_embeddings": 128,
    "rms_norm_eps": 1e-6,
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
}
# Three heads of 16 that share one, and rows that end inside a unit of 32
PLAIN = {
    **SIZES,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
}
# Heads whose size is not hidden_size / heads
WIDE_HEADS = {
    **SIZES,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
}


def rope(base, **scaling):
    return {"rope_parameters": {"rope_type": "default", "rope_theta": base, **scaling}}


YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}
LONGROPE = {
    "rope_type": "longrope",
    "partial_rotary_factor": 0.75,
    "short_factor": [1.0, 1.05, 1.1, 1.3, 1.7, 2.0],
    "long_factor": [1.1, 1.5, 2.2, 3.1, 4.0, 4.5],
    "original_max_position_embeddings": 32,
}


def gemma_rope(**scaling):
    return {
        "rope_parameters": {
            "full_attention": {"rope_type": "default", "rope_theta": 1_000_000.0, **scaling},
            "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
        }
    }


# Each case: the configuration, and how many of the tokens it is given
GEMMA3 = {
    **WIDE_HEADS,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    # The sixth block is global, the others see ten positions
    "num_hidden_layers": 7,
    "sliding_window": 10,
    "query_pre_attn_scalar": 16,
    "tie_word_embeddings": True,
    "hidden_activation": "gelu_pytorch_tanh",
}
PHI3 = {
    **PLAIN,
    "tie_word_embeddings": False,
    "sliding_window": 12,
    "original_max_position_embeddings": 32,
}
FAMILIES = {
    "llama": {
        "plain": ({**PLAIN, "tie_word_embeddings": False, **rope(10_000.0)}, TOKENS),
        "llama3": (
            {
                **PLAIN,
                "tie_word_embeddings": False,
                **rope(
                    10_000.0,
                    rope_type="llama3",
                    factor=8.0,
                    low_freq_factor=1.0,
                    high_freq_factor=4.0,
                    original_max_position_embeddings=32,
                ),
            },
            TOKENS,
        ),
    },
    "qwen2": {
        "plain": ({**PLAIN, "tie_word_embeddings": False, **rope(1_000_000.0)}, TOKENS),
        "yarn": ({**PLAIN, "tie_word_embeddings": False, **rope(1_000_000.0, **YARN)}, TOKENS),
    },
    "qwen3": {
        "plain": ({**WIDE_HEADS, "tie_word_embeddings": True, **rope(1_000_000.0)}, TOKENS),
        "yarn": ({**WIDE_HEADS, "tie_word_embeddings": True, **rope(1_000_000.0, **YARN)}, TOKENS),
    },
    "gemma3_text": {
        "plain": ({**GEMMA3, **gemma_rope()}, TOKENS),
        "linear": ({**GEMMA3, **gemma_rope(rope_type="linear", factor=8.0)}, TOKENS),
    },
    "phi3": {
        "plain": ({**PHI3, **rope(10_000.0, partial_rotary_factor=1.0)}, TOKENS),
        "long": ({**PHI3, **rope(10_000.0, **LONGROPE)}, TOKENS),
        "short": ({**PHI3, **rope(10_000.0, **LONGROPE)}, 32),
    },
    "smollm3": {
        "plain": (
            {**PLAIN, "num_hidden_layers": 5, "tie_word_embeddings": True, **rope(2_000_000.0)},
            TOKENS,
        ),
    },
}


def build(family, config):
    # A deep copy, since transformers completes `rope_parameters` in place
    settings = json.loads(json.dumps(config))
    model = AutoModelForCausalLM.from_config(
        AutoConfig.for_model(family, **settings), attn_implementation="eager", dtype=torch.float32
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
        elif "embed_tokens" in name:
            values = 0.5 * noise
        else:
            values = 1.3 * noise / weight.shape[1] ** 0.5
        weight.data.copy_(values.half())


def make(family, cases, folder):
    tokens = torch.randint(0, SIZES["vocab_size"], (TOKENS,), generator=torch.Generator().manual_seed(SEED))
    tensors, metadata = {"tokens": tokens.int()}, {"family": family}
    for case, (config, count) in cases.items():
        model = build(family, config)
        randomize(model, family)
        with torch.no_grad():
            logits = model(tokens[None, :count], use_cache=False).logits[0]
        tensors[f"logits.{case}"] = logits.float().contiguous()
        metadata[f"config.{case}"] = json.dumps(config)
        for name, weight in model.named_parameters():
            tensors[name] = weight.data.half().contiguous()
        print(family, case, "rms of the logits", logits.pow(2).mean().sqrt().item())
    save_file(tensors, folder / f"{family}.safetensors", metadata)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("families", nargs="*", default=list(FAMILIES), metavar="FAMILY")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for family in options.families:
        make(family, FAMILIES[family], options.out)
