package takeover

import (
	"encoding/binary"
	"errors"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

const (
	patience = time.Second           // for a peer that is in the middle of something
	pause    = 10 * time.Millisecond // before what may work later is tried again
)

// Serve answers connections with a number: the first with 1, the next with 2. It
// blocks until nobody has come for as long as idle and all answers are given, and
// leaves the listener open. Who connects after that is reset when it is closed, and
// has to ask again, as Ask does. Errors: those of Accept that waiting does not mend.
func Serve(tr transport.Transport, l *ipc.Listener, idle time.Duration) error {
	answers := transport.NewGroup(tr)
	defer answers.Cancel()
	for n := uint64(0); ; {
		c, err := l.Accept(tr.Now().Add(idle))
		switch {
		case err == nil:
			n++
			number := n
			if answers.Go("answer", func(tr transport.Transport) { answer(tr, c, number) }) != nil {
				c.Abort()
			}
		case errors.Is(err, syscall.ETIMEDOUT):
			return answers.Wait(time.Time{}) // each ends within twice its patience
		case short(err): // the connection is still pending
			tr.Sleep(tr.Now().Add(pause))
		default:
			return err
		}
	}
}

func answer(tr transport.Transport, c *ipc.Conn, n uint64) {
	if c.Send(binary.BigEndian.AppendUint64(nil, n), tr.Now().Add(patience)) != nil {
		c.Abort() // it only wanted to know whether anyone is here
		return
	}
	c.Close(tr.Now().Add(patience))
}

// Ask connects to the daemon at path, and returns the number that it answers with
// and the daemon's process ID. While there is no daemon, or it dies before it has
// answered, Ask tries again until the deadline. Errors: the last try's.
func Ask(tr transport.Transport, path string, deadline time.Time) (n uint64, pid int, err error) {
	for {
		n, pid, err = ask(tr, path, deadline)
		next := tr.Now().Add(pause)
		if err == nil || transport.Expired(deadline, next) || tr.Sleep(next) != nil {
			return n, pid, err
		}
	}
}

func ask(tr transport.Transport, path string, deadline time.Time) (n uint64, pid int, err error) {
	c, err := ipc.Connect(tr, path, deadline)
	if err != nil {
		return 0, 0, err
	}
	defer c.Abort()
	var p [8]byte
	if err := c.Recv(p[:], deadline); err != nil {
		return 0, 0, err
	}
	who, err := c.PeerCred()
	if err != nil {
		return 0, 0, err
	}
	return binary.BigEndian.Uint64(p[:]), who.PID, nil
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
