package broker

import (
	"time"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// A Publisher publishes messages. Its methods may be called by one task at a time.
type Publisher struct{ conn *ipc.Conn }

// NewPublisher connects to the broker at path. It blocks while the broker's
// backlog is full. Errors: those of [ipc.Connect] and [ipc.Conn.Send].
func NewPublisher(tr transport.Transport, path string, deadline time.Time) (*Publisher, error) {
	c, err := connect(tr, path, publisher, deadline)
	if err != nil {
		return nil, err
	}
	return &Publisher{c}, nil
}

// Publish publishes a message, of at most [MaxMessage] bytes, and returns its
// number. It blocks until the message waits for every subscriber. After an error it
// is unknown whether it does, and the Publisher is good for nothing but Close.
func (p *Publisher) Publish(msg []byte, deadline time.Time) (number uint64, err error) {
	if err := sendMessage(p.conn, msg, deadline); err != nil {
		return 0, err
	}
	return recvNumber(p.conn, deadline)
}

// Close ends the connection. It does not block.
func (p *Publisher) Close() { p.conn.Abort() }

// A Subscription is what is published from some point on. Its methods may be
// called by one task at a time.
type Subscription struct {
	// Next is the number of the message that the next Recv returns. In the beginning
	// it tells one who has had a subscription before, of the same start of the broker,
	// what was missed.
	Next uint64

	conn *ipc.Conn
}

// Subscribe connects to the broker at path: the subscription begins before it
// returns. It blocks until the broker answers. Errors: those of [ipc.Connect],
// [ipc.Conn.Send] and [ipc.Conn.Recv].
func Subscribe(tr transport.Transport, path string, deadline time.Time) (*Subscription, error) {
	c, err := connect(tr, path, subscriber, deadline)
	if err != nil {
		return nil, err
	}
	next, err := recvNumber(c, deadline)
	if err != nil {
		c.Abort()
		return nil, err
	}
	return &Subscription{next, c}, nil
}

// Recv returns the next message, and blocks until there is one. Errors: EPIPE when
// the subscription is over, because this side was too slow or the broker has
// ended; after this and any other there are no more messages.
func (s *Subscription) Recv(deadline time.Time) ([]byte, error) {
	msg, err := recvMessage(s.conn, deadline)
	if err != nil {
		return nil, err
	}
	s.Next++
	return msg, nil
}

// Close ends the subscription. It does not block.
func (s *Subscription) Close() { s.conn.Abort() }

func connect(tr transport.Transport, path string, role byte, deadline time.Time) (*ipc.Conn, error) {
	c, err := ipc.Connect(tr, path, deadline)
	if err != nil {
		return nil, err
	}
	if err := c.Send([]byte{role}, deadline); err != nil {
		c.Abort()
		return nil, err
	}
	return c, nil
}
