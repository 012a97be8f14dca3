package simnet

import (
	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// books are kept for the census: who made what, and who used it last. A run that
// nobody wants to know that of has none.
type books struct {
	open  [][]made // by ProcID and number
	users []TaskID // by ID of a socket: who has called anything on it last
	files []made   // socket files, in the order in which they were made
}

// made says who made a thing, in which operation, and, in a run that is to tell
// more, where. The zero value says that it is not known.
type made struct {
	by   TaskID
	nth  int32
	op   Op
	ok   bool
	view bool        // a connection or a listener, and not a mere descriptor
	with afunix.Desc // the listener whose lock it is, or -1
	path string      // of a file
	ino  uint32      // of a socket file
	p    *Process    // whose that is
	pcs  []uintptr
}

func (m *made) known() bool { return m.ok }

// nothing is what is known of what was not noted.
var nothing = made{with: -1}

// keepBooks is for a run that is about to begin.
func (s *sched) keepBooks(cfg *Config) {
	if cfg.Census || cfg.Tidy || s.deep() {
		s.books = &books{}
		s.attention.Or(booked)
	}
}

// made notes that the running task has made a descriptor: a connection or a
// listener if view is set, or else one that is only handed around, maybe of the
// file at path.
func (p *Process) made(d afunix.Desc, view bool, path string) {
	if s := p.w.sched; s != nil && s.books != nil {
		s.books.note(s, p, d, view, path)
	}
}

func (b *books) note(s *sched, p *Process, d afunix.Desc, view bool, path string) {
	for int(p.id) >= len(b.open) {
		b.open = append(b.open, nil)
	}
	list := &b.open[p.id]
	for int(d) >= len(*list) {
		*list = append(*list, made{})
	}
	m := s.making()
	m.view, m.path = view, path
	(*list)[d] = m
	if id, errno := s.w.k.ID(p.id, d); errno == 0 && view {
		for int(id) >= len(b.users) {
			b.users = append(b.users, 0)
		}
		b.users[id] = s.task.id
	}
}

// making says what the running task is about.
func (s *sched) making() made {
	m := made{by: s.task.id, op: s.task.op, ok: true, with: -1}
	if m.by != 0 {
		m.nth = int32(s.task.nth)
	}
	if s.deep() {
		m.pcs = here()
	}
	return m
}

// bound notes that the running task has made a listener, and the file and, unless
// it is negative, the lock that go with it.
func (p *Process) bound(d, lock afunix.Desc, path string) {
	s := p.w.sched
	if s == nil || s.books == nil {
		return
	}
	b := s.books
	b.note(s, p, d, true, "")
	if lock >= 0 {
		b.note(s, p, lock, false, p.absolute(path+".lock"))
		b.open[p.id][lock].with = d
	}
	if transport.Addr(path).Abstract() {
		return
	}
	if st, errno := s.w.k.Lstat(p.id, path); errno == 0 {
		m := s.making()
		m.p, m.ino = p, st.Ino
		b.files = append(b.files, m)
	}
}

// gone is for a number that was closed.
func (b *books) gone(p *Process, d afunix.Desc) {
	if int(p.id) < len(b.open) && int(d) < len(b.open[p.id]) {
		b.open[p.id][d] = made{}
	}
}

// use is told what the running task is about to do.
func (b *books) use(t *task) {
	if id := int(t.opID); id != 0 && id < len(b.users) {
		b.users[id] = t.id
	}
}

// of returns what is known of a descriptor.
func (b *books) of(p *Process, d afunix.Desc) *made {
	if b != nil && int(p.id) < len(b.open) && int(d) < len(b.open[p.id]) {
		return &b.open[p.id][d]
	}
	return &nothing
}

// file returns what is known of a socket file, nil if nothing: a number is used
// again for the next file, so that the last one is meant.
func (b *books) file(ino uint32) *made {
	if b == nil {
		return nil
	}
	for i := len(b.files) - 1; i >= 0; i-- {
		if b.files[i].ino == ino {
			return &b.files[i]
		}
	}
	return nil
}

// user returns who has used a socket last.
func (b *books) user(id afunix.ID) TaskID {
	if b != nil && int(id) < len(b.users) {
		return b.users[id]
	}
	return 0
}
