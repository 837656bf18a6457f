package regular

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/flashrerank/rerank/internal/testenv"
)

func ExampleReadFS() {
	files := fstest.MapFS{"config.json": {Data: []byte("{}")}}
	data, err := ReadFS(files, "config.json", 100)
	fmt.Printf("%s %v\n", data, err)
	_, err = ReadFS(files, "config.json", 1)
	fmt.Println(err)
	// Output:
	// {} <nil>
	// config.json has 2 bytes, more than 1
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	if err := os.WriteFile(name, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if data, err := io.ReadAll(f); string(data) != "content" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrNotRegular) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Open(name + ".not"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// short says that files are longer than they are.
type short struct{ fstest.MapFS }

func (s short) Open(name string) (fs.File, error) {
	f, err := s.MapFS.Open(name)
	return longer{f}, err
}

func (s short) Stat(name string) (fs.FileInfo, error) {
	info, err := s.MapFS.Stat(name)
	return claimed{info}, err
}

type longer struct{ fs.File }

func (l longer) Stat() (fs.FileInfo, error) {
	info, err := l.File.Stat()
	return claimed{info}, err
}

type claimed struct{ fs.FileInfo }

func (claimed) Size() int64 { return 4 << 30 }

// TestClaimedSize: memory does not follow what a file system claims.
func TestClaimedSize(t *testing.T) {
	fsys := struct{ fs.StatFS }{short{fstest.MapFS{"weights": {Data: make([]byte, 1000)}}}}
	var err error
	n := testenv.Allocated(func() { _, err = ReadFS(fsys, "weights", 8<<30) })
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("4 GiB that are 1000 bytes: %v", err)
	}
	if n > 8<<20 {
		t.Errorf("%d bytes were allocated for 1000", n)
	}
}

// TestPieces reads files around the sizes of the pieces.
func TestPieces(t *testing.T) {
	for _, n := range []int{0, 1, firstPiece - 1, firstPiece, firstPiece + 1, growth*firstPiece + 1} {
		want := bytes.Repeat([]byte("0123456789abcde"), n/15+1)[:n]
		got, err := ReadFS(struct{ fs.FS }{fstest.MapFS{"a": {Data: want}}}, "a", int64(n))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d came back, %v", n, len(got), err)
		}
	}
}
