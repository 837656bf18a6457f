package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
)

func TestParsePage(t *testing.T) {
	p := parsePage(`.\" a comment
.TH LS 1
.SH NAME
ls \- shows what is in a \fBfolder\fP
.SH TEXT
.B ls
.PP
shows \(em by name \- what is there
`)
	if p.purpose != "shows what is in a folder" || p.text != "TEXT\nls\nshows — by name - what is there\n" {
		t.Errorf("%q, %q", p.purpose, p.text)
	}
	if p := parsePage(".so man1/ls.1\n"); p.purpose != "" || p.text != "" {
		t.Errorf("%+v", p)
	}
}

// TestLanguages holds which languages are told from English, over translated manual pages.
func TestLanguages(t *testing.T) {
	if os.Getenv("RERANK_SLOW") == "" {
		t.Skip("RERANK_SLOW is not set: unpacking hundreds of manual pages takes seconds")
	}
	manuals := testenv.Manuals(t)
	j, err := newJudge()
	if err != nil {
		t.Fatal(err)
	}
	for language, told := range map[string]bool{
		"ru": true, "uk": true, "ja": true, "zh_CN": true, "fr": false, "es": false, "it": false, "cs": false, "hu": false, "nl": false, "sv": false,
	} {
		pages, err := readPages(filepath.Join(manuals, language), 70)
		if err != nil || len(pages) < 70 {
			t.Errorf("%s: %d pages, %v", language, len(pages), err)
			continue
		}
		foreign := 0
		for _, p := range pages {
			if ids, _, _ := j.tokens.Append(nil, nil, p.purpose, window); j.vocabulary.ForeignQuery(p.purpose, ids) {
				foreign++
			}
		}
		if told && foreign < 65 || !told && foreign > 0 {
			t.Errorf("%s: %d of 70 questions are taken for foreign", language, foreign)
		}
	}
}
