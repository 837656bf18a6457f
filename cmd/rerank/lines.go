package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/internal/exactjson"
)

// Limits of the filter, which keeps its input in memory.
const (
	maxSortBytes = 1 << 30
	maxSortLines = 1_000_000
)

// byteOrderMark may begin what editors on Windows have saved.
var byteOrderMark = []byte("\ufeff")

// record is one line of the input of the filter: its bytes as they came, with
// the line end if it had one, and the text in it that is judged.
type record struct {
	raw  []byte
	text string
}

// readRecords reads lines, and finds the text in them once it is known what
// they are. needJSON refuses other lines than those of JSON.
func readRecords(r io.Reader, form lineForm, fields []string, needJSON bool) ([]record, error) {
	var records []record
	size := 0
	for br := bufio.NewReaderSize(r, 1<<16); ; {
		raw, err := readLine(br, maxSortBytes-size)
		size += len(raw)
		switch {
		case errors.Is(err, errTooLong):
			return nil, fmt.Errorf("standard input: more than %s; the filter keeps its input in memory: use an index", bytesize(maxSortBytes))
		case len(raw) > 0 && len(records) == maxSortLines:
			return nil, fmt.Errorf("standard input: more than %s lines; the filter keeps its input in memory: use an index", count.Thousands(maxSortLines))
		case len(raw) > 0:
			records = append(records, record{raw: raw})
		}
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
	}
	if form == formUnknown {
		form = detect(records)
	}
	if needJSON && form != formJSON && len(records) > 0 {
		return nil, usagef("--field has no effect on lines that are not JSON: the first begins with %.20q", strings.TrimSpace(string(records[0].raw)))
	}
	for i := range records {
		line := bytes.TrimRight(records[i].raw, "\r\n")
		if i == 0 {
			line = bytes.TrimPrefix(line, byteOrderMark)
		}
		if form != formJSON {
			records[i].text = strings.ToValidUTF8(string(line), "\ufffd")
			continue
		}
		text, err := jsonText(line, fields)
		if err != nil {
			return nil, fmt.Errorf("standard input:%d: %w", i+1, err)
		}
		records[i].text = text
	}
	return records, nil
}

var errTooLong = errors.New("too long")

// readLine reads up to and with the next line feed, but not more than limit
// bytes.
func readLine(br *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	for {
		part, err := br.ReadSlice('\n')
		if len(line)+len(part) > limit {
			return nil, errTooLong
		}
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// lineForm is what the lines of the filter's input are.
type lineForm int

const (
	formUnknown lineForm = iota
	formText
	formJSON
)

// detect takes the input for JSON lines if the first line that is not blank
// begins with a brace.
func detect(records []record) lineForm {
	for _, r := range records {
		if line := bytes.TrimSpace(bytes.TrimPrefix(r.raw, byteOrderMark)); len(line) > 0 {
			if line[0] == '{' {
				return formJSON
			}
			break
		}
	}
	return formText
}

// jsonText joins the named members of a JSON object; a blank line has no text.
func jsonText(line []byte, fields []string) (string, error) {
	if len(bytes.TrimSpace(line)) == 0 {
		return "", nil
	}
	found := make([][]byte, len(fields))
	there := false
	err := exactjson.Members(line, func(name string, value []byte) error {
		if i := slices.Index(fields, name); i >= 0 {
			found[i], there = value, true
		}
		return nil
	})
	switch {
	case err != nil:
		return "", err
	case !there:
		return "", fmt.Errorf("none of the members %s; name the right ones with --field", strings.Join(fields, ", "))
	}
	var texts []string
	for i, value := range found {
		if value == nil {
			continue
		}
		text, err := exactjson.Text(value)
		if err != nil {
			return "", fmt.Errorf("member %q is not a text", fields[i])
		}
		if text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, " "), nil
}
