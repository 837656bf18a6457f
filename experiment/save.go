package experiment

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/internal/durable"
)

// save writes what a system found, if that is wanted.
func (r *run) save(t *trial) error {
	dir := r.options.SaveRuns
	if dir == "" {
		return nil
	}
	if err := durable.MakeFolder(dir); err != nil {
		return fmt.Errorf("saving the run: %w", err)
	}
	name := r.fileName(t.system.name)
	tabs := false
	err := durable.Replace(filepath.Join(dir, name+".run"), func(w io.Writer) (err error) {
		tabs, err = dataset.WriteRun(w, t.lists, r.data.ids(), name)
		return err
	})
	if err != nil {
		return fmt.Errorf("saving the run: %w", err)
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
