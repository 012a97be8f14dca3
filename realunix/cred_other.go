//go:build unix && !linux && !darwin && !freebsd

package realunix

import (
	"syscall"

	"example.com/brine/transport"
)

const hasPeerUID = false

// peerCred is not to be had: x/sys/unix has no call for it on this system.
func peerCred(int) (transport.Cred, syscall.Errno) { return transport.Cred{}, syscall.ENOTSUP }
