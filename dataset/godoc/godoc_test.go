package godoc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/dataset/godoc"
	"github.com/flashrerank/rerank/internal/testenv"
)

func ExampleDocuments() {
	src, err := godoc.Standard()
	if err != nil {
		fmt.Println(err)
		return
	}
	for doc, err := range godoc.Documents(context.Background(), filepath.Join(src, "bufio"), godoc.Options{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if doc.ID == "bufio.Scanner.Text" {
			fmt.Println(doc.Title)
		}
	}
	// Output:
	// method bufio Scanner Text: func (s *Scanner) Text() string
}

// module is a small module with a case of everything.
var module = map[string]string{
	"go.mod": "module \"example.org/shop\"\n",
	"shop.go": `// Package shop sells [Fruit].
package shop

// Limits of a sale.
const (
	MaxItems = 10
	maxPrice = 5
	MinItems = 1 // at least one
)

const Undocumented = 1

var (
	// ErrSoldOut is returned when nothing is left.
	ErrSoldOut error
)

// Fruit is sold.
type Fruit struct {
	// Name is what it is called.
	Name, Alias string
	weight int
	Plain bool
	Box struct{ X int } // Box holds it.
}

// NewFruit makes one.
//
// Deprecated: grow it.
func NewFruit(name string,
	options ...func(*Fruit)) (*Fruit, error) { return nil, nil }

// Eat eats [Fruit]s:
//   - at once
func (f *Fruit) Eat() {}

func (f Fruit) hidden() {}

// Seller sells.
type Seller interface {
	// Sell sells fruit.
	Sell(f Fruit) error
	Close() error
	hidden()
}

// List is generic.
type List[T any] []T

// Len counts.
func (l List[T]) Len() int { return 0 }
`,
	"shop_linux.go":    "package shop\n\n// OnLinux is for Linux.\nfunc OnLinux() {}\n",
	"shop_windows.go":  "package shop\n\n// OnWindows is for Windows.\nfunc OnWindows() {}\n",
	"shop_test.go":     "package shop\n\nfunc Tested() {}\n",
	"gen.go":           "//go:build ignore\n\npackage main\n",
	"win/w_windows.go": "// Package win is for Windows only.\npackage win\n",
	"internal/x/x.go":  "// Package x is internal.\npackage x\n",
	"vendor/v/v.go":    "// Package v is vendored.\npackage v\n",
	"testdata/t/t.go":  "// Package t is test data.\npackage t\n",
	"cmd/run/main.go":  "// Command run runs.\npackage main\n",
	"nested/go.mod":    "module nested\n",
	"nested/n.go":      "package nested\n",
	".hidden/h.go":     "package h\n",
	"notes/readme.txt": "no Go here",
}

func collect(t testing.TB, dir string, o godoc.Options) []rerank.Document {
	t.Helper()
	var docs []rerank.Document
	for doc, err := range godoc.Documents(t.Context(), dir, o) {
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, doc)
	}
	return docs
}

func text(d rerank.Document, field string) string {
	v, _ := d.Fields.Get(field)
	return v.Text()
}

