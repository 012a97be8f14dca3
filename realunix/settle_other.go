//go:build unix && !linux

package realunix

import "golang.org/x/sys/unix"

// settle makes an adopted socket behave as those do that are made here.
func settle(fd int) error {
	if err := quiet(fd); err != nil {
		return err
	}
	return unix.SetNonblock(fd, true)
}
