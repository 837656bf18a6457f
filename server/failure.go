package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/hosted"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/exactjson"
)

// failure is what went wrong with a request, before a dialect puts it into its words.
type failure struct {
	status  int
	kind    string // TEI's error_type
	message string
}

func invalid(format string, args ...any) *failure {
	return &failure{http.StatusBadRequest, "Validation", fmt.Sprintf(format, args...)}
}

func (f *failure) Error() string { return f.message }

// clientClosed is the status of a request whose client went away, which nobody sees
// but the log.
const clientClosed = 499

// failureOf tells what status an error has.
func failureOf(err error) *failure {
	var f *failure
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, errFull):
		return &failure{http.StatusTooManyRequests, "Overloaded", "the server is overloaded: too many requests are waiting"}
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{http.StatusGatewayTimeout, "Backend", "the request took too long"}
	case errors.Is(err, context.Canceled):
		return &failure{clientClosed, "Backend", "request cancelled"}
	}
	var service *hosted.Error
	if errors.As(err, &service) {
		return failureOfService(service)
	}
	var corrupt *index.CorruptError
	if errors.As(err, &corrupt) {
		return &failure{http.StatusInternalServerError, "Backend", fmt.Sprintf("the index cannot be read: %s is damaged", corrupt.File)}
	}
	return &failure{http.StatusInternalServerError, "Backend", "internal error"} // the log has the rest
}

// logged is what the log and the spans hold of an error: of what is wrong with a request
// the kind only, as the message quotes it, and of what is wrong with the server the cause.
func logged(err error) string {
	var f *failure
	var service *hosted.Error
	var score *rerank.ScoreError
	var unconnected *net.OpError
	switch {
	case errors.As(err, &f):
		return f.kind
	case errors.As(err, &service) && errors.As(service.Err, &unconnected):
		return fmt.Sprintf("the service %s: %v", service.Service, unconnected)
	case errors.As(err, &service):
		return fmt.Sprintf("the service %s: status %d", service.Service, service.Status)
	case errors.As(err, &score):
		unnamed := *score
		unnamed.ID = ""
		return unnamed.Error()
	}
	if f := failureOf(err); f.status != http.StatusInternalServerError {
		return f.kind
	}
	return quotes.ReplaceAllString(err.Error(), `"…"`)
}

// quotes is what an error quotes: an ID, or a part of a text.
var quotes = regexp.MustCompile(`"(?:[^"\\]|\\.)*"?`)

// failureOfService tells what status the failure of the service behind a model has: what
// is wrong with the request is told, what is wrong with the service only to the log.
func failureOfService(e *hosted.Error) *failure {
	switch e.Status {
	case http.StatusTooManyRequests:
		return &failure{e.Status, "Overloaded", "the service behind this model has too many requests"}
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return invalid("the service behind this model: %v", e.Err)
	}
	return &failure{http.StatusServiceUnavailable, "Unhealthy", "the service behind this model does not answer"}
}

// unreadable tells what is wrong with a body.
func unreadable(err error) error {
	var wrong *exactjson.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &wrong) && wrong.Syntax:
		return invalid("invalid request: the body is %v", err)
	}
	return invalid("invalid request: %v", err)
}
