package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/chunk"
)

// MaxFile is the default size in bytes beyond which a file of a folder is an
// error.
const MaxFile = 128 << 20

// FolderOptions say how [Folder] and [File] read. The zero value is ready to
// use.
type FolderOptions struct {
	Chunk   chunk.Options // how files are cut
	MaxFile int64         // largest file in bytes; 0 means [MaxFile]
}

// Folder reads the Markdown and text files below a folder, in the order of
// their paths, cut by package chunk: one document a chunk.
//
// Markdown files end in .md, .markdown or .mdx, text files in .txt, .text,
// .rst, .adoc or .org; README and the like without an ending count as text.
// Other files, hidden files and folders, symbolic links and files with a zero
// byte are skipped and counted.
//
// A document's ID is the path relative to dir, with slashes, and the anchor of
// the heading it stands under: "guide/install.md#linux"; a further chunk of the
// same place has its number behind it, "guide/install.md#linux~2". The title is
// the path of headings, or the file's name. The fields path, start and end say
// where the text stands, in bytes.
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

// File reads one Markdown or text file as [Folder] does. Its ID is its name
// without the folders. A binary file is an error.
func File(name string, o Options) iter.Seq2[rerank.Document, error] {
	return func(yield func(rerank.Document, error) bool) {
		dir, base := filepath.Split(name)
		if dir == "" {
			dir = "."
		}
		f := folder{fsys: os.DirFS(dir), dir: dir, options: o, yield: yield, strict: true}
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
}

// fail yields an error and returns what the walk is to do next.
func (f *folder) fail(err error) error {
	f.options.Stats.count(rerank.Document{}, err)
	if !f.yield(rerank.Document{}, err) {
		return fs.SkipAll
	}
	return nil
}

func (f *folder) skip() {
	if f.options.Stats != nil {
		f.options.Stats.Skipped++
	}
}

func (f *folder) visit(name string, entry fs.DirEntry, err error) error {
	if err != nil {
		if next := f.fail(fmt.Errorf("folder %s: %w", f.dir, err)); next != nil || entry == nil || !entry.IsDir() {
			return next
		}
		return fs.SkipDir
	}
	switch {
	case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), "."):
		f.skip()
		return fs.SkipDir
	case entry.IsDir():
		return nil
	case strings.HasPrefix(entry.Name(), "."), !entry.Type().IsRegular(), kindOf(name) == otherFile:
		f.skip()
		return nil
	}
	return f.file(name)
}

// file yields the documents of one file.
func (f *folder) file(name string) error {
	text, err := f.read(name)
	if errors.Is(err, errBinary) && !f.strict {
		f.skip()
		return nil
	} else if err != nil {
		return f.fail(fmt.Errorf("file %s: %w", filepath.Join(f.dir, filepath.FromSlash(name)), err))
	}
	cut := chunk.Text
	if kindOf(name) == markdownFile {
		cut = chunk.Markdown
	}
	used := map[string]bool{}
	for _, c := range cut(text, f.options.Folder.Chunk) {
		d := document(name, c, used)
		f.options.Stats.count(d, nil)
		if !f.yield(d, nil) {
			return fs.SkipAll
		}
	}
	return nil
}

var errBinary = errors.New("binary: it has a zero byte")

func (f *folder) read(name string) (string, error) {
	limit := f.options.Folder.MaxFile
	if limit <= 0 {
		limit = MaxFile
	}
	file, err := f.fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return "", err
	}
	if int64(len(text)) > limit {
		return "", fmt.Errorf("longer than the limit of %d bytes", limit)
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return "", errBinary
	}
	return string(valid(bytes.TrimPrefix(text, []byte("\ufeff")), f.options.Stats)), nil
}

// document makes a document of a chunk, under an ID not used in its file.
func document(name string, c chunk.Chunk, used map[string]bool) rerank.Document {
	place := name
	if c.Anchor != "" {
		place += "#" + c.Anchor
	}
	id := place
	for n := c.Part + 1; n > 1 && id == place || used[id]; n++ {
		id = place + "~" + strconv.Itoa(n)
	}
	used[id] = true
	title := c.Title
	if title == "" {
		title = strings.TrimSuffix(path.Base(name), path.Ext(name))
	}
	return rerank.Document{
		ID: id, Title: title, Text: c.Text,
		Fields: rerank.Fields{
			{Name: "path", Value: rerank.TextValue(name)},
			{Name: "start", Value: rerank.NumberValue(float64(c.Start))},
			{Name: "end", Value: rerank.NumberValue(float64(c.End))},
		},
	}
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
