package simnet_test

import (
	"syscall"
	"testing"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// Takeover takes two numbers, the lock's and the listener's, as on the kernel,
// and gives back what it has if there are fewer.
func TestTakeoverAtTheLimit(t *testing.T) {
	p := simnet.NewWorld(simnet.Config{}).Process("p")
	for limit := range 2 {
		ok(t, p.SetNOFILE(limit))
		_, err := p.Listen("/run/s", 1, transport.ListenConfig{Takeover: true})
		want(t, "listen", err, syscall.EMFILE)
	}
	ok(t, p.SetNOFILE(2))
	ok(t, must(p.Listen("/run/s", 1, transport.ListenConfig{Takeover: true}))(t).Close())
}
