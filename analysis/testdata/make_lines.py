"""Prints the lines that the golden files of this folder analyse, one JSON string a line.

python make_lines.py PATH/TO/collections >lines.jsonl
"""
import json
import pathlib
import random
import sys

random.seed(1)
lines = [
    "", " ", "The Quick brown fox's running at 3.14 don't don’t", "dogs' John's JOHN’S it＇s 's s's",
    "U.S.A. e.g. 1,000.50 1;2 a:b a.b.c x_y _ __ _a a_ a'b 'a' a''b a.1 1.a 1a.b1 3..4 C++ C# .NET",
    "foo@example.com http://a.b/c?d=e&f=g user_name@x", "Müller über Straße ŒUVRE café cafe\u0301 naïve İstanbul ıI",
    "ΟΔΟΣ ΣΑΣ Σ ΑΣ. ΑΣ'Α ΑΣ\u0301 ὈΔΥΣΣΕΎΣ", "日本語テキスト カタカナー ひらがな 漢字かな交じり文 ｶﾀｶﾅ", "한국어 텍스트 한국abc abc한국",
    "中文 分词 測試 中 a中b 中1 1中", "Привет МИР съешь ещё этих Ёж й", "ภาษาไทย ลาว", "שלום א\"ב ש'לום", "العربية مُحَمَّد كتاب",
    "हिन्दी किताबें नमस्ते", "🇩🇪🇫🇷 👍🏽 x👍y ❤️ #️⃣ 1️⃣ 👨‍👩‍👧", "½ ² ⅷ Ⅷ ① 10² x² ٣٤٥ １２３ ａｂｃ", "\u200bzero\u200dwidth a\u00adb",
    "tab\tnew\x0bline\x1cfile\x1dgroup\x1erecord\x1funit\x85next\xa0nbsp\u2003em\u3000ideo", "a-b–c—d a/b a|b (a) [b] {c} \"d\" «e»",
    "relational conditional valenci hesitanci digitizer conformabli radicalli differentli vileli analogousli",
    "vietnamization predication operator feudalism decisiveness hopefulness callousness formaliti sensitiviti sensibiliti archaeology",
    "triplicate formative formalize electriciti electrical hopeful goodness revival allowance inference airliner gyroscopic adjustable",
    "defensible irritant replacement adjustment dependent adoption homologou communism activate angulariti homologous effective bowdlerize",
    "caresses ponies ties caress cats feed agreed disabled matting mating meeting milling messing meetings conflated troubled sized hopping",
    "tanned falling hissing fizzed failing filing happy sky probate rate cease controll roll y yy by say éing éed naïvely straße's",
    "x" * 254, "y" * 255 + " z", "w" * 256, "v" * 600 + " end", "é" * 300,
    "skis dying lying tying idly gently ugly early only singly sky news howe atlas cosmos bias andes inning outing canning herring earring",
    "proceed exceed succeed evening evenings past pasted universe university organization organs emergency emerge internal inter later",
    "generate generally communal communism arsenal fluently hoped hopped luxuriated ied ties cries by say youth boyish flying",
]
words = []
for name in ("cranfield", "medline", "cacm", "time"):
    for line in open(pathlib.Path(sys.argv[1], name, "queries.jsonl"), encoding="utf-8"):
        words.append(json.loads(line)["text"])
random.shuffle(words)
lines += words[:120]
alphabet = list("aB.,'_:;-1 2 é\u0301 Σς日本ｶカひ한국яЁ\u200d\u00ad👍🇩🇪İßฟ’\"\t") + [" the ", "ing ", "'s ", " Of "]
for _ in range(150):
    lines.append("".join(random.choices(alphabet, k=random.randint(1, 24))))
for line in lines:
    print(json.dumps(line, ensure_ascii=True))
