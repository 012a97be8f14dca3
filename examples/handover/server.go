package handover

import (
	"encoding/binary"
	"errors"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

const (
	backlog  = 8
	patience = 5 * time.Second       // for a peer that is in the middle of something
	pause    = 10 * time.Millisecond // before what may work later is tried again
)

// A Server is one version of the program, from its Start to the end of its Serve.
type Server struct {
	// Version is what it answers, among others.
	Version uint64

	// Reopen makes it the wrong server, which closes its listeners before the next
	// version opens them again.
	Reopen bool

	path    string
	clients *ipc.Listener
	control *ipc.Listener // for the next version
}

// Serve answers clients until another version has taken over and those who were
// accepted have their answers; then it returns nil, and the process may end. It
// blocks until then. Errors: those of Accept that waiting does not mend.
func (s *Server) Serve(tr transport.Transport) error {
	tasks := transport.NewGroup(tr)
	defer tasks.Cancel()
	defer s.clients.Close()
	defer s.control.Close()
	// The loop is one of the tasks, so that Wait does not miss a client between it
	// and its answer.
	err := tasks.Background("accept", func(tr transport.Transport) { s.accept(tr, tasks) })
	for over := false; !over && err == nil; {
		over, err = s.next(tr)
	}
	if err != nil {
		return err
	}
	s.control.Close()              // should the next version die, nobody waits here for a descriptor
	s.clients.Close()              // which ends the loop
	return tasks.Wait(time.Time{}) // each ends within its patience
}

// accept starts a task for each client, until the listener is closed.
func (s *Server) accept(tr transport.Transport, tasks *transport.Group) {
	for {
		c, err := s.clients.Accept(time.Time{})
		switch {
		case err == nil:
			if tasks.Go("answer", func(tr transport.Transport) { s.answer(tr, c) }) != nil {
				c.Abort()
			}
		case short(err): // the connection is still pending
			tr.Sleep(tr.Now().Add(pause))
		default:
			return
		}
	}
}

// answer answers a number with the version and the number.
func (s *Server) answer(tr transport.Transport, c *ipc.Conn) {
	deadline := tr.Now().Add(patience)
	var question [8]byte
	if c.Recv(question[:], deadline) != nil {
		c.Abort()
		return
	}
	c.SendList([][]byte{binary.BigEndian.AppendUint64(nil, s.Version), question[:]}, deadline)
	c.Close(deadline)
}

// Ask asks the server at path a question, and returns the version that has
// answered. It blocks until then, at most until the deadline. Errors: those of
// [ipc.Connect], [ipc.Conn.Send] and [ipc.Conn.Recv]; EPROTO for an answer to
// another question.
func Ask(tr transport.Transport, path string, question uint64, deadline time.Time) (version uint64, err error) {
	c, err := ipc.Connect(tr, path, deadline)
	if err != nil {
		return 0, err
	}
	var answer [16]byte
	if err = c.Send(binary.BigEndian.AppendUint64(nil, question), deadline); err == nil {
		err = c.Recv(answer[:], deadline)
	}
	if err != nil {
		c.Abort()
		return 0, err
	}
	c.Close(deadline)
	if binary.BigEndian.Uint64(answer[8:]) != question {
		return 0, &transport.Error{Op: "recv", Path: path, Err: syscall.EPROTO, Detail: "it is the answer to another question"}
	}
	return binary.BigEndian.Uint64(answer[:]), nil
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

// nobody reports whether there was nobody to connect to.
func nobody(err error) bool {
	return errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED)
}
