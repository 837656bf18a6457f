package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExplicitZeroOfSettings: a zero that somebody gives a server is honoured or
// refused, as a flag, in the environment and in the file.
func TestExplicitZeroOfSettings(t *testing.T) {
	refused := map[string]bool{"max-body": true, "max-documents": true, "timeout": true, "concurrent": true, "workers": true, "bulk-timeout": true}
	taken := map[string]bool{"max-tokens": true, "queue": true, "idle": true, "cache": true}
	for _, s := range serveSettings {
		if !refused[s.name] && !taken[s.name] {
			continue
		}
		value := "0"
		if s.name == "idle" || strings.HasSuffix(s.name, "timeout") {
			value = "0s"
		}
		key := strings.ReplaceAll(s.name, "-", "_")
		file := filepath.Join(t.TempDir(), "serve.yaml")
		if err := os.WriteFile(file, []byte(key+": "+value+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		never := func(string) (string, bool) { return "", false }
		c, inFile := readServeConfig(file, never)
		if inFile == nil && s.name == "queue" && (c.Queue == nil || *c.Queue != 0) {
			t.Errorf("queue: 0 in the file is %v", c.Queue)
		}
		_, asFlag := readServeConfig("", func(name string) (string, bool) { return value, name == s.name })
		t.Setenv(s.variable(), value)
		_, asVariable := readServeConfig("", never)
		if err := os.Unsetenv(s.variable()); err != nil {
			t.Fatal(err)
		}
		for where, err := range map[string]error{"the file": inFile, "a flag": asFlag, "the environment": asVariable} {
			if (err != nil) != refused[s.name] || err != nil && !strings.Contains(err.Error(), "0 is not possible") {
				t.Errorf("%s %s in %s: %v", s.name, value, where, err)
			}
		}
	}
}

// TestExplicitZeroOfFlags: a count or a time of 0 is refused where it cannot be had.
func TestExplicitZeroOfFlags(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{"search", dir, "a", "-n", "0"}, {"search", dir, "a", "--depth", "0"}, {"search", dir, "a", "--within", "0s"}, {"search", dir, "a", "--timeout", "0s"},
		{"compare", dir, "a", "-n", "0"}, {"compare", dir, "a", "--depth", "0"}, {"sort", "a", "--within", "0s"}, {"demo", "a", "-n", "0"},
	} {
		got := command(t, "", args...)
		if got.code != exitUsage || !strings.Contains(got.stderr, "at least 1") && !strings.Contains(got.stderr, "above 0") {
			t.Errorf("%q: %q, exit code %d", args, got.stderr, got.code)
		}
	}
}
