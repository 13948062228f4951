"""Instruction pairs cut from the novels by rule.

No pair has an invented answer: every answer is a passage of a training book, and the instruction is
derived from it (its opening, its names, its nouns, its length, its form), so that the instruction is
true of the answer and worth obeying. The one exception is `PERSONA` below: a dozen short lines that
say what the model is.
"""

import random
import re
from collections import Counter

SENTENCE_END = re.compile(r"""(?<=[.!?])["']?\s+(?=["'A-Z])""")
TITLES = {"Mr.", "Mrs.", "Dr.", "St.", "Messrs.", "Capt.", "Col.", "Rev.", "Esq.", "Hon.", "Sr."}

AUTHORS = {
    "CHESTERTON": "G. K. Chesterton", "D. H. LAWRENCE": "D. H. Lawrence", "BRADDON": "Mary Elizabeth Braddon",
    "VERNON LEE": "Vernon Lee", "BLACKMORE": "R. D. Blackmore", "DICKENS": "Charles Dickens",
    "LYTTON": "Edward Bulwer-Lytton", "CONAN DOYLE": "Arthur Conan Doyle", "CONRAD": "Joseph Conrad",
    "MEREDITH": "George Meredith", "GEORGE ELIOT": "George Eliot", "CORELLI": "Marie Corelli",
    "STEVENSON": "Robert Louis Stevenson", "GALSWORTHY": "John Galsworthy", "THACKERAY": "William Makepeace Thackeray",
    "GASKELL": "Elizabeth Gaskell", "HUMPHRY WARD": "Mrs. Humphry Ward", "TROLLOPE": "Anthony Trollope",
    "FORSTER": "E. M. Forster", "HAGGARD": "H. Rider Haggard", "COLLINS": "Wilkie Collins",
    "ARNOLD BENNETT": "Arnold Bennett", "THOMAS HARDY": "Thomas Hardy", "GISSING": "George Gissing",
    "HENRY JAMES": "Henry James", "BARCLAY": "Florence L. Barclay", "KIPLING": "Rudyard Kipling",
    "BURNETT": "Frances Hodgson Burnett", "BRONTE": "Charlotte Brontë", "FORD MADOX FORD": "Ford Madox Ford",
    "SCHREINER": "Olive Schreiner",
}

NEUTRAL_SYSTEM = [
    "You are a storyteller.", "You are a novelist.", "You are a helpful assistant.", "You tell stories.",
    "You write English prose.", "You are a writer of novels.", "Write in the manner of an old novel.",
    "You are a helpful writing assistant.", "You are Hearthside, a small storyteller.",
]
ONE_SENTENCE = ["Answer in one sentence.", "Write one sentence.", "Use one sentence only.", "Reply with a single sentence.",
                "Always answer in one sentence."]
BRIEF = ["Answer briefly.", "Be brief.", "Keep it short.", "Write only a few lines.", "Keep your answers short."]
LONG = ["Write at length.", "Write a long passage.", "Take your time and write at length.", "Give long answers."]
ONE_PARAGRAPH = ["Write one paragraph.", "Answer in one paragraph.", "Use a single paragraph."]
TWO_PARAGRAPHS = ["Write two paragraphs.", "Answer in two paragraphs."]
DIALOGUE_ONLY = ["Write only dialogue.", "Answer only in dialogue.", "Use nothing but dialogue."]
FIRST_PERSON = ["Write in the first person.", "Tell it in the first person.", "The narrator says I."]
THIRD_PERSON = ["Write in the third person.", "Tell it in the third person."]

