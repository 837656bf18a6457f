package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	attempts    = 5
	backoff     = time.Second
	longestWait = time.Minute
	idle        = 30 * time.Second // how long a server may stay silent
)

// http returns the client for requests. A token goes to the endpoint's host
// alone: whatever that redirects to gets none.
func (c *Client) http() *http.Client {
	base := c.HTTP
	if base == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.ResponseHeaderTimeout = idle
		transport.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
		base = &http.Client{Transport: transport}
	}
	copied := *base
	copied.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if len(via) > 10 {
			return errors.New("too many redirects")
		}
		if r.URL.Scheme == "http" && via[0].URL.Scheme == "https" {
			return errors.New("a redirect to an address without encryption")
		}
		if r.URL.Host != via[0].URL.Host {
			r.Header.Del("Authorization")
		}
		return nil
	}
	return &copied
}

// get asks for a URL, from a byte on, until it is answered or the attempts are
// used up. The caller closes the body.
func (c *Client) get(ctx context.Context, url string, from int64) (*http.Response, error) {
	wait := cmp.Or(c.Backoff, backoff)
	for attempt := 1; ; attempt++ {
		response, err := c.once(ctx, url, from)
		if err == nil || attempt >= cmp.Or(c.Attempts, attempts) || !isTemporary(err) || ctx.Err() != nil {
			return response, err
		}
		pause := wait
		var refused *refusal
		if errors.As(err, &refused) && refused.wait > 0 {
			pause = min(refused.wait, longestWait)
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
		wait = min(2*wait, longestWait)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// silenced is a body whose request is cancelled when nothing comes for a while.
type silenced struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	idle   time.Duration
}

func (c *Client) silenced(ctx context.Context, cancel context.CancelCauseFunc) *silenced {
	s := &silenced{ctx: ctx, cancel: cancel, idle: cmp.Or(c.Idle, idle)}
	s.timer = time.AfterFunc(s.idle, func() { cancel(fmt.Errorf("the server was silent for %v", s.idle)) })
	return s
}

// Read reads from the body and says why it ended early.
func (s *silenced) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if n > 0 {
		s.timer.Reset(s.idle)
	}
	if err != nil && err != io.EOF && s.ctx.Err() != nil {
		err = context.Cause(s.ctx)
	}
	return n, err
}

// Close ends the request.
func (s *silenced) Close() error {
	s.timer.Stop()
	s.cancel(nil)
	return s.ReadCloser.Close()
}

func (c *Client) once(outer context.Context, address string, from int64) (_ *http.Response, err error) {
	ctx, cancel := context.WithCancelCause(outer)
	body := c.silenced(ctx, cancel)
	defer func() {
		if err != nil {
			body.timer.Stop()
			cancel(nil)
		}
	}()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "rerank")
	request.Header.Set("Accept-Encoding", "identity")
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if from > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	response, err := c.http().Do(request)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && outer.Err() == nil {
			return nil, fmt.Errorf("%w: %w", errCut, cause)
		}
		return nil, withoutQuery(err)
	}
	body.ReadCloser, response.Body = response.Body, body
	if response.StatusCode == http.StatusOK || response.StatusCode == http.StatusPartialContent {
		return response, nil
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 1<<16) // so that the connection can be used again
	return nil, newRefusal(response)
}

// withoutQuery takes out of an error what addresses of stored files carry behind
// a question mark: signatures that give access.
func withoutQuery(err error) error {
	var failed *url.Error
	if !errors.As(err, &failed) {
		return err
	}
	if u, parseErr := url.Parse(failed.URL); parseErr == nil {
		u.RawQuery = ""
		failed.URL = u.String()
	}
	return failed
}

// refusal is an answer that is none.
type refusal struct {
	status int
	code   string // X-Error-Code
	wait   time.Duration
}

func newRefusal(r *http.Response) *refusal {
	out := &refusal{status: r.StatusCode, code: r.Header.Get("X-Error-Code")}
	if seconds, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil && seconds > 0 {
		out.wait = time.Duration(min(seconds, 3600)) * time.Second
	}
	return out
}

func (r *refusal) Error() string {
	text := fmt.Sprintf("the server answered %d %s", r.status, http.StatusText(r.status))
	if r.code != "" {
		text += fmt.Sprintf(" (%.40q)", r.code)
	}
	if meaning := r.Unwrap(); meaning != nil {
		text += ": " + meaning.Error()
	}
	return text
}

// Unwrap tells what the refusal means. The Hub answers 401 for what is private and
// for what does not exist.
func (r *refusal) Unwrap() error {
	switch {
	case r.code == "GatedRepo":
		return ErrGated
	case r.status == http.StatusNotFound, r.code == "RepoNotFound":
		return ErrNotFound
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		return ErrUnauthorized
	}
	return nil
}

// isTemporary reports whether asking again may help.
func isTemporary(err error) bool {
	var refused *refusal
	if errors.As(err, &refused) {
		switch refused.status {
		case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
			http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	var failed net.Error
	return errors.As(err, &failed) || errors.Is(err, io.ErrUnexpectedEOF) || isCut(err)
}
