//go:build unix && !freebsd && !netbsd && !dragonfly

package realunix

import "golang.org/x/sys/unix"

// isLink reports whether open with O_NOFOLLOW found a symbolic link.
func isLink(err error) bool { return err == unix.ELOOP }
