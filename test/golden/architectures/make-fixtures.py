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
# Inner values of experts that end inside a unit of 32
EXPERTS = {"num_experts": 6, "num_experts_per_tok": 2, "moe_intermediate_size": 20}
QWEN3_MOE = {**WIDE_HEADS, **EXPERTS, "norm_topk_prob": True, "tie_word_embeddings": False}
QWEN2_MOE = {
    **WIDE_HEADS,
    "num_attention_heads": 2,
    **EXPERTS,
    "norm_topk_prob": False,
    "shared_expert_intermediate_size": 36,
    "tie_word_embeddings": False,
}
MIXTRAL = {
    **PLAIN,
    "intermediate_size": 28,
    "num_local_experts": 4,
    "num_experts_per_tok": 2,
    "tie_word_embeddings": False,
}
# Rows of whole units, since experts are in MXFP4. The first block and the third see ten positions
GPT_OSS = {
    **WIDE_HEADS,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "num_hidden_layers": 3,
    "num_local_experts": 5,
    "num_experts_per_tok": 2,
    "sliding_window": 10,
    "tie_word_embeddings": False,
}
# Experts in every second block; chunks of twelve positions in all but the fourth, which knows none
LLAMA4 = {
    **WIDE_HEADS,
    "num_attention_heads": 2,
    "intermediate_size": 20,
    "intermediate_size_mlp": 44,
    "num_hidden_layers": 4,
    "interleave_moe_layer_step": 2,
    "num_local_experts": 4,
    "num_experts_per_tok": 1,
    "attention_chunk_size": 12,
    "floor_scale": 8,
    "attn_scale": 0.1,
    "tie_word_embeddings": False,
}
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
GEMMA = {**WIDE_HEADS, "tie_word_embeddings": True, "hidden_activation": "gelu_pytorch_tanh"}
GEMMA2 = {
    **GEMMA,
    # The first and the third block see ten positions
    "num_hidden_layers": 4,
    "sliding_window": 10,
    "query_pre_attn_scalar": 16,
    # Low enough to bend most scores and logits
    "attn_logit_softcapping": 3.0,
    "final_logit_softcapping": 4.0,
}
MISTRAL = {**PLAIN, "tie_word_embeddings": False, "sliding_window": None}
MINISTRAL3 = {**WIDE_HEADS, "tie_word_embeddings": True}
MINISTRAL3_ROPE = {
    "rope_type": "yarn",
    "factor": 8.0,
    "original_max_position_embeddings": 16,
    "beta_fast": 32.0,
    "beta_slow": 1.0,
    "mscale": 1.0,
    "mscale_all_dim": 1.0,
    "llama_4_scaling_beta": 0.3,
}
# Phi 4 mini: as Phi 3.5, with heads that share keys, a tied head, and a window wider than any context
PHI4_MINI = {**PHI3, "model_type": "phi3", "tie_word_embeddings": True, "sliding_window": 4096}
LFM2 = {
    **{key: value for key, value in PLAIN.items() if key != "rms_norm_eps"},
    "norm_eps": 1e-6,
    "num_hidden_layers": 5,
    "layer_types": ["conv", "full_attention", "conv", "conv", "full_attention"],
    "conv_L_cache": 3,
    "block_auto_adjust_ff_dim": False,
    "tie_embedding": True,
}
LFM2_MOE = {
    **{key: value for key, value in LFM2.items() if key != "block_auto_adjust_ff_dim"},
    "num_hidden_layers": 4,
    "layer_types": ["conv", "conv", "full_attention", "conv"],
    "intermediate_size": 40,
    "moe_intermediate_size": 20,
    "num_dense_layers": 1,
    "num_experts": 5,
    "num_experts_per_tok": 2,
}
FAMILIES = {
    "lfm2_moe": {"plain": ({**LFM2_MOE, **rope(1_000_000.0)}, TOKENS)},
    "gemma": {"plain": ({**GEMMA, **rope(10_000.0)}, TOKENS)},
    "gemma2": {"plain": ({**GEMMA2, **rope(10_000.0)}, TOKENS)},
    "mistral": {
        "plain": ({**MISTRAL, "sliding_window": 12, **rope(10_000.0)}, TOKENS),
        "linear": ({**MISTRAL, **rope(10_000.0, rope_type="linear", factor=4.0)}, TOKENS),
        "dynamic": (
            {**MISTRAL, "max_position_embeddings": 32, **rope(10_000.0, rope_type="dynamic", factor=2.0)},
            TOKENS,
        ),
    },
    "ministral3": {"plain": ({**MINISTRAL3, **rope(1_000_000.0, **MINISTRAL3_ROPE)}, TOKENS)},
    "phi4_mini": {
        "long": ({**PHI4_MINI, **rope(10_000.0, **LONGROPE)}, TOKENS),
        "short": ({**PHI4_MINI, **rope(10_000.0, **LONGROPE)}, 32),
    },
    "lfm2": {"plain": ({**LFM2, **rope(1_000_000.0)}, TOKENS)},
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
    "qwen3_moe": {
        "plain": ({**QWEN3_MOE, **rope(1_000_000.0)}, TOKENS),
        "yarn": ({**QWEN3_MOE, **rope(1_000_000.0, **YARN)}, TOKENS),
    },
    "qwen2_moe": {"plain": ({**QWEN2_MOE, **rope(1_000_000.0)}, TOKENS)},
    "mixtral": {"plain": ({**MIXTRAL, **rope(1_000_000.0)}, TOKENS)},
    "gpt_oss": {
        "plain": ({**GPT_OSS, **rope(150_000.0)}, TOKENS),
        "yarn": ({**GPT_OSS, **rope(150_000.0, **YARN, beta_fast=32.0, beta_slow=1.0, truncate=False)}, TOKENS),
    },
    "llama4_text": {
        "plain": ({**LLAMA4, **rope(500_000.0)}, TOKENS),
        "llama3": ({**LLAMA4, **rope(500_000.0, **LLAMA3)}, TOKENS),
    },
    "smollm3": {
        "plain": (
            {**PLAIN, "num_hidden_layers": 5, "tie_word_embeddings": True, **rope(2_000_000.0)},
            TOKENS,
        ),
    },
}

