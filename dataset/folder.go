package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/chunk"
	"github.com/flashrerank/rerank/internal/regular"
)

// MaxFile is the default size in bytes beyond which a file of a folder is an
// error.
const MaxFile = 128 << 20

// FolderOptions say how [Folder] and [File] read. The zero value is ready to
// use.
type FolderOptions struct {
	Chunk   chunk.Options // how files are cut; its titles and its start are set for each file
	MaxFile int64         // largest file in bytes; 0 means [MaxFile]

	// Name, unless it is empty, stands before the IDs with a slash, so that those of
	// several folders differ, and the field folder has the folder's absolute path.
	Name string

	// NoIgnore reads also what .gitignore names, and dependencies and build output.
	NoIgnore bool
}

// Folder reads the Markdown and text files below a folder, in the order of
// their paths, cut by package chunk: one document a chunk.
//
// Markdown files end in .md, .markdown or .mdx, text files in .txt, .text,
// .rst, .adoc or .org; README and the like without an ending count as text.
// Other files are left out, and so are hidden files and folders, what the
// .gitignore files of the folder and those below it name, dependencies and build
// output (node_modules, __pycache__, folders with a CACHEDIR.TAG, virtual
// environments of Python and vendored modules of Go), symbolic links, and files
// that are empty or have a zero byte. [Stats] tells which and why. Texts in UTF-16 are read if they
// begin with a byte order mark.
//
// A document's ID is the path relative to dir, with slashes, and the anchor of
// the heading it stands under: "guide/install.md#linux"; a further chunk of the
// same place has its number behind it, "guide/install.md#linux~2". The title is
// the path of headings, or the file's name. The fields path, start and end say
// where the text stands, in bytes.
//
// YAML front matter of a Markdown file is no text: its title becomes the first
// part of the titles, and its other members become fields of every document of
// the file, but for those called folder, path, start or end. Front matter that is no
// YAML mapping, or has a field twice, is text, and noted in [Stats].
func Folder(dir string, o Options) iter.Seq2[rerank.Document, error] {
	return func(yield func(rerank.Document, error) bool) {
		f := folder{fsys: os.DirFS(dir), dir: dir, options: o, yield: yield}
		if info, err := os.Stat(dir); err != nil {
			f.fail(fmt.Errorf("folder: %w", err))
			return
		} else if !info.IsDir() {
			f.fail(fmt.Errorf("folder %s: not a folder", dir))
			return
		}
		// Walk returns nothing but SkipAll, which means that yield said stop.
		_ = fs.WalkDir(f.fsys, ".", f.visit)
	}
}

// File reads one Markdown or text file as [Folder] does; a file of another kind
// is read as text, which [Stats] notes. Its ID is its name without the folders.
// A binary file is an error.
func File(name string, o Options) iter.Seq2[rerank.Document, error] {
	return func(yield func(rerank.Document, error) bool) {
		dir, base := filepath.Split(name)
		if dir == "" {
			dir = "."
		}
		f := folder{fsys: os.DirFS(dir), dir: dir, options: o, yield: yield, strict: true}
		if kindOf(base) == otherFile {
			o.Stats.note("read as text, though of another kind", name)
		}
		_ = f.file(base)
	}
}

// folder is one walk.
type folder struct {
	fsys    fs.FS
	dir     string
	options Options
	strict  bool // whether a binary file is an error
	yield   func(rerank.Document, error) bool
	ignores ignores
}

