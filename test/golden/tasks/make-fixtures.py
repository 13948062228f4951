"""Tiny models of random weights, one for each kind of task, as ONNX files with what belongs to them, and what transformers
(torch, on the CPU) makes of some inputs. Needs torch, transformers, tokenizers and Pillow:

    python3 test/golden/tasks/make-fixtures.py test/golden/tasks [name…]

Weights come from a seed. They are so wide apart that answers differ by more than rounding does.
"""

import base64
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import tokenizers
import torch
import transformers as hf
from PIL import Image
from torch.onnx._internal.torchscript_exporter import onnx_proto_utils
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

warnings.filterwarnings("ignore")
hf.logging.set_verbosity_error()
# It would only look for functions that torch's own operators do not have, and needs one more package for that
onnx_proto_utils._add_onnxscript_fn = lambda model_bytes, custom_opsets: model_bytes

WORDS = "the a warm cold fire house garden river bird tree child reads sees finds is was good bad bright dark old new in on by of and not north south Ann Ben Paris Rome".split()
LETTERS = list("abcdefghijklmnopqrstuvwxyz")
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TEXTS = ["the warm fire is bright", "a cold river", "Ann sees the old house in Paris"]
VISION = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
EAGER = dict(attn_implementation="eager")


def settled(model, seed):
    """Random weights, the same each time, wide enough that no two answers are close."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.dim() > 1:
                value.copy_(torch.randn(value.shape, generator=generator) * 0.7)
            elif "norm" not in name.lower() or "bias" in name:
                value.copy_(torch.randn(value.shape, generator=generator) * 0.2)
    return model.eval()


def export(folder, name, module, inputs, outputs, dynamic):
    """`inputs` is a table of example values; `dynamic` names the axes of inputs and outputs that change."""
    path = folder / "onnx" / f"{name}.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        module.eval(),
        tuple(inputs.values()),
        str(path),
        input_names=list(inputs),
        output_names=outputs,
        dynamic_axes=dynamic,
        opset_version=17,
        dynamo=False,
    )


class Calls(torch.nn.Module):
    """A model called with its inputs by position, whose outputs are picked."""

    def __init__(self, model, names, pick):
        super().__init__()
        self.model, self.names, self.pick = model, names, pick

    def forward(self, *values):
        return self.pick(self.model(**dict(zip(self.names, values))))


def write(folder, name, value):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def save_config(folder, model, **more):
    config = json.loads(model.config.to_json_string(use_diff=False))
    config["model_type"] = model.config.model_type
    kept = {key: value for key, value in config.items() if value is not None and not key.startswith("_")}
    write(folder, "config.json", {**kept, **more})


def bert_tokenizer(folder):
    words = SPECIAL + WORDS + LETTERS + [f"##{letter}" for letter in LETTERS] + [".", ",", "?"]
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordPiece({word: i for i, word in enumerate(dict.fromkeys(words))}, unk_token="[UNK]")
    )
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = tokenizers.decoders.WordPiece()
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return save_tokenizer(
        folder, tokenizer, "BertTokenizer", dict(zip(["pad", "unk", "cls", "sep", "mask"], SPECIAL))
    )


def word_tokenizer(folder):
    """For models that write: whole words, and an end."""
    words = ["<pad>", "</s>", "<unk>", "<s>"] + WORDS
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    return save_tokenizer(
        folder, tokenizer, "PreTrainedTokenizerFast", {"pad": "<pad>", "eos": "</s>", "unk": "<unk>", "bos": "<s>"}
    )


def save_tokenizer(folder, tokenizer, kind, special):
    tokenizer.add_special_tokens(list(special.values()))
    named = {f"{key}_token": token for key, token in special.items()}
    write(folder, "tokenizer.json", json.loads(tokenizer.to_str()))
    write(folder, "tokenizer_config.json", {"tokenizer_class": kind, "model_max_length": 32, **named})
    made = hf.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=32, **named)
    made.model_input_names = ["input_ids", "token_type_ids", "attention_mask"] if kind == "BertTokenizer" else ["input_ids", "attention_mask"]
    return made


def bert(folder, kind, seed, pick, outputs, **config):
    tokenizer = bert_tokenizer(folder)
    model = settled(
        kind(hf.BertConfig(vocab_size=len(tokenizer), max_position_embeddings=32, **VISION, **EAGER, **config)), seed
    )
    names = ["input_ids", "attention_mask", "token_type_ids"]
    inputs = {name: tokenizer(TEXTS[:2], padding=True, return_tensors="pt")[name] for name in names}
    axes = {name: {0: "batch_size", 1: "sequence_length"} for name in names}
    export(folder, "model", Calls(model, names, pick), inputs, outputs, axes | {name: axes["input_ids"] for name in outputs})
    save_config(folder, model)
    return model, tokenizer


def logits(output):
    return output.logits


def scores_of(row, labels):
    return [{"label": labels[i], "score": float(row[i])} for i in torch.argsort(row, descending=True).tolist()]


def encoder(folder):
    model, tokenizer = bert(folder, hf.BertModel, 1, lambda output: output.last_hidden_state, ["last_hidden_state"])
    inputs = tokenizer(TEXTS, padding=True, return_tensors="pt")
    hidden = model(**inputs).last_hidden_state
    mask = inputs.attention_mask.unsqueeze(-1)
    mean = (hidden * mask).sum(1) / mask.sum(1)
    return {
        "feature-extraction": {
            "texts": TEXTS,
            "mean": torch.nn.functional.normalize(mean).tolist(),
            "cls": hidden[:, 0].tolist(),
        }
    }


def cross_encoder(folder):
    model, tokenizer = bert(folder, hf.BertForSequenceClassification, 2, logits, ["logits"], num_labels=1)
    documents = ["a warm house by the river", "the old bird", "Rome is old and bright", "a child reads"]
    inputs = tokenizer(["the house"] * 4, documents, padding=True, return_tensors="pt")
    scores = torch.sigmoid(model(**inputs).logits[:, 0])
    return {"rerank": {"query": "the house", "documents": documents, "scores": scores.tolist()}}


def classifier(folder):
    labels = {0: "contradiction", 1: "entailment", 2: "neutral"}
    model, tokenizer = bert(
        folder,
        hf.BertForSequenceClassification,
        3,
        logits,
        ["logits"],
        id2label=labels,
        label2id={label: i for i, label in labels.items()},
    )
    inputs = tokenizer(TEXTS, padding=True, return_tensors="pt")
    by_text = [scores_of(row, labels) for row in torch.softmax(model(**inputs).logits, -1)]
    choices = ["warm", "the garden", "cold and dark"]
    pairs = tokenizer([TEXTS[0]] * 3, [f"This is {one}." for one in choices], padding=True, return_tensors="pt")
    found = model(**pairs).logits
    one = torch.softmax(found[:, 1], 0)
    many = torch.softmax(found[:, [0, 1]], -1)[:, 1]
    ranked = lambda scores: [[choices[i], float(scores[i])] for i in torch.argsort(scores, descending=True).tolist()]
    return {
        "text-classification": {"texts": TEXTS, "scores": by_text},
        "zero-shot-classification": {
            "text": TEXTS[0],
            "labels": choices,
            "template": "This is {}.",
            "one": ranked(one),
            "many": ranked(many),
        },
    }


def tagger(folder):
    labels = {0: "O", 1: "B-PER", 2: "B-LOC"}
    model, tokenizer = bert(
        folder,
        hf.BertForTokenClassification,
        4,
        logits,
        ["logits"],
        id2label=labels,
        label2id={label: i for i, label in labels.items()},
    )
    inputs = tokenizer(TEXTS[2], return_tensors="pt")
    scores = torch.softmax(model(**inputs).logits[0], -1)
    found = [
        {"index": i, "word": token, "entity": labels[int(row.argmax())], "score": float(row.max())}
        for i, (token, row) in enumerate(zip(tokenizer.convert_ids_to_tokens(inputs.input_ids[0]), scores))
        if token not in SPECIAL and int(row.argmax()) != 0
    ]
    return {"token-classification": {"text": TEXTS[2], "found": found}}


def reader(folder):
    model, tokenizer = bert(
        folder,
        hf.BertForQuestionAnswering,
        5,
        lambda output: (output.start_logits, output.end_logits),
        ["start_logits", "end_logits"],
    )
    question, context = "the house ?", TEXTS[2]
    inputs = tokenizer(question, context, return_tensors="pt")
    output = model(**inputs)
    # Tokens of the context, behind the first [SEP]; [CLS] stands for no answer, and has its share of what is likely
    ids = inputs.input_ids[0].tolist()
    outside = torch.tensor([0 < i <= ids.index(3) or token == 3 for i, token in enumerate(ids)])
    start, end = [
        torch.softmax(one[0].masked_fill(outside, -torch.inf), -1) for one in (output.start_logits, output.end_logits)
    ]
    pairs = torch.triu(start[:, None] * end[None, :])
    pairs[0] = 0
    best = divmod(int(pairs.argmax()), len(ids))
    answer = tokenizer.decode(ids[best[0] : best[1] + 1])
    return {
        "question-answering": {
            "question": question,
            "context": context,
            "answer": answer,
            "score": float(pairs.max()),
        }
    }


def filler(folder):
    model, tokenizer = bert(folder, hf.BertForMaskedLM, 6, logits, ["logits"])
    text = "the [MASK] house is old"
    inputs = tokenizer(text, return_tensors="pt")
    row = torch.softmax(model(**inputs).logits[0, inputs.input_ids[0].tolist().index(4)], -1)
    top = torch.topk(row, 3)
    found = [
        {"score": float(score), "token": int(token), "token_str": tokenizer.decode([int(token)])}
        for score, token in zip(*top)
    ]
    return {"fill-mask": {"text": text, "top_k": 3, "found": found}}


class Decoder(torch.nn.Module):
    """A decoder with what it has read of its own text as inputs and outputs; what the encoder made is read anew each time."""

    def __init__(self, decoder, head, layers, scale=1.0):
        super().__init__()
        self.decoder, self.head, self.layers, self.scale = decoder, head, layers, scale

    def forward(self, input_ids, encoder_hidden_states, encoder_attention_mask, *past):
        own = DynamicCache()
        for layer in range(self.layers):
            own.update(past[2 * layer], past[2 * layer + 1], layer)
        more = {} if encoder_attention_mask is None else {"encoder_attention_mask": encoder_attention_mask}
        output = self.decoder(
            input_ids=input_ids,
            encoder_hidden_states=encoder_hidden_states,
            past_key_values=EncoderDecoderCache(own, DynamicCache()),
            use_cache=True,
            **more,
        )
        kept = output.past_key_values.self_attention_cache
        present = [value for layer in kept.layers for value in (layer.keys, layer.values)]
        return self.head(output.last_hidden_state * self.scale), *present


def export_decoder(folder, module, hidden, layers, heads, head_dim, with_mask=True):
    past = [torch.randn(1, heads, 2, head_dim) for _ in range(2 * layers)]
    names = [f"{layer}.decoder.{kind}" for layer in range(layers) for kind in ("key", "value")]
    inputs = {"input_ids": torch.tensor([[5]]), "encoder_hidden_states": hidden}
    if with_mask:
        inputs["encoder_attention_mask"] = torch.ones(hidden.shape[:2], dtype=torch.int64)
    else:
        whole = module
        module = Calls(whole, [], None)
        module.forward = lambda ids, states, *past: whole(ids, states, None, *past)
    inputs |= {f"past_key_values.{name}": value for name, value in zip(names, past)}
    axes = {
        "input_ids": {0: "batch_size", 1: "decoder_sequence_length"},
        "encoder_hidden_states": {0: "batch_size", 1: "encoder_sequence_length"},
        "encoder_attention_mask": {0: "batch_size", 1: "encoder_sequence_length"},
        "logits": {0: "batch_size", 1: "decoder_sequence_length"},
    }
    axes |= {f"past_key_values.{name}": {0: "batch_size", 2: "past_length"} for name in names}
    axes |= {f"present.{name}": {0: "batch_size", 2: "total_length"} for name in names}
    outputs = ["logits"] + [f"present.{name}" for name in names]
    export(folder, "decoder_model_merged", module, inputs, outputs, {k: v for k, v in axes.items() if k in [*inputs, *outputs]})


def writer(folder):
    tokenizer = word_tokenizer(folder)
    config = hf.T5Config(
        vocab_size=len(tokenizer),
        d_model=8,
        d_kv=4,
        d_ff=8,
        num_layers=1,
        num_decoder_layers=1,
        num_heads=2,
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
        tie_word_embeddings=False,
        **EAGER,
    )
    model = settled(hf.T5ForConditionalGeneration(config), 7)
    inputs = tokenizer(TEXTS[0], return_tensors="pt")
    names = ["input_ids", "attention_mask"]
    axes = {name: {0: "batch_size", 1: "encoder_sequence_length"} for name in [*names, "last_hidden_state"]}
    picked = Calls(model.encoder, names, lambda output: output.last_hidden_state)
    export(folder, "encoder_model", picked, {name: inputs[name] for name in names}, ["last_hidden_state"], axes)
    hidden = model.encoder(**{name: inputs[name] for name in names}).last_hidden_state
    export_decoder(folder, Decoder(model.decoder, model.lm_head, 1), hidden, 1, 2, 4)
    save_config(folder, model)
    write(folder, "generation_config.json", {"decoder_start_token_id": 0, "eos_token_id": 1, "pad_token_id": 0})
    written = [
        tokenizer.decode(
            model.generate(**tokenizer(text, return_tensors="pt"), max_new_tokens=8, do_sample=False)[0],
            skip_special_tokens=True,
        )
        for text in TEXTS
    ]
    return {"text2text-generation": {"texts": TEXTS, "max_new_tokens": 8, "written": written}}


def picture(width=44, height=30):
    """Colours that change in both directions, with an edge."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [(x * 5 + y) % 256, (y * 8 + 40) % 256, ((x - 20) ** 2 + (y - 12) ** 2) % 256]
    pixels = np.stack(planes, -1).astype(np.uint8)
    pixels[5:15, 25:40] = (250, 20, 60)
    return Image.fromarray(pixels)


