package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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

// TestInterruptedLoading: a command that hashes large weights ends when it is stopped.
func TestInterruptedLoading(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals here")
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../../crossencoder/testdata/tiny1")); err != nil {
		t.Fatal(err)
	}
	weights := filepath.Join(folder, "model.safetensors")
	if err := os.Truncate(weights, 7<<30); err != nil { // seconds of hashing, and no bytes on the disk
		t.Skipf("no sparse files here: %v", err)
	}
	for _, args := range [][]string{{"model", "info", folder}, {"sort", "lease", "--rerank", folder}} {
		code := -1 // it was not yet listening to signals
		for wait := 50 * time.Millisecond; code == -1 && wait < time.Minute; wait *= 2 {
			c := process(t, args...)
			c.Stdin = strings.NewReader("a\nb\n")
			var said strings.Builder
			c.Stderr = &said
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(wait)
			if err := c.Process.Signal(os.Interrupt); err != nil {
				t.Fatalf("%q ended by itself: %s", args, said.String())
			}
			_ = c.Wait()
			code = c.ProcessState.ExitCode()
		}
		if code != exitInterrupted {
			t.Errorf("%q ended with %d", args, code)
		}
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
