"""Prints the lines that the golden files of this folder analyse, one JSON string a line.

python make_lines.py >lines.jsonl
"""
import json
import random

random.seed(1)
lines = [
    "", " ", "The Quick brown fox's running at 3.14 don't don’t", "dogs' John's JOHN’S it＇s 's s's",
    "U.S.A. e.g. 1,000.50 1;2 a:b a.b.c x_y _ __ _a a_ a'b 'a' a''b a.1 1.a 1a.b1 3..4 C++ C# .NET",
    "foo@example.com http://a.b/c?d=e&f=g user_name@x", "Müller über Straße ŒUVRE café cafe\u0301 naïve İstanbul ıI",
    "ΟΔΟΣ ΣΑΣ Σ ΑΣ. ΑΣ'Α ΑΣ\u0301 ὈΔΥΣΣΕΎΣ", "日本語テキスト カタカナー ひらがな 漢字かな交じり文 ｶﾀｶﾅ", "한국어 텍스트 한국abc abc한국",
    "中文 分词 測試 中 a中b 中1 1中", "Привет МИР съешь ещё этих Ёж й", "ภาษาไทย ลาว", "שלום א\"ב ש'לום", "العربية مُحَمَّد كتاب",
    "हिन्दी किताबें नमस्ते", "🇩🇪🇫🇷 👍🏽 x👍y ❤️ #️⃣ 1️⃣ 👨‍👩‍👧", "🆑 🆎 🅰 ℹ", "½ ² ⅷ Ⅷ ① 10² x² ٣٤٥ １２３ ａｂｃ", "\u200bzero\u200dwidth a\u00adb",
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
lines += """
Where can I read a file line by line without loading all of it?
Why does the second request time out although the first one was answered at once?
how are vectors of different lengths compared
The committee's decision to postpone the election surprised nobody who had read its earlier statements.
What is the difference between a lease, a licence and a tenancy agreement?
Measurements of pressure and temperature behind the turbine were repeated at three altitudes.
effects of caffeine on sleeping patterns of adolescents
She hadn't been to the dentists' conference since the organisers' last-minute cancellation.
Rainfall in mountainous regions exceeds that of neighbouring valleys by 30-40 %.
Which programming languages guarantee that tail calls are optimized?
A gently sloping, singly connected surface was approximated by 1,024 triangles.
Patients with persistent headaches were examined twice: before treatment and six weeks afterwards.
the ship's crew abandoned its search for survivors on the 3rd of November
How do I undo my last commit, but keep the changes?
Theoretical predictions disagree with experiments whenever turbulence becomes important.
The company's quarterly earnings were higher than analysts' forecasts; its shares fell nevertheless.
Is it possible to generalize the previous result to non-linear systems?
mortgage rates rising faster than wages
Communists, socialists and liberals formed a coalition that nobody expected to last.
Organizations that organize organic markets
What happens to a star when its hydrogen is exhausted?
The university's universal language was, universally, coffee.
Children dying of preventable diseases; vaccines lying unused.
boundary layers over flat plates and slender cones
Can a landlord raise the rent while repairs are going on?
Cells divided rapidly, and dividing cells consumed more glucose than resting ones.
Electrical conductivity of semiconductors depends exponentially on temperature.
An operator's relational database was relationally inconsistent.
ministers' statements about the ministry's administration
e-mail addresses such as first.last@example.org are not split
He said 'never' and she said "always", as they'd always done.
The 1990s' fashions aren't today's.
Analogous structures evolved independently in birds, bats and insects.
Replacement parts for the adjustable bed are available on request.
Sensitivity, specificity and the positive predictive value of tests
To be or not to be: that isn't the question here.
No query of this kind has been answered in less than 20 ms.
The herring's earrings were an outing's canning, an inning's evening.
hopping rabbits hoped; planned planes; filing failing files; tanned taxes
Emergency exits emerged later than the lateral emergence of exits.
Past pastes pasted; haste makes waste.
Geologists' geology and archaeologists' archaeology
The ugly, early, only, idly turning wheels were controlled by controllers.
It's its. Its' is nobody's. Ours is ours.
Fluency, constancy and hesitancy are learned; frequently, apparently, decisively.
News of the Andes reached Howe's atlas; the cosmos has its own bias.
Probability of at least k successes in n independent trials
Why is the sky blue, and why are skies red in the evening?
Symbolic differentiation with respect to several variables
An exceedingly long, succeedingly shorter proceeding
""".strip().split("\n")
alphabet = list("aB.,'_:;-1 2 é\u0301 Σς日本ｶカひ한국яЁ\u200d\u00ad👍🇩🇪İßฟ’\"\t") + [" the ", "ing ", "'s ", " Of "]
for _ in range(150):
    lines.append("".join(random.choices(alphabet, k=random.randint(1, 24))))
for line in lines:
    print(json.dumps(line, ensure_ascii=True))