def pixels_of(image):
    return {"width": image.width, "height": image.height, "rgb": base64.b64encode(image.tobytes()).decode()}


def image_processor(folder, size=16, **more):
    config = {
        "image_processor_type": "ViTImageProcessor",
        "do_resize": True,
        "size": {"height": size, "width": size},
        "resample": 2,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
        **more,
    }
    write(folder, "preprocessor_config.json", config)

    def process(image):
        wide = image.resize((size, size), Image.Resampling(config["resample"]))
        return (torch.from_numpy(np.array(wide)).permute(2, 0, 1)[None].float() / 255 - 0.5) / 0.5

    return process


def vision(folder, model, outputs, pick, process, image, **config):
    pixel_values = process(image)
    axes = {name: {0: "batch_size"} for name in ["pixel_values", *outputs]}
    export(folder, "model", Calls(model, ["pixel_values"], pick), {"pixel_values": pixel_values}, outputs, axes)
    save_config(folder, model, **config)
    return model(pixel_values=pixel_values)


CAPTION_SEED = 18
LISTENER_SEED = 25
VIT = dict(image_size=16, patch_size=8, **VISION, **EAGER)


def image_classifier(folder):
    labels = {0: "bird", 1: "tree", 2: "house", 3: "river"}
    image = picture()
    model = settled(hf.ViTForImageClassification(hf.ViTConfig(**VIT, id2label=labels)), 8)
    output = vision(folder, model, ["logits"], logits, image_processor(folder), image)
    scores = scores_of(torch.softmax(output.logits[0], -1), labels)
    return {"image-classification": {"image": pixels_of(image), "scores": scores}}


