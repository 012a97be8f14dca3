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
type Waiter struct {
	ID     ID
	Events Events
}

// wake reports events of a socket. Nobody can wait for one that has no
// descriptor yet, or no more.
func (k *Kernel) wake(s *socket, e Events) {
	if s.file == nil {
		return
	}
	if n := len(k.woken); n > 0 && k.woken[n-1].ID == s.id {
		k.woken[n-1].Events |= e
		return
	}
	k.woken = append(k.woken, Waiter{s.id, e})
}

// renamed reports that names may lead elsewhere than before.
func (k *Kernel) renamed() []Waiter {
	k.woken = append(k.woken[:0], Waiter{0, Names})
	return k.woken
}
