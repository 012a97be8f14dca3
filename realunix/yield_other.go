//go:build unix && !linux

package realunix

// yieldThread does nothing: x/sys/unix has no call for it on this system.
func yieldThread() {}
