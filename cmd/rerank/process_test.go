package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// asCommand makes the test binary the command itself, in a process of its own.
const asCommand = "RERANK_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, args...)
	c.Env = append(os.Environ(), asCommand+"=1")
	return c
}

// documents is what an index holds: texts by ID.
type documents map[string]string

func contentOf(t *testing.T, dir string) documents {
	t.Helper()
	d := documents{}
	for _, x := range documentsOf(t, dir) {
		d[x.ID] = x.Text
	}
	return d
}

// lines writes some of the IDs d0 to d79 as documents of a step.
func (d documents) lines(step int, r *rand.Rand) string {
	var b strings.Builder
	for i := range 80 {
		if r.IntN(3) > 0 {
			id := fmt.Sprint("d", i)
			d[id] = fmt.Sprintf("step %d of text %d", step, i)
			fmt.Fprintf(&b, `{"_id":%q,"text":%q}`+"\n", id, d[id])
		}
	}
	return b.String()
}

// TestKillCommand kills commands that write at random moments: afterwards the
// index holds what it held or all that the command was to make of it, and the
// next command finds nothing in its way.
func TestKillCommand(t *testing.T) {
	kills := 5
	if v := os.Getenv("RERANK_CRASH_KILLS"); v != "" {
		var err error
		if kills, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	parent := t.TempDir()
	dir, input := filepath.Join(parent, "index"), filepath.Join(parent, "documents.jsonl")
	before := documents{}
	write(t, input, before.lines(0, r))
	started := time.Now()
	if out, err := process(t, "index", "-q", "-o", dir, input).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var longest [3]time.Duration // of each kind of command; some are done before they are killed
	for kind := range longest {
		longest[kind] = time.Since(started)
	}
	finished := 0
	for step := 1; step <= kills; step++ {
		after, args := documents{}, []string{"index", "-q", "-o", dir, "--overwrite", input}
		switch step % 3 {
		case 1:
			write(t, input, after.lines(step, r))
		case 2:
			after, args[4] = maps.Clone(before), "--append"
			write(t, input, after.lines(step, r))
		default:
			after, args = maps.Clone(before), []string{"delete", "-q", dir, "--purge"}
			for i := range 40 {
				args = append(args, fmt.Sprint("d", 2*i))
				delete(after, args[len(args)-1])
			}
		}
		started := time.Now()
		if killed(t, r, longest[step%3], args) {
			finished++
			before = after
			longest[step%3] = time.Since(started) * 5 / 4
		}
		got := contentOf(t, dir)
		if !maps.Equal(got, before) && !maps.Equal(got, after) {
			t.Fatalf("step %d, %q: the index holds %d documents; %d before and %d after", step, args, len(got), len(before), len(after))
		}
		before = got
	}
	t.Logf("%d kills, %d commands had ended", kills, finished)
	succeed(t, "", "index", "-q", "-o", dir, "--overwrite", input)
	if entries, err := os.ReadDir(parent); err != nil || len(entries) != 2 {
		t.Errorf("left beside the index: %v, %v", entries, err)
	}
}

// killed runs a command and kills it at a random moment; it reports whether the
// command was done before.
func killed(t *testing.T, r *rand.Rand, longest time.Duration, args []string) (done bool) {
	t.Helper()
	c := process(t, args...)
	var said strings.Builder
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	moment := time.AfterFunc(time.Duration(r.Int64N(int64(longest))), func() { _ = c.Process.Kill() })
	defer moment.Stop()
	err := c.Wait()
	if err != nil && c.ProcessState.ExitCode() > 0 && !(runtime.GOOS == "windows" && said.Len() == 0) {
		t.Fatalf("%q: %v: %s", args, err, said.String())
	}
	return err == nil
}

// TestInterruptedProcess: a command that is stopped by a signal says so, ends with 130
// and leaves nothing behind.
func TestInterruptedProcess(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals here")
	}
	parent := t.TempDir()
	c := process(t, "index", "-o", filepath.Join(parent, "index"), "-")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write([]byte(strings.Repeat(corpus, 50))); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { // it has begun
		entries, err := os.ReadDir(parent)
		return err == nil && len(entries) == 1
	})
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitInterrupted || !strings.Contains(said.String(), "stopped") {
		t.Errorf("%d: %s", code, said.String())
	}
	if entries, err := os.ReadDir(parent); err != nil || len(entries) != 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
}

func eventually(t *testing.T, true func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !true() {
		select {
		case <-ctx.Done():
			t.Fatal("it does not come")
		case <-time.After(time.Millisecond):
		}
	}
}

// TestFullDisk: a full disk is told as such.
func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	dir := filepath.Join(t.TempDir(), "index")
	succeed(t, corpus, "index", "-o", dir, "-")
	var said strings.Builder
	if code := run(t.Context(), []string{"export", dir}, strings.NewReader(""), full, &said); code != exitFailure || !strings.Contains(said.String(), "The disk is full") {
		t.Errorf("%d: %s", code, said.String())
	}
}

// TestExitCodesTold: the codes of the help, of the page and of the program are the same.
func TestExitCodesTold(t *testing.T) {
	page, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	_, help, _ := strings.Cut(rootHelp, "Exit codes:\n")
	_, table, _ := strings.Cut(string(page), "| exit code | means |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var told, listed []string
	for line := range strings.Lines(help) {
		if word := strings.Fields(line)[0]; strings.Trim(word, "0123456789") == "" {
			told = append(told, word)
		}
	}
	for row := range strings.Lines(table) {
		if word := strings.Fields(strings.Trim(row, "| "))[0]; strings.Trim(word, "0123456789") == "" {
			listed = append(listed, word)
		}
	}
	want := fmt.Sprint([]int{exitOK, exitFailure, exitUsage, exitInterrupted})
	if fmt.Sprint(told) != want || fmt.Sprint(listed) != want {
		t.Errorf("the help has %v, the page %v, the program %s", told, listed, want)
	}
}
