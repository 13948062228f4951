"""Trains tiny unigram models with SentencePiece itself and writes what they make of strange texts: golden/unigram.json.

Usage: python3 make-unigram.py > unigram.json   (needs the package sentencepiece)
"""

import base64
import io
import json
import random
import sys
import tempfile

import sentencepiece

# What becomes what, in the form that the trainer reads: hexadecimal code points
RULES = [
    ("ﬁ", "fi"), ("Å", "A\u030a"), ("①", "1"), ("ＡＢ", "AB!"), ("Ａ", "A"), ("　", " "), ("\t", " "), ("\n", " "),
    ("\u200b", ""), ("é", "e"), ("e\u0301", "e"), ("㍿", "株式会社"), ("👍🏽", "👍"), ("½", " 1/2"),
]
WORDS = (
    "the of and to in is that it was for on are as with his they at be this from have or by one had not but what all "
    "were when we there can an your which their said if do will each about how up out them then she many some so these "
    "would other into has more her two like him see time could no make than first been its who now people my made over "
    "日本語 かな 東京 大学 Straße größer être déjà мир привет 1 2 3 12 2024 . , ! ? ( ) - 👍 e株 fi 1/2"
).split()
PIECES = WORDS + [
    " ", "  ", "   ", "\t", "\n", "ﬁ", "ＡＢ", "Ａ", "①", "　", "\u200b", "é", "e\u0301", "e\u0301\u0301", "㍿", "👍🏽", "🏽", "½",
    "ñ", "ß", "☃", "𝕏", "한국어", "�", "THE", "thethe", "\u00a0", "\u3000the", "naïve", "'s",
]
MODELS = {
    "plain": {},
    "byte fallback": {"byte_fallback": True},
    "spaces kept": {"remove_extra_whitespaces": False},
    "no space before": {"add_dummy_prefix": False, "remove_extra_whitespaces": False},
}


def train(options):
    dice = random.Random(5)
    sentences = [" ".join(dice.choice(WORDS) for _ in range(8)) for _ in range(2000)]
    model = io.BytesIO()
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        for source, target in RULES:
            rules.write("%s\t%s\n" % tuple(" ".join("%04X" % ord(char) for char in side) for side in (source, target)))
        rules.flush()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences), model_writer=model, model_type="unigram", vocab_size=600,
            normalization_rule_tsv=rules.name, hard_vocab_limit=False, minloglevel=2, **options,
        )
    return model.getvalue()


def field(message, number):
    """The bytes of a field of a protocol buffer's message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag = varint()
        size = {0: None, 1: 8, 5: 4}.get(tag & 7, -1)
        if size is None:
            varint()
            continue
        size = varint() if size < 0 else size
        if tag >> 3 == number:
            return message[at : at + size]
        at += size
    return b""


def kind(processor, piece):
    kinds = ((processor.is_unknown, 2), (processor.is_control, 3), (processor.is_unused, 5), (processor.is_byte, 6))
    return next((number for test, number in kinds if test(piece)), 1)


def main():
    dice = random.Random(7)
    texts = ["".join(dice.choice(PIECES) for _ in range(dice.randint(1, 12))) for _ in range(250)]
    # Before a text of nothing but spaces SentencePiece puts one more, llama.cpp none; ours follows the latter
    texts = [text for text in texts if text.strip(" \t\n\u3000\u200b")]
    models = []
    for name, options in MODELS.items():
        model = train(options)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        pieces = range(processor.get_piece_size())
        models.append({
            "name": name,
            "prefix": options.get("add_dummy_prefix", True),
            "merges": options.get("remove_extra_whitespaces", True),
            # ModelProto.normalizer_spec.precompiled_charsmap
            "charsmap": base64.b64encode(field(field(model, 3), 2)).decode(),
            "pieces": [
                [processor.id_to_piece(id), round(processor.get_score(id), 6), kind(processor, id)] for id in pieces
            ],
            "ids": [processor.encode(text) for text in texts],
        })
    made_with = f"sentencepiece {sentencepiece.__version__} by make-unigram.py"
    json.dump({"madeWith": made_with, "texts": texts, "models": models}, sys.stdout, ensure_ascii=False, separators=(",", ":"))


main()
