package simnet

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// What operations were given, and what they made: told by the calls themselves,
// in which the gates cannot look.

// asked notes what a Recv or a Send was given.
func (tr *tracer) asked(size, fds int, deadline, limit time.Time, data [][]byte) {
	e := tr.now()
	e.Size, e.FDs = size, fds
	tr.until(transport.Earlier(deadline, limit))
	if size > 0 && data != nil {
		e.Data = quoted(data, size)
	}
}

// until notes a deadline.
func (tr *tracer) until(deadline time.Time) {
	if e := tr.now(); !deadline.IsZero() {
		e.Timed, e.Until = true, max(0, time.Duration(elapsed(deadline)))
	}
}

// capped notes a deadline of a direction.
func (tr *tracer) capped(what string, deadline time.Time) {
	tr.now().Args = what
	tr.until(deadline)
}

// listens notes what Listen was given.
func (tr *tracer) listens(backlog int, cfg transport.ListenConfig) {
	args := []string{"backlog " + strconv.Itoa(backlog)}
	if cfg.Mode != 0 {
		args = append(args, fmt.Sprintf("mode %04o", uint32(cfg.Mode)))
	}
	if len(cfg.AllowUID) > 0 {
		args = append(args, fmt.Sprintf("allow %d", cfg.AllowUID))
	}
	if cfg.Unlink {
		args = append(args, "unlink")
	}
	if cfg.Takeover {
		args = append(args, "takeover")
	}
	tr.now().Args = strings.Join(args, ", ")
}

// paired notes both ends of a Pair.
func (tr *tracer) paired(a, b *conn) {
	tr.join(a.id, b.id, true)
	tr.now().Made = tr.name(a.id) + " " + tr.name(b.id)
}

// accepted notes a connection that was accepted.
func (tr *tracer) accepted(c *conn) {
	peer, ok := tr.s.w.k.PeerID(c.id)
	tr.accept(c.id, peer, ok)
	tr.now().Made = tr.name(c.id)
}

// connected notes that a socket was connected, which is an ID's new life.
func (tr *tracer) connected(p *Process, d afunix.Desc) {
	k := tr.s.w.k
	if id, errno := k.ID(p.id, d); errno == 0 {
		if peer, ok := k.PeerID(id); ok {
			tr.join(id, peer, false)
		}
	}
}

// described returns the name of what a descriptor is of.
func (tr *tracer) described(d *descriptor) string {
	k := tr.s.w.k
	id, errno := k.ID(d.p.id, d.d)
	if errno != 0 {
		return "file"
	}
	if _, listens, _ := k.SockType(d.p.id, d.d); listens {
		name, _ := k.SockName(d.p.id, d.d)
		return legible(shown(name))
	}
	return tr.name(id)
}

// notifier names a notifier as the object.
func (tr *tracer) notifier(n *notifier) {
	i, ok := tr.notifiers[n]
	if !ok {
		i = len(tr.notifiers) + 1
		tr.notifiers[n] = i
	}
	tr.now().Object = "n" + strconv.Itoa(i)
}

// fill notes how full the send buffer is that a Send fills and a Recv empties.
func (tr *tracer) fill(e *record) {
	k, id, ok := tr.s.w.k, e.id, e.Err != "EBADF" // and the ID may be another's
	switch e.Op {
	case opNames[OpSend]:
	case opNames[OpRecv]:
		if ok {
			id, ok = k.PeerID(id)
		}
	default:
		return
	}
	if !ok {
		return
	}
	if info, ok := k.Describe(id); ok {
		e.Charged, e.Buffer = info.Charged, info.SndBuf
	}
}
