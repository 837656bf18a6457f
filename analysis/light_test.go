package analysis_test

import (
	"slices"
	"strings"
	"testing"
)

// TestLightStemmers: the forms of a word have one stem, which other words do not
// have. Normalization comes first, as in the presets.
func TestLightStemmers(t *testing.T) {
	for language, words := range map[string][]string{
		"czech": {
			"hrad hradu hradem hrady hradů hradům hradech", "žena ženy ženě ženu ženou ženám ženách", "ruka ruky ruce ruku rukou rukama",
			"aplikace aplikaci aplikací aplikacím aplikacích aplikacemi", "praha prahy praze prahu prahou", "kuřata kuřatech kuřatům", "bratr bratra bratrem bratrovi bratrův",
			"český česká české českého českému čeští", "německý německá němečtí",
			"jeden", "pes", "les",
		},
		"hindi": {
			"किताब किताबें किताबों", "लड़का लड़के लड़कों लड़की लड़कियों लड़कियाँ", "भाषा भाषाएं भाषाओं", "चलना चलता चलती चलते", "घर घरों", "पानी", "में",
		},
		"indonesian": {
			"baca membaca dibaca bacalah bacakah terbaca", "minum diminum terminum minumlah minuman", "pukul memukul dipukul pemukul", "sapu menyapu penyapu",
			"perintah memerintahkan perintahnya", "makan dimakan makanan makanlah", "buku bukuku bukumu bukunya", "ajar belajar pelajar mengajar diajari", "main bermain dimainkan permainan",
			"terbaik", "rumah",
		},
	} {
		a := analyzer(t, language)
		stems := map[string]string{}
		for _, forms := range words {
			terms := slices.Compact(slices.Sorted(slices.Values(a.Terms(forms))))
			if len(terms) != 1 {
				t.Errorf("%s: %s have the stems %q", language, forms, terms)
			}
			for _, stem := range terms {
				if stems[stem] != "" {
					t.Errorf("%s: %q is the stem of %q and %q", language, stem, forms, stems[stem])
				}
				stems[stem] = forms
			}
		}
		if !a.Stems() {
			t.Errorf("%s: Stems is false", language)
		}
	}
}

// TestLightStemmersLeaveNothingEmpty: whatever the word, something is left of it.
func TestLightStemmersLeaveNothingEmpty(t *testing.T) {
	for _, language := range []string{"czech", "hindi", "indonesian"} {
		a := analyzer(t, "space|light:"+language)
		for _, letters := range []string{"aeiích", "ckmnpů", "merpynag", "बकिाेंओए"} {
			words := spelled(letters, 5)
			if got := len(a.Terms(strings.Join(words, " "))); got != len(words) {
				t.Errorf("%s: %d stems of %d words", language, got, len(words))
			}
		}
	}
}
