//go:build !linux

// Package rss tells how much memory a process has, in megabytes of 2^20 bytes.
package rss

import "runtime"

// Peak is what the Go runtime has from the system: the rest is not known here.
func Peak() float64 { return Now() }

// Now is what the Go runtime has from the system: the rest is not known here.
func Now() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys-m.HeapReleased) / (1 << 20)
}
