//go:build unix || windows

package main

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/brine/transport"
)

// chunk is how much is read at a time: the size of a pipe's buffer on Linux.
const chunk = 64 << 10

// hangUpInterval is how often a peer that has ended its stream is looked at,
// while standard input goes on, to see whether it has gone altogether.
const hangUpInterval = 100 * time.Millisecond

// A pump moves bytes between the standard streams and one connection, each
// direction in a goroutine of its own. A direction ends in order when its source
// ends; the first failure that leaves nothing to wait for ends the pump.
//
// The goroutines are not the transport's tasks, because they also block in reads
// and writes of the standard streams, which nothing can cancel: a pump that
// fails leaves them behind, and the process exits.
type pump struct {
	ctx     context.Context
	tr      transport.Transport
	conn    transport.Conn
	in      io.Reader
	out     io.Writer
	timeout time.Duration

	halved  atomic.Bool // one direction has ended: the other may not stand still
	inEnded atomic.Bool // standard input has ended: we half-close, or have done so
}

// join copies both ways until both directions have ended.
func (s *session) join(conn transport.Conn) error {
	p := &pump{ctx: s.ctx, tr: s.tr, conn: conn, in: s.in, out: s.out, timeout: s.timeout}
	err := p.run()
	var e *transport.Error
	if errors.As(err, &e) && e.Path == "" {
		named := *e
		named.Path = s.path
		return &named
	}
	return err
}

func (p *pump) run() error {
	sent, received := make(chan error, 1), make(chan error, 1)
	go func() { sent <- p.send() }()
	go func() { received <- p.receive() }()

	var unsent error // why not all of standard input could be sent
	var hangUp <-chan time.Time
	for sent != nil || received != nil {
		select {
		case <-p.ctx.Done():
			return context.Cause(p.ctx)
		case err := <-sent:
			if err != nil && !peerGone(err) {
				return err
			}
			// A peer that takes no more may have sent its reason before.
			unsent, sent = err, nil
			p.half()
		case err := <-received:
			if err != nil {
				return err
			}
			received = nil
			p.half()
			ticker := time.NewTicker(hangUpInterval)
			defer ticker.Stop()
			hangUp = ticker.C
		case <-hangUp:
			// Our own half-close makes a peer that has half-closed look as if it
			// had hung up, so the order of the two questions matters.
			if hungUp(p.conn) && !p.inEnded.Load() {
				return &transport.Error{Op: "send", Err: syscall.EPIPE, Detail: "the peer has closed the connection"}
			}
		}
	}
	if unsent != nil {
		return unsent
	}
	return p.lastLook()
}

// send copies standard input to the peer and half-closes.
func (p *pump) send() error {
	buf := make([]byte, chunk)
	bufs := make([][]byte, 1)
	for {
		n, err := p.in.Read(buf)
		if n > 0 {
			if p.halved.Load() {
				p.conn.SetWriteDeadline(p.deadline())
			}
			bufs[0] = buf[:n]
			if _, err := p.conn.Send(bufs, nil, time.Time{}); err != nil {
				return err
			}
		}
		if err == io.EOF {
			p.inEnded.Store(true)
			return p.conn.CloseWrite()
		}
		if err != nil {
			return inputError(err)
		}
	}
}

// receive copies what the peer sends to standard output.
func (p *pump) receive() error {
	bufs := [][]byte{make([]byte, chunk)}
	for {
		if p.halved.Load() {
			p.conn.SetReadDeadline(p.deadline())
		}
		n, _, err := p.conn.Recv(bufs, nil, time.Time{})
		if n > 0 {
			if _, err := p.out.Write(bufs[0][:n]); err != nil {
				return outputError(err)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// half notes that one direction has ended. From now on --timeout limits how long
// the other may wait for the peer, also where it is waiting already: the caps
// are set here for the call that is blocked, and by that direction itself before
// each later one.
func (p *pump) half() {
	p.halved.Store(true)
	p.conn.SetReadDeadline(p.deadline())
	p.conn.SetWriteDeadline(p.deadline())
}

func (p *pump) deadline() time.Time {
	if p.timeout == 0 {
		return time.Time{}
	}
	return p.tr.Now().Add(p.timeout)
}

// peerGone reports whether a send failed because nobody reads any more.
func peerGone(err error) bool {
	errno := transport.Errno(err)
	return errno == syscall.EPIPE || errno == syscall.ECONNRESET
}

// lastLook asks once more after both directions have ended: a peer that ended
// its stream first may have died later with our data unread.
func (p *pump) lastLook() error {
	one := [][]byte{make([]byte, 1)}
	_, _, err := p.conn.Recv(one, nil, transport.Immediate)
	if transport.Errno(err) == syscall.ECONNRESET {
		return err
	}
	return nil
}
