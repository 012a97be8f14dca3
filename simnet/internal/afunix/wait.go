package afunix

// An ID names a socket, listening or connected, from its making until its last
// descriptor is closed; some time after that it is used again. In a Waiter with
// Unlocked it names a file, as Stat.Ino does.
type ID uint32

// Events says what became possible, or at least worth a try.
type Events uint8

// Events of a Waiter.
const (
	In       Events = 1 << iota // Recv of a connection, Accept of a listener
	Out                         // Send
	Slot                        // Connect to this listener
	Unlocked                    // Lock of this file
	Names                       // whatever found nothing, or the wrong thing, by its name; ID is 0
)

// A Waiter is what somebody may wait for: that events come to a socket or file.
// An operation may report one more than once.
type Waiter struct {
	ID     ID
	Events Events
}

// Choosy has the kernel report the In and Out of a socket only while somebody has
// said, by [Kernel.Want], to wait there. It holds until Reset.
func (k *Kernel) Choosy() { k.choosy = true }

// Want says who waits at a socket: readers (In), writers (Out), or both, or nobody
// any more. It is heard by a kernel that is choosy.
//
// What would not concern a reader is not reported to one: room for writing makes
// nothing readable. A writer is told of whatever happens, as in poll(2), where
// news of one kind has the sleeper find what had come before.
func (k *Kernel) Want(id ID, e Events) {
	if i := uint(id) - 1; i < uint(k.top) {
		if e&Out != 0 {
			e |= In
		}
		k.socks[i].wants = e | Slot
	}
}

// wake notes that the kernel would wake who sleeps at a socket. Nobody can sleep
// at one that has no descriptor yet, or no more.
func (k *Kernel) wake(s *socket, e Events) {
	if s.file == nil || k.choosy && s.wants&e == 0 {
		return
	}
	if n := len(k.woken); n > 0 && k.woken[n-1].ID == s.id && k.woken[n-1].Events < Unlocked {
		k.woken[n-1].Events |= e
		return
	}
	k.woken = append(k.woken, Waiter{s.id, e})
}

// ready turns who was woken into what they find. A sleeper asks poll what there
// is (ep_send_events), and it is told all that poll says, whatever it was woken
// for; if poll says nothing, it sleeps on. That is why a sender whose buffer is
// full is not told when its peer shuts the direction down.
func (k *Kernel) ready() []Waiter {
	n := 0
	for _, w := range k.woken {
		if w.Events&(In|Out) != 0 {
			w.Events &^= In | Out
			if s := k.socks[w.ID-1]; s.file != nil {
				w.Events |= s.events()
			}
		}
		if w.Events != 0 {
			k.woken[n] = w
			n++
		}
	}
	k.woken = k.woken[:n]
	return k.woken
}

// events says who is concerned by what poll says: In for IN, RDHUP, HUP and ERR,
// Out for OUT, HUP and ERR.
func (s *socket) events() (e Events) {
	if s.err != 0 || s.shut == shutBoth || s.state == unconnected {
		return In | Out
	}
	if s.rq.npieces > 0 || s.npending > 0 || s.shut&shutRecv != 0 {
		e = In
	}
	if s.writable() {
		e |= Out
	}
	return e
}

// renamed reports that names may lead elsewhere than before.
func (k *Kernel) renamed() []Waiter {
	k.woken = append(k.woken[:0], Waiter{0, Names})
	return k.woken
}
