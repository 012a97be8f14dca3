package simnet

// A gate is where a driver stands that decides which call goes on. Every call of
// a transport, a connection, a listener, a descriptor or a notifier passes it
// twice: before it has any effect, and again before it returns, with nothing
// held. Only what neither does nor awaits anything passes none: Now, the
// addresses, NewNotifier, WithoutCancel. In free mode there is no gate, which
// costs a branch.
type gate interface {
	enter(p *Process, op string)
	leave(p *Process, op string)
}

func (p *Process) enter(op string) {
	if g := p.w.gate; g != nil {
		g.enter(p, op)
	}
}

func (p *Process) leave(op string) {
	if g := p.w.gate; g != nil {
		g.leave(p, op)
	}
}
