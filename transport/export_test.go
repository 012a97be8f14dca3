package transport

// Waiting returns how many calls of Pop are blocked in q and promised nothing.
func (q *Queue[T]) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for w := q.first; w != nil; w = w.next {
		n++
	}
	return n
}

// Check says which of the sentences about a Queue does not hold, or "".
func (q *Queue[T]) Check() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.owed < 0 || q.owed > q.count || q.count > len(q.ring):
		return "not 0 <= owed <= count <= len(ring)"
	case q.first != nil && q.owed != q.count:
		return "a Pop waits although an item is free"
	}
	return ""
}

// Waiting returns how many calls of Lock have not been given the mutex.
func (m *Mutex) Waiting() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.waiting
}

// Waiting returns how many calls of Wait and Stop are blocked.
func (g *Group) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waits)
}
