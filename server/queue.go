package server

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// errFull says that no more requests can wait.
var errFull = errors.New("too many requests are waiting")

// queue lets so many requests compute at once and so many wait, those of the lowest
// number of priority first, then those that came first.
type queue struct {
	most, limit int

	mu      sync.Mutex
	running int
	waiting []*waiter // in the order they came
}

type waiter struct {
	priority int
	turn     chan error // nil: it is its turn
}

// enter waits for the turn of a request. Whoever gets it must leave. When the queue is
// full, the request that came last of those of the highest number is turned away.
func (q *queue) enter(ctx context.Context, priority int) error {
	w, err := q.join(priority)
	if err != nil || w == nil {
		return err
	}
	select {
	case err := <-w.turn:
		return err
	case <-ctx.Done():
		q.abandon(w)
		return ctx.Err()
	}
}

// join returns nil where it is the request's turn at once.
func (q *queue) join(priority int) (*waiter, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running < q.most {
		q.running++
		return nil, nil
	}
	w := &waiter{priority: priority, turn: make(chan error, 1)}
	q.waiting = append(q.waiting, w)
	if len(q.waiting) <= q.limit {
		return w, nil
	}
	last := 0
	for i, other := range q.waiting {
		if other.priority >= q.waiting[last].priority {
			last = i
		}
	}
	turned := q.remove(last)
	if turned == w {
		return nil, errFull
	}
	turned.turn <- errFull
	return w, nil
}

func (q *queue) remove(i int) *waiter {
	w := q.waiting[i]
	q.waiting = append(q.waiting[:i:i], q.waiting[i+1:]...)
	return w
}

// hopeless reports whether a request would be turned away whatever its priority: the
// queue is full of those that nobody comes before.
func (q *queue) hopeless() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running < q.most || len(q.waiting) < q.limit {
		return false
	}
	return !slices.ContainsFunc(q.waiting, func(w *waiter) bool { return w.priority > 0 })
}

// leave gives the turn to the next.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.running--
		return
	}
	first := 0
	for i, other := range q.waiting {
		if other.priority < q.waiting[first].priority {
			first = i
		}
	}
	q.remove(first).turn <- nil
}

// abandon takes a waiter out. It may have got its turn in this moment.
func (q *queue) abandon(w *waiter) {
	q.mu.Lock()
	for i, other := range q.waiting {
		if other == w {
			q.remove(i)
			q.mu.Unlock()
			return
		}
	}
	q.mu.Unlock()
	if err := <-w.turn; err == nil {
		q.leave()
	}
}

// length returns how many are waiting.
func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// atWork returns how many have their turn.
func (q *queue) atWork() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.running
}
