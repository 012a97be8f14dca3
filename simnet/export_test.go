package simnet

// BlockedCalls returns how many calls are blocked in w.
func BlockedCalls(w *World) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.blocked
}
