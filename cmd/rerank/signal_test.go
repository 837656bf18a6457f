//go:build unix

package main

import (
	"bufio"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSecondSignal: the first signal lets a server answer what it was asked, a
// second one ends it at once.
func TestSecondSignal(t *testing.T) {
	c := process(t, "serve", "--listen", "127.0.0.1:0")
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Process.Kill() }()
	address := ""
	lines := bufio.NewScanner(stderr)
	for address == "" && lines.Scan() {
		_, address, _ = strings.Cut(lines.Text(), "listening on http://")
	}
	go func() { _, _ = io.Copy(io.Discard, stderr) }()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// A request whose body does not come.
	if _, err := conn.Write([]byte("POST /v2/rerank HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 100)); err != nil { // it wants the body now
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for running := true; running; { // signals that come together are one
		_ = c.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
			running = false
		case <-time.After(5 * time.Millisecond):
		}
	}
	if code := c.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("it ended with %d", code)
	}
}