# A family without an entry above: nothing but the usual
USUAL = {"plain": ({**WIDE_HEADS, "tie_word_embeddings": True, **rope(500_000.0)}, TOKENS)}


def build(family, config):
    # A deep copy, since transformers completes `rope_parameters` in place
    settings = json.loads(json.dumps(config))
    model = AutoModelForCausalLM.from_config(
        AutoConfig.for_model(settings.pop("model_type", family), **settings),
        attn_implementation="eager",
        # The plain loop over experts, which computes in f64 too
        experts_implementation="eager",
        dtype=torch.float32,
    )
    return model.double().eval()


def randomize(model, family):
    """Weights that f16 holds exactly, of sizes that make every part matter: scores spread, gates open and shut."""
    generator = torch.Generator().manual_seed(SEED)
    for name, weight in sorted(model.named_parameters()):
        noise = torch.randn(weight.shape, generator=generator)
        if name.endswith("bias"):
            values = 0.5 * noise
        elif name.endswith("sinks"):
            values = noise
        elif weight.dim() == 1:
            # Gemma's norms multiply by 1 + weight
            values = 0.3 * noise + (0.0 if family.startswith("gemma") else 1.0)
        elif "embed_tokens" in name:
            values = 0.5 * noise
        elif family == "gpt_oss" and "experts" in name:
            values = in_mxfp4(noise.transpose(1, 2), 1.3 / weight.shape[1] ** 0.5).transpose(1, 2)
        else:
            # Experts are stacked: in Llama 4 as (experts, inputs, outputs), elsewhere with the inputs last
            inputs = weight.shape[1 if weight.dim() == 2 or family == "llama4_text" else 2]
            values = 1.3 * noise / inputs**0.5
        weight.data.copy_(values.half())
    for _, bias in expert_biases(model):
        bias.copy_((0.3 * torch.randn(bias.shape, generator=generator)).half())


def expert_biases(model):
    """They are no parameters, since nobody's gradient sets them."""
    return [(name, bias) for name, bias in model.named_buffers() if name.endswith("expert_bias")]


def in_mxfp4(noise, size):
    """Numbers of about that size that MXFP4 holds: E2M1 times a power of two for each 32 of a row."""
    e2m1 = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6])
    blocks = noise.unflatten(-1, (-1, 32))
    # The first value of a block says its power, others how large and of which sign they are
    power = 2.0 ** torch.round(torch.log2(torch.tensor(size / 2)) + blocks[..., :1].clamp(-1, 1))
    nearest = (2 * blocks.abs().unsqueeze(-1) - e2m1).abs().argmin(-1)
    return (power * e2m1[nearest] * blocks.sign()).flatten(-2)


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
        for name, bias in expert_biases(model):
            tensors[f"{name}.bias"] = bias.half().contiguous()
        print(family, case, "rms of the logits", logits.pow(2).mean().sqrt().item())
    save_file(tensors, folder / f"{family}.safetensors", metadata)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument(
        "families", nargs="*", default=list(FAMILIES), metavar="FAMILY", help="as transformers calls its model type"
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for family in options.families:
        make(family, FAMILIES.get(family, USUAL), options.out)