def image_encoder(folder):
    image = picture()
    model = settled(hf.ViTModel(hf.ViTConfig(**VIT), add_pooling_layer=False), 9)
    process = image_processor(folder)
    output = vision(
        folder, model, ["last_hidden_state"], lambda output: output.last_hidden_state, process, image
    )
    return {"image-feature-extraction": {"image": pixels_of(image), "hidden": output.last_hidden_state.tolist()}}


def detector(folder):
    labels = {0: "bird", 1: "tree"}
    image = picture()
    config = hf.YolosConfig(
        **{**VIT, "image_size": [16, 16]}, num_detection_tokens=5, id2label=labels, use_mid_position_embeddings=False
    )
    model = settled(hf.YolosForObjectDetection(config), 10)
    process = image_processor(folder, image_processor_type="YolosFeatureExtractor")
    picks = lambda output: (output.logits, output.pred_boxes)
    output = vision(folder, model, ["logits", "pred_boxes"], picks, process, image)
    scores = torch.softmax(output.logits[0], -1)
    found = []
    for row, (x, y, w, h) in zip(scores, output.pred_boxes[0].tolist()):
        label = int(row.argmax())
        if label == 2 or float(row.max()) <= 0.1:
            continue
        box = [(x - w / 2) * image.width, (y - h / 2) * image.height, (x + w / 2) * image.width, (y + h / 2) * image.height]
        found.append({"label": labels[label], "score": float(row[label]), "box": box})
    return {"object-detection": {"image": pixels_of(image), "threshold": 0.1, "found": found}}


