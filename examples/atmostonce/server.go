package atmostonce

import (
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

const (
	patience = time.Second           // of a server for a client that is in the middle of something
	pause    = 10 * time.Millisecond // before what may work later is tried again
)

// A Server has notes given out. Its Serve may be called once.
type Server struct {
	// Life is a number that no other start of the server has: a random one.
	Life uint64

	// GiveOut gives notes out, and returns how many are left. It is called by one
	// task at a time, and may block.
	GiveOut func(tr transport.Transport, r Request) (left uint64)

	// Forgetful makes it the wrong server: it carries out whatever comes.
	Forgetful bool

	busy *transport.Mutex // held while a request is carried out
	last map[uint64]done  // by client: its last request that was
}

// done is a request that was carried out, and its answer. There is one for each
// client, which a server that runs for years would have to forget some day: when
// no client tries for that long.
type done struct {
	number uint64
	left   uint64
}

// Serve serves those who connect to l, and blocks for as long as it can: until l
// is closed, or the view tr is cancelled. Who is connected then is served on until tr
// is cancelled. Errors: those of Accept that waiting does not mend.
func (s *Server) Serve(tr transport.Transport, l *ipc.Listener) error {
	s.busy = transport.NewMutex(tr)
	s.last = map[uint64]done{}
	for {
		c, err := l.Accept(time.Time{})
		switch {
		case err == nil:
			if tr.Background("conn", func() { s.conn(tr, c) }) != nil {
				c.Abort()
			}
		case short(err): // the connection is still pending
			tr.Sleep(tr.Now().Add(pause))
		default:
			return err
		}
	}
}

// conn says who the server is, and answers requests until there are no more.
func (s *Server) conn(tr transport.Transport, c *ipc.Conn) {
	defer c.Abort()
	if sendNumber(c, s.Life, tr.Now().Add(patience)) != nil {
		return
	}
	for {
		r, err := recvRequest(c, time.Time{})
		if err != nil {
			return
		}
		left, ok := s.carryOut(tr, r)
		if !ok || sendNumber(c, left, tr.Now().Add(patience)) != nil {
			return
		}
	}
}

// carryOut has a request carried out, unless it was before. It is not ok if the
// client has made another since: nobody waits for this one any more.
func (s *Server) carryOut(tr transport.Transport, r Request) (left uint64, ok bool) {
	s.busy.Lock()
	defer s.busy.Unlock()
	switch last := s.last[r.Client]; {
	case s.Forgetful:
	case r.Number == last.number:
		return last.left, true
	case r.Number < last.number:
		return 0, false
	}
	left = s.GiveOut(tr, r)
	s.last[r.Client] = done{r.Number, left}
	return left, true
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
