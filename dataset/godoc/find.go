package godoc

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/flashrerank/rerank/internal/regular"
)

// Standard returns the folder of the standard library's source: src below the
// GOROOT that the environment variable names, that the running program was
// built with, or that the command go tells, whichever exists first.
func Standard() (string, error) {
	for _, root := range []func() string{
		func() string { return os.Getenv("GOROOT") },
		runtimeRoot,
		func() string {
			out, err := exec.Command("go", "env", "GOROOT").Output()
			if err != nil {
				return ""
			}
			return strings.TrimSpace(string(out))
		},
	} {
		dir := root()
		if dir == "" {
			continue
		}
		src := filepath.Join(dir, "src")
		if _, err := os.Stat(filepath.Join(src, "bufio")); err == nil {
			return src, nil
		}
	}
	return "", errors.New("source of the Go standard library: none found; set GOROOT or put the command go on the PATH")
}

// runtimeRoot is the GOROOT linked into the program. It is asked for because a
// demo may run without the command go on the PATH.
func runtimeRoot() string {
	return runtime.GOROOT() //lint:ignore SA1019 empty where it is unknown, and checked to exist
}

// findPackages lists the folders with Go files below root.
func findPackages(root string, o Options) ([]source, error) {
	module, err := modulePath(root)
	if err != nil {
		return nil, err
	}
	var packages []source
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() {
			return nil
		}
		if name != root && skipFolder(name, entry.Name(), o) {
			return fs.SkipDir
		}
		files, err := goFiles(name)
		if err != nil || len(files) == 0 {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(rel)
		packages = append(packages, source{root: root, folder: folder, module: module, importPath: joinPath(module, folder), files: files})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("go packages below %s: %w", root, err)
	}
	slices.SortFunc(packages, func(a, b source) int { return strings.Compare(a.importPath, b.importPath) })
	return packages, nil
}

func joinPath(module, folder string) string {
	if p := path.Join(module, folder); p != "." {
		return p
	}
	return ""
}

// skipFolder says which folders below the root are not entered.
func skipFolder(name, base string, o Options) bool {
	switch {
	case strings.HasPrefix(base, "."), strings.HasPrefix(base, "_"):
		return true
	case base == "internal":
		return !o.Internal
	case base == "vendor":
		return !o.Vendor
	case base == "testdata":
		return !o.Testdata
	}
	_, err := os.Stat(filepath.Join(name, "go.mod"))
	return err == nil
}

// goFiles returns the names of the Go files in a folder, tests excepted.
func goFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") ||
			strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
			continue
		}
		names = append(names, name)
	}
	return names, nil
}

// modulePath returns the path that import paths start with: what the go.mod in
// root says, and nothing for the standard library or where there is none.
func modulePath(root string) (string, error) {
	f, err := regular.Open(filepath.Join(root, "go.mod"))
	if errors.Is(err, fs.ErrNotExist) {
		if info, statErr := os.Stat(root); statErr != nil {
			return "", fmt.Errorf("go packages: %w", statErr)
		} else if !info.IsDir() {
			return "", fmt.Errorf("go packages: %s is not a folder", root)
		}
		return "", nil
	} else if err != nil {
		return "", fmt.Errorf("go packages: %w", err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != "module" {
			continue
		}
		module := fields[1]
		if unquoted, err := strconv.Unquote(module); err == nil {
			module = unquoted
		}
		if module == "std" {
			return "", nil
		}
		return module, nil
	}
	return "", fmt.Errorf("go packages: %s has no module line", filepath.Join(root, "go.mod"))
}