def segmenter(folder):
    labels = {0: "ground", 1: "sky", 2: "water"}
    image = picture()
    config = hf.SegformerConfig(
        num_encoder_blocks=1,
        depths=[1],
        sr_ratios=[1],
        hidden_sizes=[8],
        patch_sizes=[7],
        strides=[4],
        num_attention_heads=[2],
        mlp_ratios=[1],
        decoder_hidden_size=8,
        id2label=labels,
        **EAGER,
    )
    model = settled(hf.SegformerForSemanticSegmentation(config), 11)
    process = image_processor(folder, 32, image_processor_type="SegformerImageProcessor")
    output = vision(folder, model, ["logits"], logits, process, image)
    classes = [int(one) for one in output.logits[0].argmax(0).unique()]
    return {
        "image-segmentation": {
            "image": pixels_of(image),
            "labels": [labels[one] for one in classes],
            "logits": output.logits[0].tolist(),
        }
    }


def depth(folder):
    image = picture()
    config = hf.GLPNConfig(
        num_encoder_blocks=1,
        depths=[1],
        sr_ratios=[1],
        hidden_sizes=[8],
        patch_sizes=[7],
        strides=[4],
        num_attention_heads=[2],
        mlp_ratios=[1],
        decoder_hidden_size=8,
        **EAGER,
    )
    model = settled(hf.GLPNForDepthEstimation(config), 12)
    process = image_processor(folder, 32)
    picks = lambda output: output.predicted_depth
    output = vision(folder, model, ["predicted_depth"], picks, process, image)
    return {"depth-estimation": {"image": pixels_of(image), "depth": output.predicted_depth[0].tolist()}}


