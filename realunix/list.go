//go:build unix

package realunix

// A node stands for a blocked call, or a view, in the list of the view that
// can cancel it. It is in at most one list. kick is set before it is added.
type node struct {
	prev, next *node
	in         bool
	kick       func()
}

func (n *node) call() { n.kick() }

// A list is a doubly linked list of nodes that are allocated elsewhere, so
// that blocking allocates nothing.
type list struct{ first, last *node }

func (l *list) add(n *node) {
	n.in = true
	n.prev, n.next = l.last, nil
	if l.last == nil {
		l.first = n
	} else {
		l.last.next = n
	}
	l.last = n
}

func (l *list) remove(n *node) {
	if !n.in {
		return
	}
	if n.prev == nil {
		l.first = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next == nil {
		l.last = n.prev
	} else {
		n.next.prev = n.prev
	}
	n.prev, n.next, n.in = nil, nil, false
}

func (l *list) each(f func(*node)) {
	for n := l.first; n != nil; n = n.next {
		f(n)
	}
}
