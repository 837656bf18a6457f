package mapped

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

func Example() {
	f, err := Open("testdata/hello.txt")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s", f.Bytes())
	fmt.Println(f.Close())
	// Output:
	// hello
	// <nil>
}

func TestOpen(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(empty)
	if err != nil || len(f.Bytes()) != 0 || f.Close() != nil {
		t.Errorf("an empty file: %v", err)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder was mapped")
	}
	if _, err := Open(empty + ".not"); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// cutShort maps a file and then cuts it short.
func cutShort(t *testing.T, open func(path string) (*File, error)) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "weights")
	if err := os.WriteFile(path, make([]byte, 1<<17), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := os.Truncate(path, 1<<16); err != nil {
		t.Skip("this system keeps mapped files from being cut short: ", err)
	}
	return f
}

// TestFault: a file that was cut short is an error that names it, and the
// goroutine goes on.
func TestFault(t *testing.T) {
	f := cutShort(t, Open)
	read := func(at int) (b byte, err error) {
		defer f.Recover(&err, Watch())
		return f.Bytes()[at], nil
	}
	for range 2 {
		_, err := read(1<<17 - 1)
		var fault *FaultError
		if !errors.As(err, &fault) || fault.Path != f.path || fault.Offset != 1<<17-1 || !strings.Contains(err.Error(), "weights") {
			t.Errorf("a byte behind the end: %v", err)
		}
	}
	if b, err := read(0); b != 0 || err != nil {
		t.Errorf("a byte that is there: %d, %v", b, err)
	}
}

func TestFaultOfSet(t *testing.T) {
	var s Set
	other, err := s.Open("testdata/hello.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	f := cutShort(t, s.Open)
	err = func() (err error) {
		before := Watch()
		defer func() {
			debug.SetPanicOnFault(before)
			err = s.Fault(recover())
		}()
		if f.Bytes()[1<<16+1] != 0 {
			t.Error("bytes of nowhere")
		}
		return nil
	}()
	var fault *FaultError
	if !errors.As(err, &fault) || fault.Path != f.path || fault.Offset != 1<<16+1 {
		t.Errorf("%v", err)
	}
	if f.Close(); len(s.files) != 1 {
		t.Errorf("%d files are open", len(s.files))
	}
}

// TestOtherPanics: what is not about the file stays a panic.
func TestOtherPanics(t *testing.T) {
	f := cutShort(t, Open)
	for name, cause := range map[string]func(){
		"a panic":     func() { panic("mine") },
		"a nil map":   func() { func(m map[int]int) { m[0] = 1 }(nil) },
		"a nil file":  func() { var f *File; fmt.Fprint(io.Discard, f.data) },
		"another one": func() { fmt.Fprint(io.Discard, cutShort(t, Open).Bytes()[1<<17-1]) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s became an error", name)
				}
			}()
			var err error
			func() {
				defer f.Recover(&err, Watch())
				cause()
			}()
		}()
	}
}
