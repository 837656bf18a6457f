package mapped

import (
	"fmt"
	"os"
	"path/filepath"
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