func TestModule(t *testing.T) {
	var got []string
	for _, d := range collect(t, testenv.Tree(t, module), godoc.Options{}) {
		got = append(got, strings.Join([]string{strings.TrimPrefix(d.ID, "example.org/"), d.Title, d.Text, text(d, "kind"), text(d, "file")}, " | "))
		if _, deprecated := d.Fields.Get("deprecated"); deprecated != (d.ID == "example.org/shop.NewFruit") {
			t.Errorf("%s: deprecated %v", d.ID, deprecated)
		}
	}
	want := []string{
		"shop | package shop | Package shop sells Fruit. | package | shop.go",
		"shop.MaxItems | constant shop MaxItems (shop Max Items): const MaxItems, MinItems | Limits of a sale.\n\nMinItems: at least one\n\nPackage shop sells Fruit. | constant | shop.go",
		"shop.ErrSoldOut | variable shop ErrSoldOut (shop Err Sold Out): var ErrSoldOut | ErrSoldOut is returned when nothing is left.\n\nPackage shop sells Fruit. | variable | shop.go",
		"shop.OnLinux | function shop OnLinux (shop On Linux): func OnLinux() | OnLinux is for Linux.\n\nPackage shop sells Fruit. | function | shop_linux.go",
		"shop.Fruit | type shop Fruit: type Fruit struct | Fruit is sold.\n\nPackage shop sells Fruit. | type | shop.go",
		"shop.NewFruit | function shop NewFruit (shop New Fruit): func NewFruit(name string, options ...func(*Fruit)) (*Fruit, error) | NewFruit makes one.\n\nDeprecated: grow it.\n\nPackage shop sells Fruit. | function | shop.go",
		"shop.Fruit.Eat | method shop Fruit Eat: func (f *Fruit) Eat() | Eat eats [Fruit]s:\n  - at once\n\nPackage shop sells Fruit. | method | shop.go",
		"shop.Fruit.Name | field shop Fruit Name: field Fruit.Name string | Name is what it is called.\n\nPackage shop sells Fruit. | field | shop.go",
		"shop.Fruit.Box | field shop Fruit Box: field Fruit.Box struct | Box holds it.\n\nPackage shop sells Fruit. | field | shop.go",
		"shop.List | type shop List: type List[T any] []T | List is generic.\n\nPackage shop sells Fruit. | type | shop.go",
		"shop.List.Len | method shop List Len: func (l List[T]) Len() int | Len counts.\n\nPackage shop sells Fruit. | method | shop.go",
		"shop.Seller | type shop Seller: type Seller interface | Seller sells.\n\nPackage shop sells Fruit. | type | shop.go",
		"shop.Seller.Sell | method shop Seller Sell: func (Seller) Sell(f Fruit) error | Sell sells fruit.\n\nPackage shop sells Fruit. | method | shop.go",
		"shop/win | package shop win | Package win is for Windows only. | package | win/w_windows.go",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestOptions(t *testing.T) {
	dir := testenv.Tree(t, module)
	for id, o := range map[string]godoc.Options{
		"example.org/shop/internal/x": {Internal: true},
		"example.org/shop/vendor/v":   {Vendor: true},
		"example.org/shop/testdata/t": {Testdata: true},
		"example.org/shop/cmd/run":    {Commands: true},
	} {
		has := func(o godoc.Options) bool {
			return slices.ContainsFunc(collect(t, dir, o), func(d rerank.Document) bool { return d.ID == id })
		}
		if !has(o) || has(godoc.Options{}) {
			t.Errorf("%s must come with %+v only", id, o)
		}
	}
}

// TestStandardLibrary: over 10,000 entries, as the demo promises, whose IDs are
// unique and which come the same whatever the number of goroutines.
func TestStandardLibrary(t *testing.T) {
	src, err := godoc.Standard()
	if err != nil {
		t.Fatal(err)
	}
	docs := collect(t, src, godoc.Options{})
	if len(docs) < 10000 {
		t.Errorf("only %d entries", len(docs))
	}
	found := map[string]bool{}
	for _, d := range docs {
		if found[d.ID] {
			t.Errorf("%s comes twice", d.ID)
		}
		if strings.ContainsAny(d.Title, "\n\t") || d.Title == "" {
			t.Errorf("%s: title %q", d.ID, d.Title)
		}
		found[d.ID] = true
	}
	for _, id := range []string{
		"bufio", "bufio.Scanner", "bufio.Scanner.Scan", "bufio.NewScanner", "io.EOF", "net.Conn.Read",
		"net/http.Server.ReadTimeout", "builtin.append", "text/template.Template.Execute", "slices.SortFunc", "time.Nanosecond",
	} {
		if !found[id] {
			t.Errorf("%s is missing", id)
		}
	}
	for id := range found {
		if strings.HasPrefix(id, "cmd/") || strings.HasPrefix(id, "internal/") || strings.Contains(id, "/internal/") || strings.HasPrefix(id, "vendor/") {
			t.Errorf("%s is not for users", id)
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if again := collect(t, src, godoc.Options{}); !cmp.Equal(ids(docs), ids(again)) {
		t.Error("the order depends on the number of goroutines")
	}
}

func ids(docs []rerank.Document) []string {
	var list []string
	for _, d := range docs {
		list = append(list, d.ID)
	}
	return list
}

func TestBrokenFilesAreNamed(t *testing.T) {
	dir := testenv.Tree(t, map[string]string{
		"go.mod": "module m\n", "a/a.go": "package a\n\nfunc {", "b/b.go": "package b\n", "c/c.go": "not go",
	})
	var errs, ids []string
	for doc, err := range godoc.Documents(t.Context(), dir, godoc.Options{}) {
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		ids = append(ids, doc.ID)
	}
	if len(errs) != 2 || !strings.Contains(errs[0], "a/a.go:3:6") || !strings.Contains(errs[1], "c.go") || !slices.Equal(ids, []string{"m/b"}) {
		t.Errorf("documents %q, errors %q", ids, errs)
	}
}

func TestNoFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	badModule := testenv.Tree(t, map[string]string{"go.mod": "go 1.26\n"})
	for _, name := range []string{filepath.Join(dir, "none"), file, badModule} {
		n := 0
		for _, err := range godoc.Documents(t.Context(), name, godoc.Options{}) {
			if n++; err == nil || !strings.Contains(err.Error(), filepath.Base(name)) {
				t.Errorf("%s: error %v", name, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d items", name, n)
		}
	}
}

func TestCancelling(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for doc, err := range godoc.Documents(ctx, testenv.Tree(t, module), godoc.Options{Internal: true}) {
		if last = err; doc.ID == "example.org/shop" {
			cancel()
		}
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("the last error is %v", last)
	}
	for range godoc.Documents(t.Context(), testenv.Tree(t, module), godoc.Options{}) {
		break
	}
}

func TestStandardNeedsNoVariable(t *testing.T) {
	t.Setenv("GOROOT", filepath.Join(t.TempDir(), "none"))
	src, err := godoc.Standard()
	if err != nil {
		t.Skipf("this machine has no other: %v", err)
	}
	if _, err := os.Stat(filepath.Join(src, "bufio", "scan.go")); err != nil {
		t.Error(err)
	}
}

func BenchmarkStandardLibrary(b *testing.B) {
	src, err := godoc.Standard()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.ReportMetric(float64(len(collect(b, src, godoc.Options{}))), "entries")
	}
}
