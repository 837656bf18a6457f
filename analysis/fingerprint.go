package analysis

import (
	"crypto/sha256"
	_ "embed" // for the probe
	"encoding/binary"
	"encoding/hex"
)

// The probe is what a fingerprint is taken of: inflected words of every
// language that has a stemmer, and what filters and splitters care about.
//
//go:embed probe.txt
var probe string

// probeInvisible is the part of the probe that no editor would show: format
// characters, selectors, marks apart from their letters, bytes that are no UTF-8.
const probeInvisible = "co\u00adoperation al\u200epha be\u200fta ga\ufeffmma del\u2060ta zero\u200bwidth a\u200cb c\u200dd " +
	"کتاب\u200cها می\u200cخواهم \u2764 \u2764\ufe0f #\ufe0f\u20e3 \U0001F44D\U0001F3FD \U0001F468\u200d\U0001F469\u200d\U0001F467 " +
	"葛\U000E0100城 cafe\u0301 I\u0307STANBUL i\u0307 \u1112\u1161\u11ab X\u0308\u0323 \U0001D4B3 \U0001D7D8 \U00010400 \xff x\xc3y"

// Fingerprint returns a short name of what the analyzer does, 16 hexadecimal
// digits: a hash of its specification and of the terms, with their places, that
// it makes of a fixed text in many scripts and of its own stop words. Two
// analyzers of one specification that this program made have the same one; an
// analyzer of another version of the program whose stemmer, folding or stop
// words differ has another.
//
// An index is good for queries only as long as both meet the same analysis, so
// whoever stores the [Analyzer.Name] beside terms stores the fingerprint too,
// and compares it with that of [New] of the name when the terms are opened:
//
//	a, err := analysis.New(stored.Analyzer)
//	…
//	if a.Fingerprint() != stored.Fingerprint {
//		return fmt.Errorf("the analyzer %q works differently now: index again", a.Name())
//	}
//
// It is computed when it is first asked for, in about a millisecond.
func (a *Analyzer) Fingerprint() string {
	a.fingerprint.once.Do(func() { a.fingerprint.hash = a.takeFingerprint() })
	return a.fingerprint.hash
}

func (a *Analyzer) takeFingerprint() string {
	h := sha256.New()
	var record []byte
	h.Write(append([]byte(a.spec), 0))
	for _, text := range append([]string{probe, probeInvisible}, a.stopWords...) {
		for t := range a.All(text) {
			record = binary.AppendUvarint(record[:0], uint64(t.Start))
			record = binary.AppendUvarint(record, uint64(t.End))
			record = binary.AppendUvarint(record, uint64(t.Position))
			record = binary.AppendUvarint(record, uint64(len(t.Term)))
			h.Write(append(record, t.Term...))
		}
		h.Write([]byte{0xff})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