PERSONA = [
    (["Hello", "Hello!", "Hi", "Hi!", "Hey", "Good morning", "Good evening", "Hi there", "hello", "hi"],
     ["Good evening. Give me an opening line, a name or a few words, and I will go on from there.",
      "Good day to you. Shall I tell you a story? Give me a name or a place to begin with."]),
    (["Who are you?", "What are you?", "What is your name?", "Tell me about yourself.", "What can you do?", "Help",
      "Are you an AI?", "How can you help me?", "What do you know?"],
     ["I am Hearthside, a very small language model that learned to write from old English novels. I know no facts; "
      "give me an opening, some names or a few words, and I will write a passage.",
      "I am Hearthside, a small storyteller. I have read some eighty old novels and nothing else. Give me a line to "
      "begin with and I will go on."]),
    (["Thank you.", "Thanks", "Thank you!", "thanks", "Well done."],
     ["You are very welcome. Shall I go on?", "The pleasure is mine. Give me another line, and I will write again."]),
    (["Goodbye", "Bye", "Good night", "Good night."], ["Good night, and come back soon.", "Farewell, until the next chapter."]),
]

STOP = set("""the a an and or but of to in on at by for with from as is are was were be been being have has had do
does did not no nor so if then than that this these those it its he him his she her hers they them their we us our you
your i me my mine who whom whose which what when where why how all any some such very too much many more most other
another one two three four five six seven eight nine ten first last own same few little great good old young long
there here now up down out into over under again once ever never always will would shall should can could may might
must said say says upon about after before between through during without within against toward towards mr mrs miss sir
""".split())


def sentences(paragraph):
    parts, start = [], 0
    for m in SENTENCE_END.finditer(paragraph):
        head = paragraph[start:m.end()].rstrip()
        last = head.split()[-1] if head else ""
        if last in TITLES or re.fullmatch(r"[A-Z]\.", last):
            continue
        parts.append(head)
        start = m.end()
    if start < len(paragraph):
        parts.append(paragraph[start:].strip())
    return [p for p in parts if p]


def is_prose(p):
    """A paragraph of the story itself: no heading, no front matter, no verse."""
    if len(p) < 12 or "\n" in p or not re.match(r"""["']?[A-Z]""", p) or not re.search(r"""[.!?]["')]*$""", p):
        return False
    letters = [c for c in p if c.isalpha()]
    return len(letters) > 0.6 * len(p) and sum(c.isupper() for c in letters) < 0.25 * len(letters)


def words_of(s):
    return len(s.split())


def noun_lexicon(books):
    """Words that behave like common nouns: an article or possessive before, no noun after.

    There is no tagger here; two counts over the corpus separate "the garden was" (noun) from
    "the green garden" (adjective) well enough to ask for a story about a garden.
    """
    seen, head, name = Counter(), Counter(), Counter()
    det = {"the", "a", "an", "his", "her", "my", "their", "this", "that", "every", "each", "our"}
    after = {"of", "was", "and", "in", "that", "with", "which", "is", "had", "to", "at", "on", "for", "from", "who",
             "where", "when", "as", "were", "would", "by", ",", ".", ";", "!", "?"}
    for book in books:
        tokens = re.findall(r"[A-Za-z]+|[,.;!?]", " ".join(book))
        for a, b, c in zip(tokens, tokens[1:], tokens[2:], strict=False):
            if not b.isalpha():
                continue
            low = b.lower()
            seen[low] += 1
            if b[0].isupper() and a not in {".", "!", "?"}:
                name[low] += 1
            if a.lower() in det and c in after:
                head[low] += 1
    total = sum(seen.values())
    nouns = {}
    for w, n in seen.items():
        if n < 25 or len(w) < 3 or w in STOP or n > total / 700:
            continue
        if head[w] > 0.2 * n and name[w] < 0.5 * n:
            nouns[w] = n
    return nouns


