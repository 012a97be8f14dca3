package transport

// A Reporter is a Notifier of a backend that reports who waits for whom. [Mutex],
// [Queue] and [Group] tell it what the notifiers are for that they make; a
// backend that reports nothing leaves it out, and they do without.
//
// Its methods are no calls of the transport: they do not block, and no task goes
// on in the place of the caller.
type Reporter interface {
	Notifier

	// Role says, before the notifier is first used, that it is part of a "mutex",
	// a "queue" or a "group", and of a group in which view its tasks run; view is
	// nil otherwise.
	Role(of string, view Transport)

	// Own says that the calling task has the mutex from now on, or, by false, that
	// nobody has it. A Lock or Unlock that meets no other makes no other call.
	Own(on bool)
}

// role tells a notifier its role, and returns it if it wanted to know.
func role(n Notifier, of string, view Transport) Reporter {
	r, ok := n.(Reporter)
	if ok {
		r.Role(of, view)
	}
	return r
}
