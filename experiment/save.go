package experiment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/flashrerank/rerank/dataset"
)

// save writes what a system found, if that is wanted.
func (r *run) save(t *trial) error {
	dir := r.options.SaveRuns
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("saving the run: %w", err)
	}
	name := r.fileName(t.system.name)
	path := filepath.Join(dir, name+".run")
	f, err := os.Create(path + ".new")
	if err != nil {
		return fmt.Errorf("saving the run: %w", err)
	}
	tabs, err := dataset.WriteRun(f, t.lists, r.data.ids(), name)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("saving the run: %w", errors.Join(err, os.Remove(f.Name())))
	}
	r.tabbed = r.tabbed || tabs
	return nil
}

const longestName = 100 // in characters

// fileName makes a name for a file of a system's: letters, digits and a few
// signs, and different from those before, in lower case too.
func (r *run) fileName(system string) string {
	words := strings.FieldsFunc(system, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("._@+=", c)
	})
	stem := strings.ReplaceAll(strings.Join(words, "-"), "-@", "@")
	if long := []rune(stem); len(long) > longestName {
		stem = string(long[:longestName])
	}
	if stem = strings.Trim(stem, ".-"); stem == "" {
		stem = "system"
	}
	name := stem
	for n := 2; r.saved[strings.ToLower(name)]; n++ {
		name = stem + "-" + strconv.Itoa(n)
	}
	r.saved[strings.ToLower(name)] = true
	return name
}