class Matte(torch.nn.Module):
    """What MODNet's outside is: an image in, how much of each pixel is foreground out."""

    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, input):
        return torch.sigmoid(self.second(torch.relu(self.first(input))))


def matter(folder):
    image = picture()
    model = settled(Matte(), 13)
    pixels = image_processor(folder)(image)
    export(folder, "model", model, {"input": pixels}, ["output"], {"input": {0: "batch_size"}, "output": {0: "batch_size"}})
    write(folder, "config.json", {"model_type": "modnet"})
    return {"background-removal": {"image": pixels_of(image), "matte": model(pixels)[0, 0].tolist()}}


def captioner(folder):
    tokenizer = word_tokenizer(folder)
    image = picture()
    model = settled(
        hf.VisionEncoderDecoderModel(
            encoder=hf.ViTModel(hf.ViTConfig(**VIT), add_pooling_layer=False),
            decoder=hf.TrOCRForCausalLM(
                hf.TrOCRConfig(
                    vocab_size=len(tokenizer),
                    d_model=8,
                    decoder_layers=1,
                    decoder_attention_heads=2,
                    decoder_ffn_dim=8,
                    max_position_embeddings=32,
                    cross_attention_hidden_size=8,
                    decoder_start_token_id=3,
                    bos_token_id=3,
                    eos_token_id=1,
                    pad_token_id=0,
                    **EAGER,
                )
            ),
        ),
        CAPTION_SEED,
    )
    pixel_values = image_processor(folder)(image)
    picks = lambda output: output.last_hidden_state
    axes = {"pixel_values": {0: "batch_size"}, "last_hidden_state": {0: "batch_size"}}
    export(folder, "encoder_model", Calls(model.encoder, ["pixel_values"], picks), {"pixel_values": pixel_values}, ["last_hidden_state"], axes)
    hidden = model.encoder(pixel_values=pixel_values).last_hidden_state
    decoder = Decoder(model.decoder.model.decoder, model.decoder.output_projection, 1)
    export_decoder(folder, decoder, hidden, 1, 2, 4, with_mask=False)
    save_config(folder, model)
    write(folder, "generation_config.json", {"decoder_start_token_id": 3, "eos_token_id": 1, "pad_token_id": 0})
    ids = model.generate(pixel_values, max_new_tokens=8, do_sample=False, decoder_start_token_id=3, eos_token_id=1, pad_token_id=0)
    return {
        "image-to-text": {
            "image": pixels_of(image),
            "max_new_tokens": 8,
            "written": tokenizer.decode(ids[0], skip_special_tokens=True),
        }
    }


