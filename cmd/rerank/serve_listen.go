package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"strings"
	"time"

	"github.com/flashrerank/rerank/server"
)

// unixPrefix is before the path of a socket in an address.
const unixPrefix = "unix:"

// url is where the server is to be found, for people.
func (c serveConfig) url(at net.Addr) string {
	if at.Network() == "unix" {
		return unixPrefix + at.String() + c.URLPrefix
	}
	scheme := "http"
	if c.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + at.String() + c.URLPrefix
}

func (c serveConfig) listener() (net.Listener, error) {
	l, err := listen(c.Listen)
	if err != nil || c.TLSCert == "" {
		return l, err
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("the certificate %s: %w", c.TLSCert, err)
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}), nil
}

// listen listens on an address of the network, or on a socket.
func listen(address string) (net.Listener, error) {
	path, socket := strings.CutPrefix(address, unixPrefix)
	if !socket {
		return net.Listen("tcp", address)
	}
	if path == "" {
		return nil, usagef("--listen %s: the path of the socket is missing", address)
	}
	if err := clearSocket(path); err != nil {
		return nil, err
	}
	return net.Listen("unix", path)
}

// clearSocket removes the socket that a server left behind which was killed, and nothing else.
func clearSocket(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is there and no socket", path)
	}
	if other, err := net.DialTimeout("unix", path, time.Second); err == nil {
		other.Close()
		return fmt.Errorf("another server listens on %s", path)
	}
	return os.Remove(path)
}

// serveBeside serves on an address of its own, "" meaning not at all, until it is ended.
func (a *app) serveBeside(what, address, path string, h http.Handler) (end func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Second, ReadTimeout: time.Minute}
	go func() { _ = server.Serve(l) }() // until it is closed
	a.remark("%s on http://%s%s", what, l.Addr(), path)
	return func() { _ = server.Close() }, nil
}

// serveProfiles serves Go's profiles, if that is asked for.
func (c serveConfig) serveProfiles(a *app, s *server.Server) (end func(), err error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return a.serveBeside("profiles", c.Profiles, "/debug/pprof/", s.Guard(mux))
}

// serveMetrics serves the server's metrics apart, if that is asked for.
func (c serveConfig) serveMetrics(a *app, s *server.Server) (end func(), err error) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.Metrics())
	return a.serveBeside("metrics", c.Metrics, "/metrics", s.Guard(mux))
}