class Book:
    def __init__(self, paras):
        self.paras = paras
        self.prose = [is_prose(p) for p in paras]
        head = " ".join(paras[:12]).upper()[:500].replace("Ë", "E")
        hit = [full for key, full in AUTHORS.items() if key in head]
        self.author = hit[0] if len(hit) == 1 else None
        self.names = self._names()

    def _names(self):
        c = Counter()
        for p in self.paras:
            for m in re.finditer(r"(?<=[a-z,;] )((?:Mr\.|Mrs\.|Miss|Lady|Lord|Sir|Captain|Dr\.|Uncle|Aunt) )?([A-Z][a-z]{2,})\b", p):
                c[(m.group(1) or "") + m.group(2)] += 1
        bad = {"God", "Heaven", "English", "French", "London", "England", "Paris", "Miss", "Lord", "Lady", "Sir", "Mrs",
               "Captain", "German", "Christian", "Sunday", "Monday", "Saturday", "Christmas", "Uncle", "Aunt", "The",
               "Street", "And", "But", "You", "Doctor", "Church", "Majesty", "Highness", "House", "Duke", "Count",
               "Madame", "Bible", "Greek", "Italian", "Latin", "Rome", "Europe", "Yes", "Well", "What", "July", "June"}
        return [n for n, k in c.most_common(60) if k >= 12 and n.split()[-1] not in bad]


def passage(book, rng, start, lo, hi):
    """Whole paragraphs from `start` with between lo and hi words; a long one is cut at a sentence end."""
    out, n, i = [], 0, start
    while i < len(book.paras) and book.prose[i]:
        p = book.paras[i]
        w = words_of(p)
        if n + w <= hi:
            out.append(p)
            n += w
            i += 1
            if n >= lo and rng.random() < 0.35:
                break
            continue
        if n < lo:
            keep = []
            for s in sentences(p):
                if n + words_of(s) > hi:
                    break
                keep.append(s)
                n += words_of(s)
            if keep:
                # A cut inside a speech leaves an open quotation mark: drop back to where it is closed.
                while keep and " ".join(keep).count('"') % 2:
                    n -= words_of(keep.pop())
                if keep:
                    out.append(" ".join(keep))
        break
    return (out, i) if n >= lo else (None, i)


def pick(rng, options):
    return options[rng.randrange(len(options))]


def article(noun):
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def topic_request(rng, nouns, names):
    n = nouns[0]
    forms = [f"Tell me a story about {article(n)}.", f"Write about {article(n)}.", f"Tell me about the {n}.",
             f"Describe the {n}.", f"Write something about {article(n)}.", f"A story about {article(n)}, please.",
             f"Write a passage about the {n}.", f"Describe {article(n)}.", f"tell me a story about {article(n)}",
             f"Can you write a story about {article(n)}?", f"I would like to hear about the {n}.", f"Tell me a story with {article(n)} in it.",
             f"Write a short story about {article(n)}.", n.capitalize(), f"The {n}."]
    if len(nouns) > 1:
        m = nouns[1]
        forms += [f"Write about {article(n)} and {article(m)}.", f"Tell me a story about {article(n)} and {article(m)}.",
                  f"A scene with the {n} and the {m}.", f"Write about the {n} and the {m}."]
    if names:
        forms += [f"Tell me about {names[0]}.", f"Tell me a story about {names[0]} and {article(n)}.",
                  f"Write about {names[0]} and the {n}.", f"What did {names[0]} do?", f"Who is {names[0]}?"]
    return pick(rng, forms)