def clip(folder):
    tokenizer = word_tokenizer(folder)
    image = picture()
    text = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    config = hf.CLIPConfig(
        text_config=dict(vocab_size=len(tokenizer), max_position_embeddings=32, eos_token_id=1, bos_token_id=3, pad_token_id=0, **text),
        vision_config=dict(image_size=16, patch_size=8, **text),
        projection_dim=8,
        **EAGER,
    )
    model = settled(hf.CLIPModel(config), 15)
    with torch.no_grad():
        model.logit_scale.fill_(1.0)
    pixel_values = image_processor(folder)(image)
    labels = ["the warm fire", "a cold river in Paris", "an old bird"]
    inputs = tokenizer([f"a bright {label}" for label in labels], padding=True, return_tensors="pt")
    names = ["input_ids", "pixel_values", "attention_mask"]
    values = {"input_ids": inputs.input_ids, "pixel_values": pixel_values, "attention_mask": inputs.attention_mask}
    picks = lambda output: (output.logits_per_image, output.logits_per_text)
    outputs = ["logits_per_image", "logits_per_text"]
    axes = {
        "input_ids": {0: "text_batch_size", 1: "sequence_length"},
        "attention_mask": {0: "text_batch_size", 1: "sequence_length"},
        "pixel_values": {0: "image_batch_size"},
        "logits_per_image": {0: "image_batch_size", 1: "text_batch_size"},
        "logits_per_text": {0: "text_batch_size", 1: "image_batch_size"},
    }
    export(folder, "model", Calls(model, names, picks), values, outputs, axes)
    save_config(folder, model)
    scores = torch.softmax(model(**values).logits_per_image[0], -1)
    return {
        "zero-shot-image-classification": {
            "image": pixels_of(image),
            "labels": labels,
            "template": "a bright {}",
            "scores": scores.tolist(),
        }
    }


def tone(seconds, rate=16_000):
    """A tone that rises and beats, which a test can make as well."""
    t = np.arange(int(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * (200 * t + 150 * t**2)) * np.sin(2 * np.pi * 3 * t)).astype(np.float32)


