// Package wire holds the bodies of rerank services: what their clients send and what
// they read. Names are those on the wire; docs/server.md says whose they are.
package wire
