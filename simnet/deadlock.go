package simnet

import "strings"

// A Deadlock is the verdict about a run in which foreground tasks are left and
// nothing can go on: nothing is runnable, and no timer is set.
type Deadlock struct {
	Tasks []string
}

// Error implements error.
func (e *Deadlock) Error() string {
	return "deadlock:\n\t" + strings.Join(e.Tasks, "\n\t")
}

func (s *sched) deadlock() error {
	e := &Deadlock{}
	for _, t := range s.tasks[1:] {
		if t.state == blocked || t.state == held {
			e.Tasks = append(e.Tasks, t.String()+" ("+t.doing()+")")
		}
	}
	return e
}
