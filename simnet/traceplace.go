package simnet

import "runtime"

// places are where operations are called in a traced run, each of them once: a
// loop calls from one place a thousand times. What the numbers mean is found out
// when the run is over.
type places struct {
	known  map[place]*place // only looked up
	stacks map[*place]Stack // as well
}

// A place is what runtime.Callers says.
type place [deepest]uintptr

// here returns where the running task is.
func (ps *places) here() *place {
	var here place
	runtime.Callers(3, here[:]) // without itself, this and the gate
	if known := ps.known[here]; known != nil {
		return known
	}
	if ps.known == nil {
		ps.known = map[place]*place{}
	}
	ps.known[here] = &here
	return &here
}

// stack returns the program's part of a place. Events of one place have the same.
func (ps *places) stack(p *place) Stack {
	if p == nil {
		return nil
	}
	s, ok := ps.stacks[p]
	if !ok {
		pcs := p[:]
		for i, pc := range pcs {
			if pc == 0 {
				pcs = pcs[:i]
				break
			}
		}
		if ps.stacks == nil {
			ps.stacks = map[*place]Stack{}
		}
		s = stackAt(pcs)
		ps.stacks[p] = s
	}
	return s
}
