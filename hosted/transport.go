package hosted

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/sony/gobreaker/v2"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// Bounds of what is read and waited for.
const (
	maxAnswer     = 64 << 20
	maxMessage    = 500
	firstWait     = 500 * time.Millisecond
	longestWait   = time.Minute
	failuresToLag = 5 // in a row, after which a service is left alone
	lag           = 30 * time.Second
)

// transport sends requests to one service.
type transport struct {
	url     string
	key     string
	client  *retryablehttp.Client
	slots   chan struct{} // requests under way
	circuit *gobreaker.CircuitBreaker[response]
}

func newTransport(s *service, o Options) (*transport, error) {
	base := cmp.Or(o.URL, s.url)
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%q is not the URL of a service", base)
	}
	if u.User != nil {
		return nil, errors.New("the URL holds a password: give a key instead")
	}
	// As clients are told to, the version may be at the end of the URL.
	full := strings.TrimRight(base, "/")
	for _, version := range []string{"/v1", "/v2"} {
		if strings.HasPrefix(s.path, version+"/") {
			full = strings.TrimSuffix(full, version)
		}
	}
	c := retryablehttp.NewClient()
	c.Logger = nil
	if o.Client != nil {
		c.HTTPClient = o.Client
	}
	own := *c.HTTPClient
	own.Timeout = o.Timeout
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // a key goes nowhere else
	c.HTTPClient = &own
	c.RetryMax = max(0, cmp.Or(o.Retries, usualRetries))
	c.Backoff = wait
	c.CheckRetry = again
	c.ErrorHandler = retryablehttp.PassthroughErrorHandler
	t := &transport{url: full + s.path, key: o.Key, client: c, slots: make(chan struct{}, o.Concurrent)}
	t.circuit = gobreaker.NewCircuitBreaker[response](gobreaker.Settings{
		Timeout:      lag,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresToLag },
		IsSuccessful: func(err error) bool { return !momentary(err) },
	})
	return t, nil
}

// wait is how long to wait before a request is sent again: what the service says, or
// twice as long each time, less a random part of up to a half.
func wait(_, _ time.Duration, attempt int, answer *http.Response) time.Duration {
	if answer != nil {
		if d, ok := retryAfter(answer.Header.Get("Retry-After")); ok {
			return min(d, longestWait)
		}
	}
	d := min(longestWait, firstWait<<min(attempt, 10))
	return d - rand.N(d/2)
}

// retryAfter reads seconds or a date.
func retryAfter(value string) (time.Duration, bool) {
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 1<<20)) * time.Second, true
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at)), true
	}
	return 0, false
}

// again tells whether a request is worth sending again, and does not wait for what the
// context has no time for.
func again(ctx context.Context, answer *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		return retryablehttp.ErrorPropagatedRetryPolicy(ctx, answer, err)
	}
	if !momentaryStatus(answer.StatusCode) {
		return false, nil
	}
	deadline, bounded := ctx.Deadline()
	if d, ok := retryAfter(answer.Header.Get("Retry-After")); ok && bounded && time.Until(deadline) < d {
		return false, nil
	}
	return true, nil
}

func momentaryStatus(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500 && status != http.StatusNotImplemented
}

// statusError is an answer that is a refusal.
type statusError struct {
	status  int
	message string
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("%d %s", e.status, http.StatusText(e.status))
	if e.message != "" {
		text += ": " + e.message
	}
	return text
}

// momentary tells failures that say something of the service from those of a request.
func momentary(err error) bool {
	var refused *statusError
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &refused):
		return momentaryStatus(refused.status)
	}
	return true
}

// ask sends one request, in its turn.
func (t *transport) ask(ctx context.Context, s *service, r request) (response, error) {
	select {
	case t.slots <- struct{}{}:
	case <-ctx.Done():
		return response{}, ctx.Err()
	}
	defer func() { <-t.slots }()
	got, err := t.circuit.Execute(func() (response, error) { return t.send(ctx, s, r) })
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return got, errCircuit
	}
	return got, err
}

func (t *transport) send(ctx context.Context, s *service, r request) (response, error) {
	body, err := json.Marshal(s.encode(r))
	if err != nil {
		return response{}, err
	}
	q, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, t.url, body)
	if err != nil {
		return response{}, err
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Accept", "application/json")
	q.Header.Set("User-Agent", "rerank")
	if t.key != "" {
		q.Header.Set("Authorization", "Bearer "+t.key)
	}
	answer, err := t.client.Do(q)
	if err != nil {
		return response{}, t.hide(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return response{}, fmt.Errorf("reading the answer: %w", t.hide(err))
	case len(data) > maxAnswer:
		return response{}, fmt.Errorf("the answer has more than %d bytes", maxAnswer)
	case answer.StatusCode != http.StatusOK:
		return response{}, &statusError{answer.StatusCode, t.message(data)}
	}
	got, err := s.decode(data)
	if err != nil {
		return got, fmt.Errorf("the answer cannot be read: %w", err)
	}
	if warning := answer.Header.Get("X-API-Warning"); warning != "" {
		got.warnings = append(got.warnings, warning)
	}
	return got, nil
}

// message takes from a refusal what is for people.
func (t *transport) message(data []byte) string {
	var said struct {
		Message string          `json:"message"`
		Detail  json.RawMessage `json:"detail"`
		Error   json.RawMessage `json:"error"`
	}
	text := string(bytes.TrimSpace(data))
	if exactjson.UnmarshalLast(data, &said) == nil {
		text = cmp.Or(said.Message, plain(said.Detail), plain(said.Error), text)
	}
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + "…"
	}
	return t.redacted(text)
}

// plain is a text in JSON, or JSON itself.
func plain(data json.RawMessage) string {
	var text string
	if exactjson.UnmarshalLast(data, &text) == nil {
		return text
	}
	return string(data)
}

func (t *transport) redacted(text string) string {
	if t.key == "" {
		return text
	}
	return strings.ReplaceAll(text, t.key, "(key)")
}

// hide takes the key out of an error, which keeps what it wraps.
func (t *transport) hide(err error) error {
	if t.key == "" || !strings.Contains(err.Error(), t.key) {
		return err
	}
	return errors.New(t.redacted(err.Error()))
}
