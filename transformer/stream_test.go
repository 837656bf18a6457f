package transformer

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func tiny(t testing.TB, p Precision, workers int) *Model {
	t.Helper()
	m, err := Load(os.DirFS("../biencoder/testdata/tiny"), Options{Precision: p, Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sequence is the ids of one that is told by a number.
func sequence(i int) []int32 {
	ids := make([]int32, 1+i*13%64)
	for j := range ids {
		ids[j] = int32((i*31 + j*7) % 100)
	}
	return ids
}

// states computes some sequences from a number on.
func states(ctx context.Context, m *Model, from, n int) ([][]float32, error) {
	out := make([][]float32, n)
	err := m.Stream(ctx, Job{
		Sequences: n,
		Fill:      func(i int, b *Batch) { b.IDs = append(b.IDs, sequence(from+i)...) },
		Visit: func(i int, states []float32) error {
			out[i] = slices.Clone(states)
			return nil
		},
	})
	return out, err
}

// idle fails unless all workers of a model are free and no more scratches were
// made than there are workers.
func idle(t *testing.T, m *Model) {
	t.Helper()
	for range cap(m.workers.slots) { // a late helper gives its place back soon
		if err := m.workers.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(m.workers.free); n > cap(m.workers.slots) {
		t.Errorf("%d scratches of %d workers", n, cap(m.workers.slots))
	}
	for range cap(m.workers.slots) {
		m.workers.release()
	}
}

// TestManyCallers: whoever computes beside whom, and in however many turns, the
// states are those computed alone.
func TestManyCallers(t *testing.T) {
	for _, p := range []Precision{FP32, INT8} {
		want, err := states(t.Context(), tiny(t, p, 1), 0, 120)
		if err != nil {
			t.Fatal(err)
		}
		m := tiny(t, p, 3)
		var group sync.WaitGroup
		for caller := range 8 {
			group.Go(func() {
				for round := range 4 {
					from, n := (caller*31+round*57)%80, 1+(caller*37+round*91)%40
					got, err := states(t.Context(), m, from, n)
					if err != nil {
						t.Error(err)
						return
					}
					for i := range got {
						if !slices.Equal(got[i], want[from+i]) {
							t.Errorf("%s: sequence %d differs", p, from+i)
							return
						}
					}
				}
			})
		}
		group.Wait()
		idle(t, m)
	}
}

// TestSmallJobDoesNotWait: a caller with little to do is served between the
// turns of one with much.
func TestSmallJobDoesNotWait(t *testing.T) {
	m := tiny(t, INT8, 1)
	const huge = 1000
	var done atomic.Int64
	began, ended := make(chan struct{}), make(chan struct{})
	var once sync.Once
	go func() {
		defer close(ended)
		err := m.Stream(t.Context(), Job{
			Sequences: huge,
			Fill:      func(i int, b *Batch) { b.IDs = append(b.IDs, sequence(i)...) },
			Visit: func(int, []float32) error {
				done.Add(1)
				once.Do(func() { close(began) })
				return nil
			},
		})
		if err != nil {
			t.Error(err)
		}
	}()
	<-began
	if _, err := states(t.Context(), m, 0, 1); err != nil {
		t.Error(err)
	}
	if n := done.Load(); n >= huge {
		t.Errorf("the small job waited for all of %d sequences", n)
	}
	<-ended
	idle(t, m)
}

func TestCancelledWhileWaiting(t *testing.T) {
	m := tiny(t, INT8, 1)
	if err := m.workers.acquire(t.Context()); err != nil { // the only worker
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() {
		_, err := states(ctx, m, 0, 10)
		result <- err
	}()
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	m.workers.release()
	idle(t, m)
}

// TestCancelledWhileRunning: once Stream has returned, nothing visits any more.
func TestCancelledWhileRunning(t *testing.T) {
	m := tiny(t, INT8, 3)
	for range 8 {
		ctx, cancel := context.WithCancel(t.Context())
		var visits atomic.Int64
		var over atomic.Bool
		err := m.Stream(ctx, Job{
			Sequences: 2000,
			Fill:      func(i int, b *Batch) { b.IDs = append(b.IDs, sequence(i)...) },
			Visit: func(int, []float32) error {
				if over.Load() {
					t.Error("visited after the end")
				}
				if visits.Add(1) == 30 {
					cancel()
				}
				return nil
			},
		})
		over.Store(true)
		if !errors.Is(err, context.Canceled) || visits.Load() >= 2000 {
			t.Errorf("error %v after %d visits", err, visits.Load())
		}
		cancel()
	}
	idle(t, m)
}

// TestOneBadSequence: an error in one ends the job, whoever meets it.
func TestOneBadSequence(t *testing.T) {
	for _, workers := range []int{1, 4} {
		m := tiny(t, INT8, workers)
		for _, bad := range []int{0, 1, 50, 299} {
			fills := make([]atomic.Int32, 300)
			err := m.Stream(t.Context(), Job{
				Sequences: len(fills),
				Fill: func(i int, b *Batch) {
					fills[i].Add(1)
					if i == bad {
						b.IDs = append(b.IDs, -7)
						return
					}
					b.IDs = append(b.IDs, sequence(i)...)
				},
				Visit: func(i int, _ []float32) error {
					if i == bad {
						t.Error("the bad sequence has states")
					}
					return nil
				},
			})
			if err == nil {
				t.Errorf("%d workers: no error of sequence %d", workers, bad)
			}
			for i := range fills {
				if fills[i].Load() > 1 {
					t.Errorf("sequence %d was filled %d times", i, fills[i].Load())
				}
			}
		}
		idle(t, m)
	}
}

func TestVisitorFails(t *testing.T) {
	for _, workers := range []int{1, 3} {
		m, broken := tiny(t, INT8, workers), errors.New("broken")
		err := m.Stream(t.Context(), Job{
			Sequences: 300,
			Fill:      func(i int, b *Batch) { b.IDs = append(b.IDs, sequence(i)...) },
			Visit: func(i int, _ []float32) error {
				if i == 70 {
					return broken
				}
				return nil
			},
		})
		if !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
		idle(t, m)
	}
}

func TestNothingToDo(t *testing.T) {
	if err := tiny(t, INT8, 2).Stream(t.Context(), Job{}); err != nil {
		t.Error(err)
	}
}

// TestAllocations: what a call allocates does not depend on how much it
// computes.
func TestAllocations(t *testing.T) {
	for _, p := range []Precision{FP32, INT8} {
		m := tiny(t, p, 1)
		ids := sequence(4)
		allocations := func(n int) float64 {
			j := Job{Sequences: n, Fill: func(_ int, b *Batch) { b.IDs = append(b.IDs, ids...) }, Visit: func(int, []float32) error { return nil }}
			return testing.AllocsPerRun(3, func() {
				if err := m.Stream(t.Context(), j); err != nil {
					t.Error(err)
				}
			})
		}
		one, many := allocations(1), allocations(40)
		if many > one || one > 4 {
			t.Errorf("%s: %v allocations for one sequence, %v for 40", p, one, many)
		}
	}
}
