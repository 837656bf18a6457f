#!/usr/bin/env python3
"""Writes ../tables.go: what each code point is to Hugging Face tokenizers.

The library mixes several Unicode versions (the standard library's of the Rust
that built it for lower case and white space, unicode_categories' for control,
punctuation and marks, unicode_normalization_alignments' for NFD). So nothing
is taken from a Unicode database: every code point is asked of the library
itself, and the answers are frozen in the table.

usage: tables.py | gofmt > ../tables.go
"""
import sys
import unicodedata

import tokenizers
from tokenizers import Regex, Tokenizer, AddedToken, models, normalizers, pre_tokenizers

CODES = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
HANGUL = range(0xAC00, 0xAC00 + 11172)  # decomposed by arithmetic
PAGE = 128

REMOVE, SPACE = 1, 2             # clean_text
SPLIT, PUNCT = 4, 8              # BertPreTokenizer
MARK = 16                        # nonspacing, stripped as an accent
MAPPED = 32                      # has a decomposition or a lower case
NONSTARTER = 64                  # has a canonical combining class
WORD = 128                       # \w, for single_word
LETTER, NUMBER, BLANK = 1, 2, 4  # \p{L}, \p{N} and \s of a Split's regular expression
NUMERIC = 8                      # Digits
ACCENT = 16                      # StripAccents


def bert(**options):
    defaults = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**(defaults | options)).normalize_str


def combining_classes(nfd):
    """The class of every nonstarter, found by how NFD orders it among known ones."""
    # Representatives of each class: Python's Unicode is newer than the
    # library's, so only those that the library moves behind class 1 count.
    first = "\u0334"
    known = {1: first}
    for c in CODES:
        ch = chr(c)
        v = unicodedata.combining(ch)
        if v > 1 and v not in known and nfd(ch) == ch and nfd(ch + first) == first + ch:
            known[v] = ch
    values = sorted(known)
    for lo, hi in zip(values, values[1:]):
        assert nfd(known[hi] + known[lo]) == known[lo] + known[hi], (lo, hi)
    low, high = known[values[0]], known[values[-1]]

    def swaps(a, b):
        return nfd(a + b) == b + a

    out = {}
    for c in CODES:
        ch = chr(c)
        if c in HANGUL or nfd(ch) != ch:
            continue
        if not (swaps(high, ch) or swaps(ch, low)):
            continue
        same = [v for v in values if ch == known[v] or not (swaps(ch, known[v]) or swaps(known[v], ch))]
        assert len(same) == 1, (hex(c), same)
        out[c] = same[0]
    return out


def words():
    """Which code points stop a single_word token."""
    model = models.WordPiece({"[UNK]": 0, "qqq": 1}, unk_token="[UNK]")
    t = Tokenizer(model)
    t.add_tokens([AddedToken("qqq", single_word=True, normalized=False)])
    out = set()
    for i in range(0, len(CODES), 50000):
        part = CODES[i:i + 50000]
        for c, e in zip(part, t.encode_batch([chr(c) + "qqq" for c in part])):
            if 1 not in e.ids:
                out.add(c)
    return out


def removed(pre):
    """The code points that a pre-tokenizer takes away."""
    out = set()
    for i in range(0, len(CODES), 4096):
        part = CODES[i:i + 4096]
        kept = set()
        for _, (a, b) in pre.pre_tokenize_str("".join(map(chr, part))):
            kept.update(range(a, b))
        out.update(c for k, c in enumerate(part) if k not in kept)
    return out


def patterns():
    """What code points are to regular expressions, and to Digits."""
    out = bytearray(0x110000)
    for pattern, bit in ((r"\p{L}", LETTER), (r"\p{N}", NUMBER), (r"\s", BLANK)):
        for c in removed(pre_tokenizers.Split(Regex(pattern), "removed")):
            out[c] |= bit
    digits = pre_tokenizers.Digits(individual_digits=True).pre_tokenize_str
    strip = normalizers.StripAccents().normalize_str
    for c in CODES:
        if strip(chr(c)) == "":
            out[c] |= ACCENT
        if len(digits("a" + chr(c) + "a")) == 3:
            out[c] |= NUMERIC
    return out


def compositions(nfd, nfc):
    """Which pairs NFC makes one, Hangul aside."""
    out = {}
    for c in CODES:
        ch = chr(c)
        if c in HANGUL or nfd(ch) == ch or nfc(nfd(ch)) != ch:
            continue
        parts = nfd(ch)
        first = nfc(parts[:-1])
        assert len(first) == 1 and nfc(first + parts[-1]) == ch, hex(c)
        out[ord(first), ord(parts[-1])] = c
    return out


