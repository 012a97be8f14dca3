package simnet

// stacks puts the stacks of the events into the first line, each once, and returns
// by event which it has there, from 1; 0 is none.
func (t *Trace) stacks(head *traceHead) []int {
	size := 0
	have := make([]int, len(t.Events))
	byPlace := map[*Frame]int{} // by the first frame, since those of one place share it
	for i := range t.Events {
		s := t.Events[i].Stack
		if len(s) == 0 {
			continue
		}
		if n, ok := byPlace[&s[0]]; ok {
			have[i] = n
			continue
		}
		calls := make([]traceCall, len(s))
		for k, f := range s {
			calls[k] = traceCall{valid(f.Func), valid(f.File), f.Line}
		}
		if size += callsSize(calls); size > maxTraceStack {
			break
		}
		head.Stacks = append(head.Stacks, calls)
		have[i] = len(head.Stacks)
		byPlace[&s[0]] = have[i]
	}
	return have
}

// callsSize is what a stack counts for: about what it takes in JSON.
func callsSize(calls []traceCall) (size int) {
	for _, c := range calls {
		size += len(`{"func":"","file":"","line":1000000},`) + len(c.Func) + len(c.File)
	}
	return size
}

// calls reads the stacks of the first line.
func (in *traceReader) calls(stacks [][]traceCall) error {
	size := 0
	for _, calls := range stacks {
		if size += callsSize(calls); size > maxTraceStack {
			return in.wrong("stacks: more than %d bytes", maxTraceStack)
		}
		if len(calls) == 0 || len(calls) > deepest {
			return in.wrong("stacks: one has %d calls; it is 1 to %d", len(calls), deepest)
		}
		s := make(Stack, len(calls))
		for i, c := range calls {
			if c.Line < 0 {
				return in.wrong("stacks: a line is negative")
			}
			s[i] = Frame(c)
		}
		in.stacks = append(in.stacks, s)
	}
	return nil
}

// stack returns the stack of a number.
func (in *traceReader) stack(n int) (Stack, error) {
	if n < 1 || n > len(in.stacks) {
		return nil, in.wrong("stack: %d is none; the trace has %d", n, len(in.stacks))
	}
	return in.stacks[n-1], nil
}
