package godoc

import (
	"bytes"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/format"
	"go/token"
	"strings"

	"github.com/clipperhouse/uax29/v2/sentences"

	"github.com/flashrerank/rerank"
)

// writer turns the documentation of a package into documents.
type writer struct {
	fset      *token.FileSet
	source    source
	pkg       *doc.Package
	parser    *comment.Parser
	printer   *comment.Printer
	all       bool   // unexported names too
	about     string // the first sentence about the package
	documents []rerank.Document
}

func (w *writer) writePackage() {
	file := ""
	if len(w.pkg.Filenames) > 0 {
		file = w.pkg.Filenames[0]
	}
	w.add(symbol{kind: "package", text: w.plain(w.pkg.Doc), file: file})
	w.about = firstSentence(w.plain(w.pkg.Doc))
	w.writeValues(w.pkg.Consts, "constant")
	w.writeValues(w.pkg.Vars, "variable")
	w.writeFuncs(w.pkg.Funcs)
	for _, t := range w.pkg.Types {
		w.writeType(t)
	}
}

// firstSentence returns the first sentence of a text on one line.
func firstSentence(text string) string {
	paragraph, _, _ := strings.Cut(text, "\n\n")
	it := sentences.FromString(strings.Join(strings.Fields(paragraph), " "))
	if !it.Next() {
		return ""
	}
	return strings.TrimSpace(it.Value())
}

func (w *writer) writeType(t *doc.Type) {
	w.add(symbol{name: t.Name, kind: "type", declaration: w.typeLine(t), text: w.plain(t.Doc), file: w.file(t.Decl)})
	w.writeValues(t.Consts, "constant")
	w.writeValues(t.Vars, "variable")
	w.writeFuncs(t.Funcs)
	w.writeFuncs(t.Methods)
	w.writeMembers(t)
}

func (w *writer) writeFuncs(funcs []*doc.Func) {
	for _, f := range funcs {
		name, kind := f.Name, "function"
		if f.Recv != "" {
			name, kind = receiver(f.Recv)+"."+f.Name, "method"
		}
		declaration := *f.Decl
		declaration.Doc, declaration.Body = nil, nil
		w.add(symbol{name: name, kind: kind, declaration: w.line(&declaration), text: w.plain(f.Doc), file: w.file(f.Decl)})
	}
}

// receiver returns the name of a receiver's type, without star and type
// parameters.
func receiver(recv string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(recv, "*"), "[")
	return name
}

// writeMembers writes the methods that an interface type lists and the fields
// of a struct, both where they have a comment.
func (w *writer) writeMembers(t *doc.Type) {
	for _, spec := range t.Decl.Specs {
		typeSpec, ok := spec.(*ast.TypeSpec)
		if !ok || typeSpec.Name.Name != t.Name {
			continue
		}
		switch list := typeSpec.Type.(type) {
		case *ast.InterfaceType:
			w.writeFields(t.Name, list.Methods, "method")
		case *ast.StructType:
			w.writeFields(t.Name, list.Fields, "field")
		}
	}
}

func (w *writer) writeFields(typeName string, list *ast.FieldList, kind string) {
	if list == nil {
		return
	}
	for _, field := range list.List {
		comment := field.Doc.Text() + field.Comment.Text()
		if comment == "" || len(field.Names) == 0 || !w.wanted(field.Names[0].Name) {
			continue
		}
		name := field.Names[0].Name
		declaration := "field " + typeName + "." + name + " " + w.fieldType(field.Type)
		if signature, ok := field.Type.(*ast.FuncType); ok && kind == "method" {
			declaration = "func (" + typeName + ") " + name + strings.TrimPrefix(w.line(signature), "func")
		}
		w.add(symbol{name: typeName + "." + name, kind: kind, declaration: declaration, text: w.plain(comment), file: w.file(field)})
	}
}

// fieldType formats the type of a field, without what a literal struct or
// interface holds.
func (w *writer) fieldType(t ast.Expr) string {
	switch t.(type) {
	case *ast.StructType:
		return "struct"
	case *ast.InterfaceType:
		return "interface"
	}
	return w.line(t)
}

