package godoc

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"

	"github.com/flashrerank/rerank"
)

// maxFile is the size in bytes beyond which a Go file is an error.
const maxFile = 64 << 20

// parsePackage returns the documents of a package, none if it is not wanted.
func parsePackage(s source, o Options) ([]rerank.Document, error) {
	fset := token.NewFileSet()
	files, err := parseFiles(fset, s)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 || files[0].Name.Name == "main" && !o.Commands {
		return nil, nil
	}
	// The package builtin documents what the language predeclares, which
	// looks unexported.
	mode := doc.Mode(0)
	if s.importPath == "builtin" {
		mode = doc.AllDecls
	}
	p, err := doc.NewFromFiles(fset, files, s.importPath, mode)
	if err != nil {
		return nil, fmt.Errorf("documentation of package %s: %w", s.importPath, err)
	}
	w := writer{fset: fset, source: s, pkg: p, all: mode == doc.AllDecls}
	w.parser = p.Parser()
	w.printer = p.Printer()
	w.printer.TextWidth = -1
	w.writePackage()
	return w.documents, nil
}

// parseFiles parses the files of a package that are for the reference system;
// if there are none, all that share the first one's package name.
func parseFiles(fset *token.FileSet, s source) ([]*ast.File, error) {
	reference := build.Default
	reference.GOOS, reference.GOARCH, reference.CgoEnabled = "linux", "amd64", true
	reference.BuildTags, reference.ToolTags = nil, nil
	dir := filepath.Join(s.root, filepath.FromSlash(s.folder))
	var matching []string
	for _, name := range s.files {
		ok, err := reference.MatchFile(dir, name)
		if err != nil {
			return nil, fmt.Errorf("go file %s: %w", filepath.Join(dir, name), err)
		}
		if ok {
			matching = append(matching, name)
		}
	}
	if len(matching) == 0 {
		matching = s.files
	}
	var files []*ast.File
	for _, name := range matching {
		f, err := parseFile(fset, s, filepath.Join(dir, name), name)
		if err != nil {
			return nil, err
		}
		if isIgnored(f) || len(files) > 0 && f.Name.Name != files[0].Name.Name {
			continue
		}
		files = append(files, f)
	}
	return files, nil
}

func parseFile(fset *token.FileSet, s source, name, base string) (*ast.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("go file: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("go file %s: %d bytes are more than the limit of %d", name, info.Size(), maxFile)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("go file: %w", err)
	}
	f, err := parser.ParseFile(fset, s.file(base), text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("go file in %s: %w", s.root, err)
	}
	return f, nil
}

// isIgnored reports whether a file says that it is never part of the package.
func isIgnored(f *ast.File) bool {
	for _, group := range f.Comments {
		if group.Pos() > f.Package {
			return false
		}
		for _, c := range group.List {
			if c.Text == "//go:build ignore" {
				return true
			}
		}
	}
	return false
}
