package broker

import (
	"slices"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

const (
	patience = time.Second           // for a peer that is in the middle of something
	pause    = 10 * time.Millisecond // before what may work later is tried again
)

// A Broker passes messages on. Its Serve may be called once.
type Broker struct {
	// Depth is how many messages wait for a subscriber at most, at least 1.
	Depth int

	// Grace is how long a message is held up by subscribers who have that many
	// waiting, all of them together. Then they are cut off. Messages of several
	// publishers are passed on one after the other.
	Grace time.Duration

	// Direct makes it the wrong broker: each message is sent to one subscriber after
	// the other.
	Direct bool

	mu   *transport.Mutex // held while a message is passed on: all have the same order
	next uint64           // the number of the next message, from 1
	subs []*queue         // in the order in which they came
}

// A queue is what waits for one subscriber.
type queue struct {
	conn     *ipc.Conn
	messages *transport.Queue[[]byte]
	room     transport.Notifier // told when a message was taken out
}

// Serve serves those who connect to l, and blocks for as long as it can: until l is
// closed, or the view tr is cancelled. Who is connected then is served on until tr is
// cancelled. Errors: those of Accept that waiting does not mend.
func (b *Broker) Serve(tr transport.Transport, l *ipc.Listener) error {
	b.mu = transport.NewMutex(tr)
	b.next = 1
	for {
		c, err := l.Accept(time.Time{})
		switch {
		case err == nil:
			if tr.Background("conn", func() { b.conn(tr, c) }) != nil {
				c.Abort()
			}
		case short(err): // the connection is still pending
			tr.Sleep(tr.Now().Add(pause))
		default:
			return err
		}
	}
}

func (b *Broker) conn(tr transport.Transport, c *ipc.Conn) {
	defer c.Abort()
	var role [1]byte
	if c.Recv(role[:], tr.Now().Add(patience)) != nil {
		return
	}
	switch role[0] {
	case publisher:
		b.publisher(tr, c)
	case subscriber:
		b.subscriber(tr, c)
	}
}

// publisher passes on what somebody publishes, and acknowledges each message when
// it waits for every subscriber: that is the back-pressure.
func (b *Broker) publisher(tr transport.Transport, c *ipc.Conn) {
	for {
		msg, err := recvMessage(c, time.Time{})
		if err != nil || sendNumber(c, b.publish(tr, msg), tr.Now().Add(patience)) != nil {
			return
		}
	}
}

// publish passes a message on to all subscribers, and returns its number.
func (b *Broker) publish(tr transport.Transport, msg []byte) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	deadline := tr.Now().Add(b.Grace) // for all together: who is slow is so at the same time
	b.subs = slices.DeleteFunc(b.subs, func(q *queue) bool {
		if b.Direct {
			return sendMessage(q.conn, msg, time.Time{}) != nil
		}
		if q.put(msg, b.Depth, deadline) {
			return false
		}
		q.conn.Abort() // which ends its tasks
		return true
	})
	b.next++
	return b.next - 1
}

// put appends a message. It blocks while the queue is full, and reports whether
// there was room in time.
func (q *queue) put(msg []byte, depth int, deadline time.Time) bool {
	for q.messages.Len() >= depth {
		if q.room.Wait(deadline) != nil {
			return false
		}
	}
	q.messages.Push(msg)
	return true
}

// subscriber has somebody be sent what is published from now on, until it leaves
// or is cut off.
func (b *Broker) subscriber(tr transport.Transport, c *ipc.Conn) {
	tasks := transport.NewGroup(tr)
	view := tasks.Transport()
	q := &queue{conn: c, messages: transport.NewQueue[[]byte](view), room: view.NewNotifier()}

	b.mu.Lock()
	b.subs = append(b.subs, q)
	first := b.next
	err := sendNumber(c, first, tr.Now().Add(patience)) // eight bytes into an empty buffer: it does not wait
	b.mu.Unlock()

	if err == nil && !b.Direct {
		err = tasks.Background("deliver", func(transport.Transport) { q.deliver() })
	}
	if err == nil {
		var nothing [1]byte
		c.Recv(nothing[:], time.Time{}) // it says no more; this ends when it leaves, or is cut off
	}
	tasks.Cancel() // who waits for room waits no longer
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subs = slices.DeleteFunc(b.subs, func(other *queue) bool { return other == q })
}

// deliver sends what is in the queue, for as long as it can.
func (q *queue) deliver() {
	for {
		msg, err := q.messages.Pop(time.Time{})
		if err != nil {
			return
		}
		q.room.Notify()
		if sendMessage(q.conn, msg, time.Time{}) != nil {
			return
		}
	}
}

// short reports whether a call has failed because the system is short of something
// for the moment.
func short(err error) bool {
	switch transport.Errno(err) {
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS:
		return true
	}
	return false
}
