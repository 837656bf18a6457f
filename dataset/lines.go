package dataset

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
)

// MaxLine is the length in bytes beyond which a line is an error.
const MaxLine = 128 << 20

// Stats counts what a reader met. One Stats may serve several readers, one
// after another; it is not safe for concurrent use.
type Stats struct {
	Documents int   // documents yielded
	Replaced  int   // lines or files that had bytes which are not UTF-8, or UTF-16
	Skipped   int   // files and folders of folders that were left out
	Errors    int   // lines or files that could not be read
	Bytes     int64 // of text and titles yielded

	Empty int // documents yielded that have neither title nor text

	// Ignored are the members of JSON lines and the columns of TSV that nothing was
	// made of, by their names, with the lines that have them.
	Ignored []Mention

	LeftOut []Mention // what Skipped counts, by the ending (".png") or the reason ("hidden", …)
	Notes   []Mention // files that were read otherwise than they stand, by what is the matter
}

// Mention is something that a reader met in files, and went on.
type Mention struct {
	What  string
	Count int      // of files and folders, or of lines
	Names []string // the paths of the first few of them; of lines with ":" and the number
}

// Limits on what Stats keeps in words.
const (
	maxNames    = 3  // of files, by Mention
	maxMentions = 64 // all that is met after has one Mention
	manyOthers  = "others"
)

// leaveOut counts a file or folder that is left out.
func (s *Stats) leaveOut(reason, name string) {
	if s != nil {
		s.Skipped++
		s.LeftOut = mention(s.LeftOut, reason, func() string { return name })
	}
}

// note remembers a file that is not read as it stands.
func (s *Stats) note(what, name string) {
	if s != nil {
		s.Notes = mention(s.Notes, what, func() string { return name })
	}
}

// replaced counts a line or file of which some bytes are replaced.
func (s *Stats) replaced() {
	if s != nil {
		s.Replaced++
	}
}

func mention(list []Mention, what string, name func() string) []Mention {
	if len(list) >= maxMentions && !slices.ContainsFunc(list, func(m Mention) bool { return m.What == what }) {
		what = manyOthers
	}
	i := slices.IndexFunc(list, func(m Mention) bool { return m.What == what })
	if i < 0 {
		i = len(list)
		list = append(list, Mention{What: what})
	}
	list[i].Count++
	if len(list[i].Names) < maxNames {
		list[i].Names = append(list[i].Names, name())
	}
	return list
}

// line is one line of a file.
type line struct {
	number int    // from 1
	text   []byte // valid UTF-8 without the line end; valid until the next line
}

// position is an error with the place it came from.
func position(name string, number int, err error) error {
	return fmt.Errorf("%s:%d: %w", name, number, err)
}

// lines iterates over the lines of r that are not blank, decompressed.
func lines(r io.Reader, name string, stats *Stats, limit int) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		reader, err := plain(r)
		if err != nil {
			yield(line{}, fmt.Errorf("%s: %w", name, err))
			return
		}
		var buffer []byte
		for number := 1; ; number++ {
			var tooLong bool
			buffer, tooLong, err = readLine(reader, buffer[:0], limit)
			if err != nil && !errors.Is(err, io.EOF) {
				yield(line{number: number}, position(name, number, err))
				return
			}
			text := bytes.TrimRight(buffer, "\r\n")
			if number == 1 {
				text = bytes.TrimPrefix(text, []byte("\ufeff"))
			}
			switch {
			case tooLong:
				if !yield(line{number: number}, position(name, number, fmt.Errorf("the line is longer than %d bytes", limit))) {
					return
				}
			case len(bytes.TrimSpace(text)) > 0:
				if !yield(line{number, valid(text, stats)}, nil) {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}

// plain returns a buffered reader of what r holds, decompressed.
func plain(r io.Reader) (*bufio.Reader, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	if magic, _ := buffered.Peek(2); len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		return buffered, nil // an error of Peek comes again with the first read
	}
	unzipped, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return bufio.NewReaderSize(unzipped, 64<<10), nil
}

// readLine appends a line to dst, its end included. Of a line beyond the limit
// the rest is read and dropped.
func readLine(r *bufio.Reader, dst []byte, limit int) (text []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if tooLong = tooLong || len(dst)+len(part) > limit+len("\r\n"); tooLong {
			dst = dst[:0]
		} else {
			dst = append(dst, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return dst, tooLong || len(bytes.TrimRight(dst, "\r\n")) > limit, err
		}
	}
}

// valid returns text with each run of bytes that are not UTF-8 replaced.
func valid(text []byte, stats *Stats) []byte {
	if utf8.Valid(text) {
		return text
	}
	stats.replaced()
	return bytes.ToValidUTF8(text, []byte("\ufffd"))
}
