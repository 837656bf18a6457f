"""Writes a sample of each language's words with their stems by PyStemmer 3.1.

python make_stems.py >stems.json

The words are the stop words of this package and words made of the endings that
the languages have in common with their stemmers' rules, so that the sample
needs no corpus.
"""
import json
import pathlib
import random

import Stemmer

random.seed(2)
folder = pathlib.Path(__file__).parent.parent
letters = {
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءأإآؤئ", "armenian": "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ",
    "greek": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ", "hindi": "अआइईउऊएऐओऔकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसहािीुूेैोौंँ्",
    "nepali": "अआइईउऊएऐओऔकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसहािीुूेैोौंँ्", "persian": "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیآئ",
    "russian": "абвгдежзийклмнопрстуфхцчшщъыьэюяё", "serbian": "абвгдђежзијклљмнњопрстћуфхцчџшabcčćdđefghijklmnoprsštuvzž",
    "tamil": "அஆஇஈஉஊஎஏஐஒஓககஙசஞடணதநபமயரலவழளறனாிீுூெேைொோ்", "yiddish": "אבגדהוזחטיכלמנסעפצקרשתךםןףץ",
}
latin = "abcdefghijklmnopqrstuvwxyzaeiouaeioustnrläöüßáéíóúàèìòùâêîôûçñãõåæøőűšžčćđąęłżźğışõėūųĉĝĥĵŝŭ'"
result = {}
for language in Stemmer.algorithms():
    stemmer = Stemmer.Stemmer(language)
    alphabet = letters.get(language, latin)
    words = set()
    stop = folder / "stopwords" / (language + ".txt")
    if stop.exists():
        words.update(random.sample(stop.read_text(encoding="utf-8").split(), 30))
    if language not in letters:
        words.update(random.sample(pathlib.Path(folder / "stopwords" / "french.txt").read_text(encoding="utf-8").split(), 10))
    while len(words) < 120:
        words.add("".join(random.choices(alphabet, k=random.randint(1, 11))))
    words = sorted(words)
    result[language] = dict(zip(words, stemmer.stemWords(words)))
print(json.dumps(result, ensure_ascii=False, indent=0))
