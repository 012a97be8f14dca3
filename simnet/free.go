package simnet

import (
	"context"
	"net"
	"time"

	"example.com/brine/transport"
)

// Pipe returns both ends of a connection in a World of its own, where a test has
// net.Pipe:
//
//	client, server := simnet.Pipe()
//
// It is a Unix-domain connection in all that net.Conn shows: writes are buffered
// as Linux buffers them, about 200 KiB in each direction, where net.Pipe's wait
// for the reader, a peer that closes with something unread causes ECONNRESET,
// and there are CloseRead and CloseWrite. The clock is the real one, in a
// synctest bubble the bubble's. It does not fail and does not block.
func Pipe() (net.Conn, net.Conn) {
	p := NewWorld(Config{}).Process("pipe")
	a, b, err := p.Pair()
	if err != nil {
		panic("simnet: a pair in an empty world: " + err.Error())
	}
	return transport.NetConn(p, a), transport.NetConn(p, b)
}

// A Listener is a net.Listener that can be dialled without a name. Its methods
// may be called from any goroutine.
type Listener struct {
	net.Listener
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// NewListener returns a listener in a World of its own, where a test has one of
// bufconn or a port of the loopback interface:
//
//	l := simnet.NewListener()
//	go server.Serve(l)
//	conn, err := l.Dial()
//
// Connections are as [Pipe] makes them. Up to 4097 wait to be accepted, and Dial
// returns before they are. It does not fail and does not block.
func NewListener() *Listener {
	const name = "@listener"
	w := NewWorld(Config{NOFILE: 1 << 20})
	p := w.Process("listener")
	l, err := p.Listen(name, 4096, transport.ListenConfig{})
	if err != nil {
		panic("simnet: a listener in an empty world: " + err.Error())
	}
	return &Listener{transport.NetListener(p, l), transport.Dialer(p)}
}

// Dial connects to the listener. It blocks while too many connections wait to be
// accepted. Errors: ECONNREFUSED after Close.
func (l *Listener) Dial() (net.Conn, error) {
	return l.DialContext(context.Background())
}

// DialContext does the same until ctx is done. The connection outlives ctx.
func (l *Listener) DialContext(ctx context.Context) (net.Conn, error) {
	return l.dial(ctx, "unix", l.Addr().String())
}

// SetDeadline sets the deadline of Accept; the zero Time is never. Errors:
// net.ErrClosed.
func (l *Listener) SetDeadline(t time.Time) error {
	return l.Listener.(interface{ SetDeadline(time.Time) error }).SetDeadline(t)
}