// path returns a name below the folder as the user would write it.
func (f *folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// fail yields an error and returns what the walk is to do next.
func (f *folder) fail(err error) error {
	f.options.Stats.count(rerank.Document{}, err)
	if !f.yield(rerank.Document{}, err) {
		return fs.SkipAll
	}
	return nil
}

func (f *folder) visit(name string, entry fs.DirEntry, err error) error {
	if err != nil {
		if next := f.fail(fmt.Errorf("folder %s: %w", f.dir, err)); next != nil || entry == nil || !entry.IsDir() {
			return next
		}
		return fs.SkipDir
	}
	if reason := f.leaveOut(name, entry); reason != "" {
		f.options.Stats.leaveOut(reason, f.path(name))
		if entry.IsDir() {
			return fs.SkipDir
		}
		return nil
	}
	if !utf8.ValidString(entry.Name()) { // it could be no ID, and cannot be opened by an fs.FS
		next := f.fail(fmt.Errorf("%q: the name is not UTF-8: rename it", f.path(name)))
		if next == nil && entry.IsDir() {
			return fs.SkipDir
		}
		return next
	}
	if !entry.IsDir() {
		return f.file(name)
	}
	if f.options.Folder.NoIgnore {
		return nil
	}
	if err := f.ignores.enter(f.fsys, name); err != nil {
		return f.fail(fmt.Errorf("file %s: %w", f.path(path.Join(name, ignoreName)), err))
	}
	return nil
}

// leaveOut returns why something is left out, "" if it is not.
func (f *folder) leaveOut(name string, entry fs.DirEntry) string {
	kind := kindOf(name)
	switch {
	case name == ".":
		return ""
	case strings.HasPrefix(entry.Name(), "."):
		return leftHidden
	case entry.Type()&fs.ModeSymlink != 0:
		return leftLink
	case !entry.IsDir() && !entry.Type().IsRegular():
		return leftSpecial
	case !f.options.Folder.NoIgnore && f.ignores.match(name, entry.IsDir()):
		return leftIgnored
	case entry.IsDir() && !f.options.Folder.NoIgnore && f.isOutput(name):
		return leftOutput
	case !entry.IsDir() && kind == otherFile:
		return ending(name)
	}
	return ""
}

// The reasons for which something is left out of a folder, other than an ending.
const (
	leftHidden  = "hidden"
	leftLink    = "symbolic link"
	leftSpecial = "not a regular file"
	leftIgnored = "named by .gitignore"
	leftOutput  = "dependencies or build output"
	leftBinary  = "binary"
	leftEmpty   = "empty"
)

// NoEnding is the reason for which a file is left out whose name has no ending.
const NoEnding = "no ending"

// The notes on a file whose bytes are not all what they must be.
const (
	NoteUTF8  = "bytes that are not UTF-8, replaced"
	NoteUTF16 = "bytes that are not UTF-16, replaced"
)

// maxEnding is the length in bytes of what is taken for the ending of a name.
const maxEnding = 12

// ending returns the ending of a file's name, such as ".png".
func ending(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if ext == "" || len(ext) > maxEnding || strings.ContainsAny(ext, " \t") {
		return NoEnding
	}
	return ext
}

// isOutput says whether a folder holds what tools put there: by its name where
// that is unmistakable, else by a mark of the tool in it. A folder of one's own
// may be called build or target.
func (f *folder) isOutput(name string) bool {
	switch path.Base(name) {
	case "node_modules", "bower_components", "__pycache__":
		return true
	case "vendor":
		return f.exists(path.Join(name, "modules.txt"))
	}
	return f.exists(path.Join(name, "CACHEDIR.TAG")) || f.exists(path.Join(name, "pyvenv.cfg"))
}

func (f *folder) exists(name string) bool {
	_, err := fs.Stat(f.fsys, name)
	return err == nil
}

// file yields the documents of one file.
func (f *folder) file(name string) error {
	text, err := f.read(name)
	if errors.Is(err, errBinary) && !f.strict {
		f.options.Stats.leaveOut(leftBinary, f.path(name))
		return nil
	} else if err != nil {
		return f.fail(fmt.Errorf("file %s: %w", f.path(name), err))
	}
	o := f.options.Folder.Chunk
	o.Title, o.Start, o.Name = "", 0, strings.TrimSuffix(path.Base(name), path.Ext(name))
	var front rerank.Fields
	cut := chunk.Text
	if kindOf(name) == markdownFile {
		cut = chunk.Markdown
		front = f.front(name, text, &o)
	}
	chunks := cut(text, o)
	if len(chunks) == 0 && o.Title != "" {
		chunks = []chunk.Chunk{{Title: o.Title, Start: o.Start, End: o.Start}}
	}
	if len(chunks) == 0 {
		f.options.Stats.leaveOut(leftEmpty, f.path(name))
	}
	fields, place := f.place(name)
	ids := newIDs(place)
	for _, c := range chunks {
		d := document(c, ids, append(slices.Clone(fields),
			rerank.Field{Name: "start", Value: rerank.IntValue(int64(c.Start))},
			rerank.Field{Name: "end", Value: rerank.IntValue(int64(c.End))}), front)
		f.options.Stats.count(d, nil)
		if !f.yield(d, nil) {
			return fs.SkipAll
		}
	}
	return nil
}

// front reads the front matter of a Markdown text into the options of the cut
// and fields.
func (f *folder) front(name, text string, o *chunk.Options) rerank.Fields {
	yaml, end := chunk.FrontMatter(text)
	if end == 0 {
		return nil
	}
	title, fields, err := frontMatter(yaml)
	if err != nil {
		f.options.Stats.note("front matter that is no YAML, read as text", f.path(name))
		return nil
	}
	o.Title, o.Start = title, end
	return slices.DeleteFunc(fields, func(field rerank.Field) bool {
		return slices.Contains([]string{"folder", "path", "start", "end"}, field.Name)
	})
}

var errBinary = errors.New("binary: it has a zero byte")

// read returns a file's text in UTF-8.
func (f *folder) read(name string) (string, error) {
	limit := f.options.Folder.MaxFile
	if limit <= 0 {
		limit = MaxFile
	}
	data, err := regular.ReadFS(f.fsys, name, limit)
	if err != nil {
		return "", err
	}
	data, damaged := fromUTF16(bytes.TrimPrefix(data, []byte("\ufeff")))
	if bytes.IndexByte(data, 0) >= 0 {
		return "", errBinary
	}
	if damaged {
		f.options.Stats.note(NoteUTF16, f.path(name))
		f.options.Stats.replaced()
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	f.options.Stats.note(NoteUTF8, f.path(name))
	return string(valid(data, f.options.Stats)), nil
}

// fromUTF16 returns UTF-16 with a byte order mark as UTF-8, and all else as it
// is. Half of a pair, or of a unit, becomes U+FFFD; damaged tells so.
func fromUTF16(data []byte) (text []byte, damaged bool) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	default:
		return data, false
	}
	units := make([]uint16, 0, len(data)/2)
	known := 0 // that are U+FFFD themselves
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, order.Uint16(data[i:]))
		if units[len(units)-1] == unicode.ReplacementChar {
			known++
		}
	}
	text = []byte(string(utf16.Decode(units)))
	if len(data)%2 > 0 {
		text = append(text, "\ufffd"...)
	}
	return text, bytes.Count(text, []byte("\ufffd")) > known
}

