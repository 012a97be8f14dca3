package simnet

import "example.com/brine/simnet/internal/afunix"

// A gate is where a driver stands that decides which call goes on. Every call of
// a world, a process, a transport, a connection, a listener, a descriptor or a
// notifier passes it twice: before it has any effect, and again before it
// returns, with nothing held. Only what neither changes nor awaits anything
// passes none: Now, the addresses, NewNotifier, WithoutCancel. In free mode there
// is no gate, which costs a branch; in a run the scheduler is the gate.
type gate interface {
	// enter is told who calls, what for, and on which socket or path, if any. An
	// error is what the call fails with, having done nothing; it leaves no more.
	enter(p *Process, op Op, id afunix.ID, path string) error

	// leave is told what came of it: how many bytes were moved, and the error.
	leave(p *Process, op Op, n int, err error)
}

func (w *World) enter(p *Process, op Op, id afunix.ID, path string) error {
	if g := w.gate; g != nil {
		return g.enter(p, op, id, path)
	}
	return nil
}

// leave is for the deferred end of a call.
func (w *World) leave(p *Process, op Op, err *error) {
	if g := w.gate; g != nil {
		g.leave(p, op, 0, *err)
	}
}

func (p *Process) enter(op Op, path string) error { return p.w.enter(p, op, 0, path) }

func (p *Process) leave(op Op, err *error) { p.w.leave(p, op, err) }