// writeValues writes the groups of constants or variables that have a comment,
// for themselves or for one of their names. A group is named after its first.
func (w *writer) writeValues(values []*doc.Value, kind string) {
	for _, v := range values {
		var names []string
		var text strings.Builder
		text.WriteString(v.Doc)
		for _, spec := range v.Decl.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			comment := value.Doc.Text() + value.Comment.Text()
			for _, n := range value.Names {
				if w.wanted(n.Name) {
					names = append(names, n.Name)
				}
			}
			if comment == "" || !w.wanted(value.Names[0].Name) {
				continue
			}
			text.WriteString("\n\n")
			if name := value.Names[0].Name; !strings.HasPrefix(comment, name) {
				text.WriteString(name + ": ")
			}
			text.WriteString(comment)
		}
		if len(names) == 0 || text.Len() == 0 {
			continue
		}
		declaration := v.Decl.Tok.String() + " " + strings.Join(names[:min(len(names), maxNames)], ", ")
		w.add(symbol{name: names[0], kind: kind, declaration: declaration, text: w.plain(text.String()), file: w.file(v.Decl)})
	}
}

// maxNames is how many names of a group its declaration lists.
const maxNames = 12

func (w *writer) wanted(name string) bool {
	return name != "_" && (w.all || token.IsExported(name))
}

// typeLine returns "type Name" and what kind of type it is.
func (w *writer) typeLine(t *doc.Type) string {
	for _, spec := range t.Decl.Specs {
		typeSpec, ok := spec.(*ast.TypeSpec)
		if !ok || typeSpec.Name.Name != t.Name {
			continue
		}
		short := *typeSpec
		short.Doc, short.Comment = nil, nil
		switch typeSpec.Type.(type) {
		case *ast.StructType:
			short.Type = ast.NewIdent("struct")
		case *ast.InterfaceType:
			short.Type = ast.NewIdent("interface")
		}
		return "type " + w.line(&short)
	}
	return "type " + t.Name
}

// line formats a declaration on one line.
func (w *writer) line(node ast.Node) string {
	var b bytes.Buffer
	if err := format.Node(&b, w.fset, node); err != nil {
		return "" // go/format only fails on nodes that do not come from the parser
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// plain renders a doc comment as text without its markup.
func (w *writer) plain(text string) string {
	if text == "" {
		return ""
	}
	return strings.TrimSpace(string(w.printer.Text(w.parser.Parse(text))))
}

func (w *writer) file(node ast.Node) string { return w.fset.Position(node.Pos()).Filename }

// symbol is what a document is about.
type symbol struct {
	name, kind, declaration, text, file string // the package itself has neither name nor declaration
}

func (w *writer) add(s symbol) {
	id := w.source.importPath
	if id == "" {
		id = w.pkg.Name
	}
	if s.name != "" {
		id += "." + s.name
	}
	fields := rerank.Fields{
		{Name: "kind", Value: rerank.TextValue(s.kind)},
		{Name: "package", Value: rerank.TextValue(w.pkg.Name)},
		{Name: "import_path", Value: rerank.TextValue(w.source.importPath)},
		{Name: "file", Value: rerank.TextValue(s.file)},
	}
	if s.declaration != "" {
		fields = append(fields, rerank.Field{Name: "declaration", Value: rerank.TextValue(s.declaration)})
	}
	if isDeprecated(s.text) {
		fields = append(fields, rerank.Field{Name: "deprecated", Value: rerank.BoolValue(true)})
	}
	text := s.text
	if w.about != "" {
		text = strings.TrimSpace(text + "\n\n" + w.about)
	}
	w.documents = append(w.documents, rerank.Document{ID: id, Title: title(s.kind, shortPath(id, w.source.module), s.declaration), Text: text, Fields: fields})
}

// isDeprecated reports whether a paragraph of the text says so.
func isDeprecated(text string) bool {
	return strings.HasPrefix(text, "Deprecated: ") || strings.Contains(text, "\n\nDeprecated: ")
}
