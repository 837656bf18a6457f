package index

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	rerank "github.com/flashrerank/rerank"
)

// The crash test runs this test binary as a child that commits a stream of
// batches, and kills it.
const (
	crashDirectory = "RERANK_TEST_CRASH_DIRECTORY" // makes the binary the child
	crashSeed      = "RERANK_TEST_CRASH_SEED"
	crashKills     = "RERANK_CRASH_KILLS"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDirectory); dir != "" {
		if err := crashChild(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// crashBatch is batch n of the stream. The document "last" tells n.
func crashBatch(seed, n uint64) *Batch {
	b := randomBatch(rand.New(rand.NewPCG(seed, n)), 40, 200)
	b.Put(Entry{Document: rerank.Document{ID: "last", Text: strconv.FormatUint(n, 10)}})
	return b
}

// crashLast returns how many batches of the stream an index holds.
func crashLast(x *Index) (n uint64, err error) {
	s, err := x.Snapshot()
	if err != nil {
		return 0, err
	}
	defer s.Close()
	doc, found, err := s.Find("last")
	if err != nil || !found {
		return 0, err
	}
	d, err := s.Document(doc)
	if err != nil {
		return 0, err
	}
	n, err = strconv.ParseUint(d.Text, 10, 64)
	return n + 1, err
}

// crashChild commits batches from where the index stands and acknowledges each
// on its output, with merges in between and beside, until it is killed.
func crashChild(dir string) error {
	seed, err := strconv.ParseUint(os.Getenv(crashSeed), 10, 64)
	if err != nil {
		return err
	}
	x, err := Open(dir)
	if err != nil {
		return err
	}
	w, err := x.Writer()
	if err != nil {
		return err
	}
	n, err := crashLast(x)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	var merging chan error // of a merge under way
	for ; ; n++ {
		if n%6 == 2 {
			merging = make(chan error, 1)
			go func(done chan<- error) { done <- w.Merge(ctx) }(merging)
		}
		if n%6 == 5 && merging != nil {
			if err := <-merging; err != nil {
				return err
			}
		}
		if _, err := w.Commit(ctx, crashBatch(seed, n)); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// TestKill kills a committing process at random moments: after each kill the
// index must open and hold every acknowledged batch whole, and of the one under
// way all or nothing.
func TestKill(t *testing.T) {
	kills := 10
	if v := os.Getenv(crashKills); v != "" {
		var err error
		if kills, err = strconv.Atoi(v); err != nil {
			t.Fatalf("%s: %v", crashKills, err)
		}
	}
	seed := uint64(time.Now().UnixNano())
	r := newRand(t, seed)
	dir := filepath.Join(t.TempDir(), "index")
	x, err := Create(dir, testOptions)
	if err != nil {
		t.Fatal(err)
	}
	x.Close()
	want, batches := corpus{}, uint64(0)
	for kill := range kills {
		acknowledged := killChild(t, dir, seed, r)
		if x, err = Open(dir); err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		n, err := crashLast(x)
		if err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		if low := max(acknowledged, batches); n < low || n > low+1 {
			t.Fatalf("kill %d: %d batches are there; %d were acknowledged", kill, n, low)
		}
		for ; batches < n; batches++ {
			want = want.apply(crashBatch(seed, batches))
		}
		checkIndex(t, x, want)
		x.Close()
	}
	t.Logf("%d kills, %d batches", kills, batches)
}

// killChild runs a child until a random moment and returns how many batches of
// the stream it has acknowledged by then, or 0.
func killChild(t *testing.T, dir string, seed uint64, r *rand.Rand) (acknowledged uint64) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), crashDirectory+"="+dir, fmt.Sprintf("%s=%d", crashSeed, seed))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() { // "ready": no kill falls into the time before
		t.Fatalf("the child did not start: %v", child.Wait())
	}
	moment := time.AfterFunc(time.Duration(r.Int64N(int64(150*time.Millisecond))), func() { _ = child.Process.Kill() })
	defer moment.Stop()
	for lines.Scan() {
		n, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			t.Fatalf("the child says %q", lines.Text())
		}
		acknowledged = n + 1
	}
	var exit *exec.ExitError
	if err := child.Wait(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() == 1) {
		t.Fatalf("the child: %v", err)
	}
	return acknowledged
}