def listener(folder):
    """A Whisper of two seconds, two languages and text tokens that are words."""
    words = ["Ġ" + word for word in WORDS]
    names = ["endoftext", "startoftranscript", "en", "de", "translate", "transcribe", "startofprev", "nospeech", "notimestamps"]
    marks = [f"<|{name}|>" for name in names] + [f"<|{i * 0.02:.2f}|>" for i in range(101)]
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.BPE({word: i for i, word in enumerate(words)}, [], ignore_merges=True)
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.add_special_tokens(marks[:9])
    tokenizer.add_tokens(marks[9:])
    ids = {mark: len(words) + i for i, mark in enumerate(marks)}
    write(folder, "tokenizer.json", json.loads(tokenizer.to_str()))
    write(folder, "tokenizer_config.json", {"tokenizer_class": "WhisperTokenizer", "eos_token": marks[0], "unk_token": marks[0]})
    extractor = dict(feature_size=16, sampling_rate=16_000, hop_length=160, chunk_length=2, n_fft=400)
    write(
        folder,
        "preprocessor_config.json",
        {**extractor, "feature_extractor_type": "WhisperFeatureExtractor", "processor_class": "WhisperProcessor", "n_samples": 32_000, "nb_max_frames": 200},
    )
    start, end = ids["<|startoftranscript|>"], ids["<|endoftext|>"]
    special = dict(decoder_start_token_id=start, eos_token_id=end, pad_token_id=end, bos_token_id=end)
    config = hf.WhisperConfig(
        vocab_size=len(words) + len(marks),
        num_mel_bins=16,
        d_model=8,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=8,
        decoder_ffn_dim=8,
        max_source_positions=100,
        max_target_positions=64,
        **special,
        **EAGER,
    )
    model = settled(hf.WhisperForConditionalGeneration(config), LISTENER_SEED)
    # Random weights would say little but times and marks
    model.model.decoder.embed_tokens.weight[end:] *= 0.45
    kept = {
        **special,
        "max_length": 24,
        "is_multilingual": True,
        "lang_to_id": {mark: ids[mark] for mark in ("<|en|>", "<|de|>")},
        "task_to_id": {name: ids[f"<|{name}|>"] for name in ("translate", "transcribe")},
        "no_timestamps_token_id": ids["<|notimestamps|>"],
        "prev_sot_token_id": ids["<|startofprev|>"],
        "max_initial_timestamp_index": 50,
        "suppress_tokens": [3, 5, *range(start, ids["<|notimestamps|>"])],
        "begin_suppress_tokens": [0, end],
    }
    write(folder, "generation_config.json", kept)
    features = hf.WhisperFeatureExtractor(**extractor)(tone(2), sampling_rate=16_000, return_tensors="pt").input_features
    encoded = model.model.encoder(features).last_hidden_state
    picks = lambda output: output.last_hidden_state
    export(folder, "encoder_model", Calls(model.model.encoder, ["input_features"], picks), {"input_features": features}, ["last_hidden_state"], {})
    export_decoder(folder, Decoder(model.model.decoder, model.proj_out, 1), encoded, 1, 2, 4, with_mask=False)
    save_config(folder, model)

    def say(task, times, language=None, prompt=()):
        prefix = [*prompt, start]
        first = model(features, decoder_input_ids=torch.tensor([prefix])).logits[0, -1]
        language = language or max(kept["lang_to_id"].values(), key=lambda token: first[token])
        begun = [*prefix, language, kept["task_to_id"][task]] + ([] if times else [ids["<|notimestamps|>"]])
        rules = [
            hf.SuppressTokensLogitsProcessor(kept["suppress_tokens"]),
            hf.SuppressTokensAtBeginLogitsProcessor(kept["begin_suppress_tokens"], len(begun)),
        ]
        if times:
            rules.append(hf.WhisperTimeStampLogitsProcessor(hf.GenerationConfig(**kept), len(begun)))
        plain = hf.GenerationConfig(**special, max_length=24)
        made = hf.GenerationMixin.generate(
            model, features, generation_config=plain, decoder_input_ids=torch.tensor([begun]),
            logits_processor=hf.LogitsProcessorList(rules), do_sample=False, return_dict_in_generate=True, output_scores=True,
        )
        said = made.sequences[0, len(begun) :].tolist()
        logprobs = [float(torch.log_softmax(row[0], -1)[token]) for row, token in zip(made.scores, said)]
        return {
            "language": language == ids["<|en|>"] and "en" or "de",
            "no_speech": float(torch.softmax(first, -1)[ids["<|nospeech|>"]]),
            "tokens": said,
            "logprobs": logprobs,
            "text": tokenizer.decode([token for token in said if token < end]),
        }

    prompt = [ids["<|startofprev|>"], *tokenizer.encode(" the old bird").ids]
    return {
        "automatic-speech-recognition": {
            "seconds": 2,
            "first_time": ids["<|0.00|>"],
            "end": end,
            "plain": say("transcribe", False),
            "times": say("transcribe", True),
            "german": say("transcribe", True, ids["<|de|>"]),
            "translated": say("translate", False, ids["<|en|>"]),
            "prompted": say("transcribe", False, prompt=prompt),
        }
    }


