"""Reading and normalising the corpus.

The corpus is one xz file of UTF-8 text, books separated by a line with a form feed. The books came
from different transcribers: some are hard-wrapped with a blank line between paragraphs, some are
hard-wrapped with no blank line at all, some hold one paragraph per line. Everything is brought to
one shape here: a book is a list of paragraphs, a paragraph is one line (verse keeps its line breaks).
"""

import lzma
import re

# Letters that a wrong code page left in the source, and typography that would only split the
# statistics of a small vocabulary.
_LETTERS = str.maketrans({
    "\u00a0": " ", "\t": " ", "\r": "\n",
    "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"',
    "ť": "é", "š": "ä", "Ű": "ô", "Ų": "ö", "Ž": "ë",
})


def read_books(path):
    """The books of a corpus file, each as one string."""
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as f:
        parts = f.read().split("\f")
    # One transcription has a form feed at every page, so that its pages look like books of about
    # 1600 characters. No real book is that short: runs of such pages are joined again.
    books, pages = [], []
    for part in parts:
        if len(part) < 3000:
            pages.append(part.strip("\n"))
            continue
        if pages:
            books.append("\n".join(pages))
            pages = []
        books.append(part)
    if pages:
        books.append("\n".join(pages))
    return books


def _clean_line(line):
    return re.sub(r" (?=[,;.!?])", "", re.sub(r" +", " ", line)).strip()


def _clean_chars(text):
    text = text.translate(_LETTERS)
    text = re.sub(r"í(?![a-z])", "'", text)
    text = text.replace('h"tel', "hôtel").replace('H"TEL', "HÔTEL").replace('H"tel', "Hôtel")
    text = re.sub(r" ?(?:--+|[—–]) ?", " - ", text)
    text = re.sub(r"\b_|_\b", "", text)
    # "don't  know": the source often doubles the space after n't; _clean_line folds it.
    return text


def _join(lines, wrap):
    """Lines of one paragraph as one line; verse and letter heads stay broken."""
    lines = [x for x in (_clean_line(x) for x in lines) if x]
    capitals = sum(bool(re.match(r"""["'(]?[A-Z]""", x)) for x in lines)
    if len(lines) >= 2 and max(map(len, lines)) < min(50, 0.78 * wrap) and capitals > 0.7 * len(lines):
        return "\n".join(lines)
    return " ".join(lines)


def paragraphs(book):
    """The paragraphs of a book, whatever way it was transcribed."""
    lines = [x.rstrip() for x in _clean_chars(book).split("\n")]
    full = [x for x in lines if x.strip()]
    total = sum(map(len, full))
    one_per_line = sum(len(x) for x in full if len(x) > 120) / max(1, total) > 0.3
    blank_share = 1 - len(full) / max(1, len(lines))
    out = []
    if one_per_line:
        out = [_clean_line(x) for x in full]
    else:
        wrap = sorted(map(len, full))[int(len(full) * 0.9)]
        has_blanks = blank_share > 0.02
        # Where blank lines are missing or rare, a paragraph ends at a line that stops early: the next
        # line's first word would still have fitted.
        guess = blank_share < 0.08
        block = []
        for i, line in enumerate(lines):
            if not line.strip():
                if block:
                    out.append(_join(block, wrap))
                    block = []
                continue
            block.append(line)
            if guess and i + 1 < len(lines) and lines[i + 1].strip():
                first = lines[i + 1].split()[0]
                ends = re.search(r"""[.!?:;"')\]]$|^[A-Z0-9 .,'"-]+$""", line.strip())
                if ends and len(line) + 1 + len(first) < wrap - (4 if has_blanks else 2):
                    out.append(_join(block, wrap))
                    block = []
        if block:
            out.append(_join(block, wrap))
    # A page break inside a sentence: no end mark before it, a small letter after it.
    joined = []
    for p in out:
        if not p:
            continue
        if joined and re.match(r"[a-z]", p) and re.search(r"[A-Za-z,;-]$", joined[-1]) and len(joined[-1]) > 40:
            joined[-1] += " " + p
        else:
            joined.append(p)
    return joined


def normalised(book):
    """A book as text: paragraphs with a blank line between them."""
    return "\n\n".join(paragraphs(book))
