package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// kills returns how often a test kills a process, and by what chance.
func kills(t *testing.T) (int, *rand.Rand) {
	t.Helper()
	n := 5
	if v := os.Getenv("RERANK_CRASH_KILLS"); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return n, rand.New(rand.NewPCG(seed, 0))
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
	kills, r := kills(t)
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

// TestKillSync kills index --sync: the index is in line with the folder as it was
// or as it is, never between.
func TestKillSync(t *testing.T) {
	kills, r := kills(t)
	parent := t.TempDir()
	dir, from := filepath.Join(parent, "index"), filepath.Join(parent, "folder")
	if err := os.Mkdir(from, 0o700); err != nil {
		t.Fatal(err)
	}
	args := []string{"index", "-q", "-o", dir, "--sync", from}
	before, longest, finished := documents{}, 200*time.Millisecond, 0
	for step := range kills {
		after := folder(t, from, step, r)
		started := time.Now()
		if killed(t, r, longest, args) {
			finished++
			before = after
			longest = time.Since(started) * 5 / 4
		}
		if _, err := os.Stat(dir); err != nil && len(before) == 0 { // the first one was killed
			continue
		}
		got := contentOf(t, dir)
		if !maps.Equal(got, before) && !maps.Equal(got, after) {
			t.Fatalf("step %d: the index holds %d documents; %d before and %d after", step, len(got), len(before), len(after))
		}
		before = got
	}
	t.Logf("%d kills, %d commands had ended", kills, finished)
	want := folder(t, from, kills, r)
	succeed(t, "", args...)
	if got := contentOf(t, dir); !maps.Equal(got, want) {
		t.Errorf("the index holds %d documents at the end, not the %d of the folder", len(got), len(want))
	}
	if entries, err := os.ReadDir(parent); err != nil || len(entries) != 2 {
		t.Errorf("left beside the index: %v, %v", entries, err)
	}
}

// folder writes, deletes and renames files of a folder by chance and returns the
// documents that an index of it holds then.
func folder(t *testing.T, from string, step int, r *rand.Rand) documents {
	t.Helper()
	const files = 40
	name := func(i int) string { return fmt.Sprintf("file%d.txt", i) }
	for i := range files {
		path := filepath.Join(from, name(i))
		var err error
		switch r.IntN(5) {
		case 0:
			err = os.RemoveAll(path)
		case 1:
			write(t, path, fmt.Sprintf("step %d of file %d", step, i))
		case 2:
			err = os.Rename(path, filepath.Join(from, name(r.IntN(files))))
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	d := documents{}
	for i := range files {
		if text, err := os.ReadFile(filepath.Join(from, name(i))); err == nil {
			d[filepath.Base(from)+"/"+name(i)] = string(text)
		}
	}
	return d
}

// TestKillServer kills a server to which two clients write. Each change that was
// acknowledged is there, of those under way all or nothing, and the server starts
// again.
func TestKillServer(t *testing.T) {
	kills, r := kills(t)
	parent := t.TempDir()
	dir := filepath.Join(parent, "index")
	succeed(t, "", "index", "-q", "-o", dir, "-")
	// No model, which would take most of the time to start.
	config := write(t, filepath.Join(parent, "serve.yaml"), "search: {stages: [{rerank: none}]}\nmodels: [{name: words, rerank: bm25}]\n")
	clients := []*client{{name: "a", told: make(chan struct{}, 1)}, {name: "b", told: make(chan struct{}, 1)}}
	longest := 20 * time.Millisecond // such that most servers have acknowledged something
	for kill := range kills {
		before := clients[0].changes + clients[1].changes
		killServer(t, clients, time.Duration(r.Int64N(int64(longest))), "serve", "--config", config, "--listen", "127.0.0.1:0", "--index", dir)
		if clients[0].changes+clients[1].changes > before {
			longest = longest * 9 / 10
		} else {
			longest *= 2
		}
		got := contentOf(t, dir)
		for _, c := range clients {
			mine := maps.Clone(got)
			maps.DeleteFunc(mine, func(id, _ string) bool { return !strings.HasPrefix(id, c.name) })
			maps.DeleteFunc(got, func(id, _ string) bool { return strings.HasPrefix(id, c.name) })
			if !maps.Equal(mine, c.acknowledged) && !maps.Equal(mine, c.sent) {
				t.Fatalf("kill %d, client %s, change %d: the index holds %d of its documents; %d were acknowledged and %d sent",
					kill, c.name, c.changes, len(mine), len(c.acknowledged), len(c.sent))
			}
			c.acknowledged = mine
		}
		if len(got) > 0 {
			t.Fatalf("kill %d: nobody has sent %q", kill, got)
		}
	}
	t.Logf("%d kills, %d and %d changes", kills, clients[0].changes, clients[1].changes)
	if clients[0].changes == 0 || clients[1].changes == 0 {
		t.Error("nothing was changed")
	}
}

// killServer starts a server, lets the clients write for some time and kills it.
func killServer(t *testing.T, clients []*client, after time.Duration, args ...string) {
	t.Helper()
	server := process(t, args...)
	stderr, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	lines, said, address := bufio.NewScanner(stderr), "", ""
	for address == "" && lines.Scan() {
		said += lines.Text() + "\n"
		_, address, _ = strings.Cut(lines.Text(), "listening on ")
	}
	if address == "" {
		t.Fatalf("the server did not start: %v: %s", server.Wait(), said)
	}
	fresh := slices.DeleteFunc(slices.Clone(clients), func(c *client) bool { return c.changes > 0 })
	var log, writing sync.WaitGroup
	log.Go(func() { _, _ = io.Copy(io.Discard, stderr) })
	for _, c := range clients {
		writing.Go(func() {
			if err := c.write(address); err != nil {
				t.Errorf("client %s, change %d: %v", c.name, c.changes, err)
			}
		})
	}
	for _, c := range fresh { // however busy the machine is, the first server lives until something is acknowledged
		<-c.told
	}
	time.Sleep(after)
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	writing.Wait()
	log.Wait()
	_ = server.Wait() // it was killed
}

// client changes its own documents, until the server is gone.
type client struct {
	name               string
	changes            int           // acknowledged
	acknowledged, sent documents     // what the index is to hold, without and with the change under way
	told               chan struct{} // that a change was acknowledged, or that none will be
}

func (c *client) write(address string) error {
	connection := &http.Client{Transport: &http.Transport{}}
	defer connection.CloseIdleConnections()
	tell := func() {
		select {
		case c.told <- struct{}{}:
		default:
		}
	}
	defer tell()
	for {
		body := c.change()
		answer, err := connection.Post(address+"/documents", "application/json", strings.NewReader(body))
		if err != nil {
			return nil // it was killed
		}
		said, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%d: %s", answer.StatusCode, said)
		}
		if err != nil {
			return nil
		}
		c.changes++
		c.acknowledged = c.sent
		tell()
	}
}

// change puts ten documents, some in place of others, and deletes one.
func (c *client) change() (body string) {
	c.sent = maps.Clone(c.acknowledged)
	if c.sent == nil {
		c.sent = documents{}
	}
	id := func(i int) string { return fmt.Sprint(c.name, i%200) }
	gone := id(13 * c.changes)
	delete(c.sent, gone)
	var puts []string
	for i := range 10 {
		name, text := id(7*c.changes+i), fmt.Sprintf("change %d", c.changes)
		c.sent[name] = text
		puts = append(puts, fmt.Sprintf(`{"id":%q,"text":%q}`, name, text))
	}
	return fmt.Sprintf(`{"delete":[%q],"documents":[%s]}`, gone, strings.Join(puts, ","))
}
