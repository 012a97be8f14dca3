package atmostonce

import (
	"errors"
	"fmt"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// ErrUnknown says that nobody can tell whether a request was carried out: it was
// not answered in time, or the server has died with it.
var ErrUnknown = errors.New("it is unknown whether the request was carried out")

// A Client asks for notes, one request after the other. Its methods may be called
// by one task at a time.
type Client struct {
	Path string        // where the server listens
	ID   uint64        // a number that no other client has, nor this one when it is started again
	Try  time.Duration // how long an answer is waited for before it is asked for again; more than 0

	number uint64    // of the last request
	conn   *ipc.Conn // nil if there is none
	life   uint64    // of the server at its other end
}

// Call has notes given out, and returns how many are left. It blocks until it has
// an answer, at most until the deadline, and tries as often as it takes.
//
// Errors: [ErrUnknown]; any other means that the request was not carried out and
// never will be.
func (c *Client) Call(tr transport.Transport, notes uint64, deadline time.Time) (left uint64, err error) {
	c.number++
	r := Request{c.ID, c.number, notes}
	sent := false
	var life uint64 // of the server that it was sent to
	for {
		err = c.connect(tr, deadline)
		if err == nil && sent && c.life != life {
			return 0, fmt.Errorf("%w: the server was started again", ErrUnknown)
		}
		if err == nil {
			sent, life = true, c.life
			left, err = c.try(tr, r, deadline)
		}
		if err == nil {
			return left, nil
		}
		next := tr.Now().Add(pause)
		if transport.Expired(deadline, next) || tr.Sleep(next) != nil {
			break
		}
	}
	if sent {
		return 0, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return 0, err
}

// connect sees to it that there is a connection, and that it is known to whom.
func (c *Client) connect(tr transport.Transport, deadline time.Time) (err error) {
	if c.conn != nil {
		return nil
	}
	if c.conn, err = ipc.Connect(tr, c.Path, deadline); err != nil {
		c.conn = nil
		return err
	}
	if c.life, err = recvNumber(c.conn, c.until(tr, deadline)); err != nil {
		c.Close()
	}
	return err
}

// try makes a request once. If it fails, so has the connection.
func (c *Client) try(tr transport.Transport, r Request, deadline time.Time) (left uint64, err error) {
	until := c.until(tr, deadline)
	if err = r.send(c.conn, until); err == nil {
		left, err = recvNumber(c.conn, until)
	}
	if err != nil {
		c.Close()
	}
	return left, err
}

// until returns the deadline of a try that begins now.
func (c *Client) until(tr transport.Transport, deadline time.Time) time.Time {
	return transport.Earlier(tr.Now().Add(c.Try), deadline)
}

// Close closes the client's connection, if there is one. The next Call makes
// another. It does not block.
func (c *Client) Close() {
	if c.conn != nil {
		c.conn.Abort()
		c.conn = nil
	}
}
