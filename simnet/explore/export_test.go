package explore

// Deviations returns how many deviations a run of Exhaust is to have, and -1 for
// one that is executed again to be explained.
func Deviations(x *Execution) int {
	if p, ok := x.Config.Chooser.(*prefix); ok {
		return len(p.deviations)
	}
	return -1
}
