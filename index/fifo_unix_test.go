//go:build unix

package index

import "syscall"

func mkfifo(path string) error { return syscall.Mkfifo(path, 0o600) }
