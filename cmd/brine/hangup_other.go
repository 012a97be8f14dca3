//go:build (unix && !linux) || windows

package main

import "example.com/brine/transport"

// These systems raise POLLHUP at different moments, some for a half-close
// already. That the peer has gone is noticed when there is something to send.
const canTellHangUp = false

func hungUp(transport.Conn) bool { return false }