// ids gives the chunks of a file IDs of their own.
type ids struct {
	name string
	next map[string]int // by place: the number to try next
}

func newIDs(name string) ids { return ids{name: name, next: map[string]int{}} }

// of returns the ID of a chunk.
func (d ids) of(c chunk.Chunk) string {
	place := d.name
	if c.Anchor != "" {
		place += "#" + c.Anchor
	}
	id := place
	for n := max(c.Part+1, d.next[place]); n > 1; n++ {
		id = place + "~" + strconv.Itoa(n)
		if _, taken := d.next[id]; !taken {
			d.next[place] = n + 1
			break
		}
	}
	d.next[place] = max(d.next[place], 2)
	d.next[id] = max(d.next[id], 2)
	return id
}

// place returns the fields that say where a file lies, and what its IDs begin with.
func (f *folder) place(name string) (fields rerank.Fields, id string) {
	fields, id = rerank.Fields{{Name: "path", Value: rerank.TextValue(name)}}, name
	if f.options.Folder.Name == "" {
		return fields, id
	}
	dir := f.dir
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return append(fields, rerank.Field{Name: "folder", Value: rerank.TextValue(dir)}), f.options.Folder.Name + "/" + name
}

// document makes a document of a chunk, with the fields of its place and of the
// file's front matter.
func document(c chunk.Chunk, ids ids, place, front rerank.Fields) rerank.Document {
	return rerank.Document{ID: ids.of(c), Title: c.Title, Text: c.Text, Fields: append(place, front...)}
}

type fileKind uint8

const (
	otherFile fileKind = iota
	markdownFile
	textFile
)

func kindOf(name string) fileKind {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown", ".mdx":
		return markdownFile
	case ".txt", ".text", ".rst", ".adoc", ".org":
		return textFile
	case "":
		switch strings.ToUpper(path.Base(name)) {
		case "README", "LICENSE", "COPYING", "NOTICE", "CHANGELOG", "CONTRIBUTING", "AUTHORS", "INSTALL", "NEWS", "TODO":
			return textFile
		}
	}
	return otherFile
}