def main():
    nfd = normalizers.NFD().normalize_str
    clean, strip, lower = bert(clean_text=True), bert(strip_accents=True), bert(lowercase=True)
    chinese = bert(handle_chinese_chars=True)
    pre = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    word = words()
    ccc = combining_classes(nfd)

    classes, decomposed, lowered, cjk = bytearray(0x110000), {}, {}, []
    for c in CODES:
        ch, k = chr(c), 0
        cleaned = clean(ch)
        if cleaned == "":
            k |= REMOVE
        elif cleaned != ch or ch == " ":
            assert cleaned == " "
            k |= SPACE
        pieces = [p for p, _ in pre("a" + ch + "b")]
        if pieces == ["a", "b"]:
            k |= SPLIT
        elif pieces == ["a", ch, "b"]:
            k |= PUNCT
        else:
            assert pieces == ["a" + ch + "b"], hex(c)
        if nfd(ch) != ch:
            k |= MAPPED
            if c not in HANGUL:
                decomposed[c] = nfd(ch)
        elif strip(ch) == "":
            k |= MARK
        if (l := lower(ch)) != ch:
            lowered[c] = l
            k |= MAPPED
        if c in ccc:
            k |= NONSTARTER
        if c in word:
            k |= WORD
        if chinese(ch) != ch:
            assert chinese(ch) == " " + ch + " "
            cjk.append(c)
        classes[c] = k
    nfc, nfkd = normalizers.NFC().normalize_str, normalizers.NFKD().normalize_str
    compatible = {c: nfkd(chr(c)) for c in CODES if nfkd(chr(c)) != nfd(chr(c))}
    write(classes, patterns(), decomposed, lowered, compatible, compositions(nfd, nfc), ccc, ranges(cjk))


def ranges(codes):
    out = []
    for c in codes:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def quote(data):
    """data as lines of Go string literals."""
    step = 48
    lines = ['"' + "".join("\\x%02x" % b for b in data[i:i + step]) + '"' for i in range(0, len(data), step)]
    return '"" +\n\t' + " +\n\t".join(lines) + "\n"


def paged(p, name, what, classes):
    pages, index = {}, bytearray()
    for i in range(0, len(classes), PAGE):
        page = bytes(classes[i:i + PAGE])
        pages.setdefault(page, len(pages))
        index.append(pages[page])
    p(f"// {name}Pages holds, for every 128 code points, the number of their page in")
    p(f"// {name}Bytes.")
    p(f"const {name}Pages = " + quote(index))
    p(f"// {name}Bytes holds {what} of each code point, page after page.")
    p(f"const {name}Bytes = " + quote(b"".join(pages)))


def write(classes, patterns, decomposed, lowered, compatible, composed, ccc, cjk):
    p = print
    p(f"// Code generated by testdata/tables.py from tokenizers {tokenizers.__version__}; DO NOT EDIT.\n")
    p("package tokenizer\n")
    paged(p, "class", "the class", classes)
    paged(p, "pattern", "the pattern class", patterns)
    p("// chineseRanges are what handle_chinese_chars sets apart.")
    p("var chineseRanges = [...][2]rune{")
    for lo, hi in cjk:
        p(f"\t{{{lo:#x}, {hi:#x}}},")
    p("}\n")
    p("// combiningRanges are the nonstarters with their canonical combining class.")
    p("var combiningRanges = [...]combiningRange{")
    runs = []
    for c in sorted(ccc):
        if runs and runs[-1][1] == c - 1 and runs[-1][2] == ccc[c]:
            runs[-1][1] = c
        else:
            runs.append([c, c, ccc[c]])
    for lo, hi, v in runs:
        p(f"\t{{{lo:#x}, {hi:#x}, {v}}},")
    p("}\n")
    for name, table, what in (("decompositions", decomposed, "the full canonical decompositions, Hangul syllables aside"),
                              ("lowerCases", lowered, "the lower cases"),
                              ("compatibles", compatible, "the full compatibility decompositions that are not canonical")):
        p(f"// {name} are {what}.")
        p(f"var {name} = [...]mapping{{")
        for c in sorted(table):
            p("\t{%#x, \"%s\"}," % (c, "".join("\\u%04x" % ord(x) if ord(x) < 0x10000 else "\\U%08x" % ord(x) for x in table[c])))
        p("}\n")
    p("// compositions are the pairs that NFC makes one, Hangul aside.")
    p("var compositions = [...]composition{")
    for (a, b), c in sorted(composed.items()):
        p(f"\t{{{a:#x}, {b:#x}, {c:#x}}},")
    p("}")
    print(f"{len(decomposed)} decompositions, {len(lowered)} lower cases, "
          f"{len(runs)} combining ranges", file=sys.stderr)


main()
