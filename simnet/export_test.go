package simnet

// Blocked returns how many calls are blocked in w.
func Blocked(w *World) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.blocked
}