def speaker(folder):
    """A VITS without chance in it."""
    tokenizer = word_tokenizer(folder)
    config = hf.VitsConfig(
        vocab_size=len(tokenizer),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        window_size=2,
        ffn_dim=8,
        flow_size=8,
        spectrogram_bins=9,
        use_stochastic_duration_prediction=False,
        duration_predictor_filter_channels=8,
        upsample_initial_channel=8,
        upsample_rates=[2, 2],
        upsample_kernel_sizes=[4, 4],
        resblock_kernel_sizes=[3],
        resblock_dilation_sizes=[[1]],
        prior_encoder_num_flows=2,
        prior_encoder_num_wavenet_layers=1,
        posterior_encoder_num_wavenet_layers=1,
        noise_scale=0.0,
        noise_scale_duration=0.0,
    )
    model = settled(hf.VitsModel(config), 17)
    # Louder, and all would be at its loudest
    for value in model.decoder.parameters():
        value *= 0.35
    inputs = {name: tokenizer(TEXTS[0], return_tensors="pt")[name] for name in ("input_ids", "attention_mask")}
    axes = {name: {0: "batch_size", 1: "sequence_length"} for name in inputs} | {"waveform": {0: "batch_size", 1: "samples"}}
    export(folder, "model", Calls(model, list(inputs), lambda output: output.waveform), inputs, ["waveform"], axes)
    save_config(folder, model)
    spoken = [model(**tokenizer(text, return_tensors="pt")).waveform[0].tolist() for text in TEXTS[:2]]
    return {"text-to-speech": {"texts": TEXTS[:2], "rate": config.sampling_rate, "spoken": spoken}}


def sound_classifier(folder):
    labels = {0: "bird", 1: "river", 2: "fire"}
    config = hf.Wav2Vec2Config(
        vocab_size=8,
        conv_dim=[8, 8],
        conv_kernel=[10, 8],
        conv_stride=[8, 8],
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
        classifier_proj_size=8,
        id2label=labels,
        label2id={label: i for i, label in labels.items()},
        **VISION,
        **EAGER,
    )
    model = settled(hf.Wav2Vec2ForSequenceClassification(config), 18)
    model.classifier.weight *= 0.2
    values = hf.Wav2Vec2FeatureExtractor(do_normalize=True)(tone(0.5), sampling_rate=16_000, return_tensors="pt").input_values
    write(folder, "preprocessor_config.json", {"feature_extractor_type": "Wav2Vec2FeatureExtractor", "sampling_rate": 16_000, "do_normalize": True})
    export(folder, "model", Calls(model, ["input_values"], logits), {"input_values": values}, ["logits"], {"input_values": {0: "batch_size", 1: "samples"}, "logits": {0: "batch_size"}})
    save_config(folder, model)
    return {"audio-classification": {"seconds": 0.5, "scores": scores_of(torch.softmax(model(values).logits[0], -1), labels)}}


def pillow(folder):
    """What Pillow makes of a small image at other sizes, by each of its filters."""
    image = picture(13, 9)
    sizes = [(5, 4), (13, 3), (31, 20), (1, 1), (20, 9)]
    made = [
        {"size": size, "method": method, "rgb": pixels_of(image.resize(size, Image.Resampling(method)))["rgb"]}
        for size in sizes
        for method in range(6)
    ]
    return {"image": pixels_of(image), "made": made}


FIXTURES = {
    "pillow": pillow,
    "encoder": encoder,
    "cross-encoder": cross_encoder,
    "classifier": classifier,
    "tagger": tagger,
    "reader": reader,
    "filler": filler,
    "writer": writer,
    "image-classifier": image_classifier,
    "image-encoder": image_encoder,
    "detector": detector,
    "segmenter": segmenter,
    "depth": depth,
    "matte": matter,
    "captioner": captioner,
    "clip": clip,
    "listener": listener,
    "speaker": speaker,
    "sound-classifier": sound_classifier,
}


def main(where, *wanted):
    for name in wanted or FIXTURES:
        folder = Path(where) / name
        torch.manual_seed(0)
        with torch.no_grad():
            write(folder, "expected.json", FIXTURES[name](folder))
        sizes = {path.name: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
        print(name, sum(sizes.values()), sizes, flush=True)


main(*sys.argv[1:])
