package dataset

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/flashrerank/rerank"
)

// AppendDocument appends a document as the line of JSON, with its end, that
// [JSONL] reads back as an equal document: times and numbers that JSON does not
// have are written as [rerank.Value] reads them, and a Meta that is not the JSON
// of one line as {"$bytes": "…"} in base64. What is not UTF-8 becomes U+FFFD;
// repaired tells so. What no line can hold is an error: two fields of one name, or
// more than [MaxLine] bytes.
func AppendDocument(b []byte, d rerank.Document) (_ []byte, repaired bool, err error) {
	start := len(b)
	b = append(b, `{"_id":`...)
	b, repaired = appendString(b, d.ID, repaired)
	if d.Title != "" {
		b = append(b, `,"title":`...)
		b, repaired = appendString(b, d.Title, repaired)
	}
	b = append(b, `,"text":`...)
	b, repaired = appendString(b, d.Text, repaired)
	if len(d.Fields) > 0 {
		b = append(b, `,"fields":`...)
		if b, repaired, err = appendFields(b, d.Fields, repaired); err != nil {
			return b[:start], false, fmt.Errorf("document %q: %w", d.ID, err)
		}
	}
	if d.Meta != nil {
		b = append(b, `,"meta":`...)
		b = appendMeta(b, d.Meta)
	}
	b = append(b, "}\n"...)
	if n := len(b) - start; n > MaxLine {
		return b[:start], false, fmt.Errorf("document %q: a line of %d bytes; at most %d can be read", d.ID, n, MaxLine)
	}
	return b, repaired, nil
}

// appendString appends a JSON string, in which only what must be is escaped.
func appendString(b []byte, s string, repaired bool) ([]byte, bool) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string can always be written
	return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...), repaired || !utf8.ValidString(s)
}

func appendFields(b []byte, fields rerank.Fields, repaired bool) (_ []byte, _ bool, err error) {
	seen := make(map[string]bool, len(fields))
	b = append(b, '{')
	for i, f := range fields {
		if seen[f.Name] {
			return b, repaired, fmt.Errorf("field %q appears twice", f.Name)
		}
		seen[f.Name] = true
		if i > 0 {
			b = append(b, ',')
		}
		b, repaired = appendString(b, f.Name, repaired)
		b = append(b, ':')
		if b, repaired, err = appendValue(b, f.Value, repaired); err != nil {
			return b, repaired, fmt.Errorf("field %q: %w", f.Name, err)
		}
	}
	return append(b, '}'), repaired, nil
}

func appendValue(b []byte, v rerank.Value, repaired bool) (_ []byte, _ bool, err error) {
	switch v.Kind() {
	case rerank.KindText:
		b, repaired = appendString(b, v.Text(), repaired)
		return b, repaired, nil
	case rerank.KindTime:
		text, err := v.Time().MarshalText()
		return append(append(append(b, `{"$time":"`...), text...), `"}`...), repaired, err
	case rerank.KindNumber:
		if x := v.Number(); math.IsNaN(x) || math.IsInf(x, 0) {
			return append(append(append(b, `{"$number":"`...), strconv.FormatFloat(x, 'f', -1, 64)...), `"}`...), repaired, nil
		}
	case rerank.KindList:
		b = append(b, '[')
		for i, e := range v.List() {
			if i > 0 {
				b = append(b, ',')
			}
			if b, repaired, err = appendValue(b, e, repaired); err != nil {
				return b, repaired, err
			}
		}
		return append(b, ']'), repaired, nil
	}
	text, err := v.MarshalJSON()
	return append(b, text...), repaired, err
}

// bytesKey marks a Meta that is not JSON.
const bytesKey = "$bytes"

func appendMeta(b, meta []byte) []byte {
	if json.Valid(meta) && !bytes.ContainsAny(meta, "\n\r") && utf8.Valid(meta) && !bytes.Equal(meta, []byte("null")) &&
		bytes.Equal(meta, bytes.TrimSpace(meta)) && !bytes.Contains(meta, []byte(bytesKey)) {
		return append(b, meta...)
	}
	b = append(b, `{"`+bytesKey+`":"`...)
	b = base64.StdEncoding.AppendEncode(b, meta)
	return append(b, `"}`...)
}

// parseMeta returns the Meta that a member "meta" stands for.
func parseMeta(raw []byte) ([]byte, error) {
	var members map[string]json.RawMessage
	if !bytes.Contains(raw, []byte(bytesKey)) || json.Unmarshal(raw, &members) != nil || len(members) != 1 || members[bytesKey] == nil {
		return bytes.Clone(raw), nil
	}
	meta := []byte{}
	if err := json.Unmarshal(members[bytesKey], &meta); err != nil {
		return nil, fmt.Errorf("%s: %w", bytesKey, err)
	}
	return meta, nil
}