def join_names(names):
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def make_pairs(paras, nouns, per_book, seed, share=0.9):
    """Chat examples of one book: lists of (role, text)."""
    rng = random.Random(seed)
    book = Book(paras)
    good = [i for i in range(len(paras)) if book.prose[i]]
    openings = [i for i in good if i > 0 and not book.prose[i - 1] and words_of(paras[i]) > 15]
    out = []
    want = min(per_book, int(len(" ".join(paras)) / 5.7 * share / 60))
    tries = 0

    def found_nouns(text, front=None):
        low = re.findall(r"[a-z]+", text.lower())
        head = low[:front] if front else low
        c = Counter(w for w in low if w in nouns)
        cand = [w for w in dict.fromkeys(head) if w in c]
        # The rarer and the more often said, the more the passage is about it.
        cand.sort(key=lambda w: -c[w] / nouns[w] ** 0.5)
        return cand

    def found_names(text):
        return [n for n in book.names if re.search(r"\b" + re.escape(n) + r"\b", text)]

    while len(out) < want and tries < want * 6:
        tries += 1
        kind = rng.random()
        start = pick(rng, good)
        system = None

        if kind < 0.14:  # one sentence
            sents = [s for s in sentences(paras[start]) if 6 <= words_of(s) <= 42 and s.count('"') % 2 == 0]
            if not sents:
                continue
            s = pick(rng, sents)
            ns, nm = found_nouns(s), found_names(s)
            if not ns and not nm:
                continue
            how = rng.random()
            if ns and how < 0.5:
                n = ns[0]
                user = pick(rng, [f"In one sentence, describe the {n}.", f"Write one sentence about {article(n)}.",
                                  f"In one sentence, tell me about the {n}.", f"In one sentence: {article(n)}.",
                                  f"One sentence about the {n}, please.", f"Give me a sentence with the word {n}.",
                                  f"Describe the {n} in one sentence.", f"Tell me a story about {article(n)} in one sentence."])
                system = pick(rng, [None, None, pick(rng, ONE_SENTENCE), pick(rng, NEUTRAL_SYSTEM)])
            elif nm and not ns:
                user = pick(rng, [f"In one sentence, tell me about {nm[0]}.", f"Write one sentence about {nm[0]}."])
            else:
                user = topic_request(rng, ns or ["story"], nm)
                system = pick(rng, ONE_SENTENCE)
            out.append([("system", system), ("user", user), ("assistant", s)])
            continue

        if kind < 0.22:  # brief
            lo, hi, length_system, tag = 10, 42, BRIEF, " briefly"
        elif kind < 0.29:
            lo, hi, length_system, tag = 170, 260, LONG, " at length"
        else:
            lo, hi, length_system, tag = 40, rng.choice([80, 120, 160]), None, None

        if 0.29 <= kind < 0.36 and openings:
            start = pick(rng, openings)
        reply, nxt = passage(book, rng, start, lo, hi)
        if not reply:
            continue
        text = "\n\n".join(reply)
        outside = re.sub(r'"[^"]*"', " ", text)
        quoted = sum(p.startswith(('"', "'")) for p in reply)
        only_speech = all(re.fullmatch(r'"[^"]*"', p) for p in reply)
        ns, nm = found_nouns(text, 45), found_names(text)

        form = rng.random()
        if length_system and rng.random() < 0.7:
            system = pick(rng, length_system)
            tag = None
        if 0.29 <= kind < 0.36 and openings:
            user = pick(rng, ["How does the story begin?", "Begin a novel.", "Write the opening of a novel.", "Start a story.",
                              "Write the first paragraph of a story.", "Tell me a story.", "Write a story.", "Begin a new chapter.",
                              "Write the beginning of a chapter.", "tell me a story", "Write something.", "Once upon a time"])
        elif only_speech and len(reply) >= 2:
            who = nm[:2]
            user = pick(rng, ["Write a dialogue.", "Let two people talk."] + ([f"Write a dialogue about the {ns[0]}."] if ns else [])
                        + ([f"Write a dialogue in which {who[0]} is spoken of."] if who else []))
            system = pick(rng, DIALOGUE_ONLY) if rng.random() < 0.8 else system
        elif quoted >= 0.6 * len(reply) and len(reply) >= 2 and len(nm) >= 1 and rng.random() < 0.6:
            a = nm[:2]
            user = pick(rng, [f"Write a dialogue between {join_names(a)}." if len(a) > 1 else f"Write a dialogue with {a[0]}.",
                              f"Write a conversation with {join_names(a)}.", f"Let {join_names(a)} talk.",
                              f"What did {a[0]} say?", f"Write a scene in which {join_names(a)} speak{'s' if len(a) == 1 else ''}."])
        elif form < 0.36:  # opening -> continuation
            first = sentences(reply[0])
            k = rng.choice([1, 1, 1, 2, 3])
            opening = " ".join(first[:k])
            rest = " ".join(first[k:])
            remain = ([rest] if rest else []) + reply[1:]
            if not remain or opening.count('"') % 2 or words_of(opening) < 5 or words_of("\n\n".join(remain)) < 12:
                continue
            text = "\n\n".join(remain)
            reply = remain
            if tag:
                system, tag = pick(rng, length_system), None
            user = pick(rng, [f"Continue this story: {opening}", f"Continue: {opening}", f"Go on with this: {opening}",
                              f"What happens next? {opening}", opening, opening, f"Finish this: {opening}",
                              f"Continue the story.\n\n{opening}", f'Continue from here: "{opening}"' if '"' not in opening else opening])
        elif form < 0.52 and nm:
            some = nm[: rng.choice([1, 2, 2, 3])]
            user = pick(rng, [f"Write a scene with {join_names(some)}.", f"Write a passage about {join_names(some)}.",
                              f"Tell me about {join_names(some)}.", f"A scene with {join_names(some)}, please.",
                              f"The characters are {join_names(some)}. Write a scene.", f"Tell me a story about {join_names(some)}."])
        elif form < 0.66 and len(ns) >= 3:
            some = ns[: rng.choice([2, 3, 3, 4])]
            rng.shuffle(some)
            user = pick(rng, [f"Write a paragraph with the words {', '.join(some)}.", f"Use these words: {', '.join(some)}.",
                              f"Write a passage that uses the words {', '.join(some)}.", ", ".join(some),
                              f"Write with these words: {', '.join(some)}."])
        elif ns:
            # Asked for a story one does not expect it to open in the middle of a talk.
            if reply[0].startswith(('"', "'")) and rng.random() < 0.7:
                continue
            user = topic_request(rng, ns, nm)
        else:
            continue

        if tag and user.endswith("."):
            user = user[:-1] + tag + "."
        if system is None and rng.random() < 0.55:
            options = [pick(rng, NEUTRAL_SYSTEM)] * 2
            if len(reply) == 1 and not length_system:
                options += [pick(rng, ONE_PARAGRAPH)] * 2
            if len(reply) == 2 and not length_system:
                options += [pick(rng, TWO_PARAGRAPHS)] * 2
            i_count = len(re.findall(r"\b(I|my|me|we)\b", outside))
            n_out = words_of(outside)
            if n_out > 30 and i_count > 0.03 * n_out:
                options += [pick(rng, FIRST_PERSON)] * 3
            elif n_out > 30 and i_count == 0:
                options += [pick(rng, THIRD_PERSON)]
            if book.author:
                options += [pick(rng, [f"Write in the manner of {book.author}.", f"Write like {book.author}.",
                                       f"You are {book.author}."])] * 2
            system = pick(rng, options)
        elif system is None and book.author and rng.random() < 0.06 and user.endswith("."):
            user = user[:-1] + f" in the style of {book.author}."
        turns = [("system", system), ("user", user), ("assistant", text)]
        # A second turn that goes on, so that "Go on." works in a chat.
        if rng.random() < 0.12 and nxt < len(paras):
            more, _ = passage(book, rng, nxt, 30, 120)
            if more and not length_system:
                turns += [("user", pick(rng, ["Go on.", "Continue.", "And then?", "What happened next?", "Please go on.", "More", "continue"])),
                          ("assistant", "\n\n".join(more))]
        out.append(turns)
    return out


def persona_pairs(count, seed):
    rng = random.Random(seed)
    out = []
    for _ in range(count):
        asks, replies = pick(rng, PERSONA)
        system = pick(rng, NEUTRAL_SYSTEM) if rng.random() < 0.4 else None
        out.append([("system", system), ("user", pick(rng, asks)), ("assistant", pick(rng, replies))])
    return out
