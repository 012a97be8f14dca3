//go:build unix && !linux

package main

import "example.com/brine/transport"

// hungUp reports whether the peer has closed the connection for good. These
// systems raise POLLHUP at different moments, some for a half-close already; it
// is noticed when there is something to send.
func hungUp(transport.Conn) bool { return false }
