"""Writes a sample of each language's words with their stems by Snowball.

python make_stems.py PATH/TO/manuals >stems.json

English and Indonesian, which we stem ourselves, are stemmed by PyStemmer 3.1. The other languages are stemmed by
snowballstemmer 1.9.0, which is of the age of the Go module: the two agree on the
words of every language, as long as these keep to its own letters (French ï and
ë apart). Romanian is given the letters that both know. The words come from translated manual pages, as Debian's manpages-*
unpack; where there are none, from the lists below.
"""
import gzip
import json
import pathlib
import random
import re
import sys

import snowballstemmer
import Stemmer

random.seed(2)
english = """
sky skies skis news howe atlas cosmos bias andes idly gently ugly early only singly 'sky skis's
as by y yy yes say enjoy boy youth cry cries tie ties dies tied died hied ied ies lies die buys employment
caresses misses cried cat's' gas this kiwis gaps cats cactus kiss us s's o'clock o'clock's dogs' 'quoted' 's's''s
agreed feed freed proceed exceed succeed proceedly succeeds agreedly exceeding deed bleed
plastered bled markedly motoring sing singingly string luxuriated luxuriating troubled sized hopping hopped hoping hoped
add adding added egged egging offing erred inning innings outing outings canning herring herrings earring evening evenings eveningly
dying lying tying vying dyings flying filing failing fizzed tanned ebbed webbed hugging begging fitted swimming stirring planned
past pasted pastes pasting paste outpaste pastely universe universal university universally
general generate generation generous generically communal communism commune arsenal arsenic later lateral laterally
emergency emerge emergent organ organize organic organization inter interest internal international interment
relational rational conditional valenci hesitancy fluency constancy reliably probably apparently differently digitizer
vietnamization predication operator feudalism formality decisively analogously hopefulness callousness decisiveness
sensitivity sensibility possibly geologist geology apologist analogist hopefully carefully helplessly endlessly
quickly sadly freely largely roughly weekly calmly openly clearly hotly nimbly wily july
nationalize rationally traditionally exceptionally triplicate electricity electrical hopeful goodness formative ative native
revival allowance inference airliner gyroscopic adjustable defensible irritant replacement adjustment dependent
adoption decision communication homologous activate angularity effective bowdlerize atheism religion union
probate rate cease controlling controlled rolling roll fall parallel skill hall distill excel
bow know tax boxed flowed rowed bowing axed axing eyed eyeing eying ow owed bed bedded
xylem yacht yield sayyid naïve naïvely éed éing cafés 日本s ящiked жжing yay yays
""".split()
lists = {
    "arabic": "الكتاب كتب كتابهم والمدرسة مدرسون المدرسات يكتبون مكتبة بالقلم فالطالب طالبات معلمين أحمد إسلام مكتوبة سيكتبون كتابنا بيوتكم",
    "irish": "leabhar leabhair leabharlann páistí gcathair bhfuinneog athair hathair fuinneoga scríbhneoir scríbhneoireacht oideachas bliain blianta daoine",
    "tamil": "புத்தகம் புத்தகங்கள் புத்தகங்களை குழந்தைகள் படித்தார்கள் மரம் மரங்கள் வீட்டில் வீடுகள் நாடுகளில் தமிழில் பாடல்கள் எழுதினான் பள்ளிக்கு",
}
folders = {
    "danish": "da", "dutch": "nl", "finnish": "fi", "french": "fr", "german": "de", "hungarian": "hu", "indonesian": "id", "italian": "it", "norwegian": "nb",
    "portuguese": "pt_BR", "romanian": "ro", "russian": "ru", "spanish": "es", "swedish": "sv", "turkish": "tr",
}
letters = {
    "danish": "æøå", "dutch": "éèëïöü", "finnish": "äö", "french": "âàçéêèîôûù", "german": "äöüß", "hungarian": "áéíóöőúüű", "indonesian": "", "italian": "àèéìòù",
    "norwegian": "æøå", "portuguese": "áâãàçéêíóôõú", "romanian": "ăâîşţșț", "spanish": "áéíñóúü", "swedish": "äåö", "turkish": "çğıöşü",
}

cedillas = str.maketrans("șț", "şţ")


def words_of(language):
    if language in lists:
        return lists[language].split()
    alphabet = "[а-яё]" if language == "russian" else "[a-z" + letters[language] + "]"
    words = set()
    for page in sorted(pathlib.Path(sys.argv[1], folders[language]).rglob("*.gz")):
        text = gzip.open(page).read().decode("utf-8", "replace").lower()
        words.update(re.findall(r"(?<![\w'’\\-])" + alphabet + r"{4,20}(?![\w'’-])", text))
    return random.sample(sorted(words), 150)


stems = {"english": dict(zip(english, Stemmer.Stemmer("english").stemWords(english)))}
for language in sorted(lists | folders):
    if language == "indonesian":
        stemmer = Stemmer.Stemmer(language)
    else:
        stemmer = snowballstemmer._languages[language]()  # not PyStemmer, which it takes where it can
    stems[language] = {word: stemmer.stemWord(word.translate(cedillas)) for word in words_of(language)}
print(json.dumps(stems, ensure_ascii=False, indent=0))
