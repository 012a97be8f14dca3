package ipctest

import (
	"io/fs"
	"slices"

	"example.com/brine/transport"
)

// A Role is what one process of a scenario does. It starts tasks, waits, and
// tells the time through its transport only, and it ends by itself.
type Role func(T, transport.Transport)

// A Scenario is a story that holds on every backend with the abilities it
// needs. It is data: it keeps nothing from one run to the next.
type Scenario struct {
	Name  string
	Needs []Ability
	Scene []Node // what is in the directory before the main role begins, in order
	Main  Role
	Roles []NamedRole // what Main can start
}

// MainRole is the name under which the main role is played.
const MainRole = "main"

// A NamedRole is a role that T.Start can start.
type NamedRole struct {
	Name string
	Role Role
}

// A Node is a file in a scenario's directory: a directory or a symbolic link if
// its Mode says so, an empty file otherwise. The permission bits are exact.
type Node struct {
	Name   string // relative to the scenario's directory
	Mode   fs.FileMode
	UID    int    // its owner; 0 is the one who sets the scene
	Target string // of a symbolic link, as it is written
}

// Scenarios returns all scenarios in the order in which they are run.
func Scenarios() []Scenario {
	return slices.Concat(
		streamScenarios, timeScenarios, endScenarios, doneScenarios, closeScenarios,
		busyScenarios, listScenarios, handleScenarios, memScenarios,
		pathScenarios, accessScenarios, modeScenarios, limitScenarios, faultScenarios,
		backlogScenarios, blockScenarios, attachScenarios,
		passScenarios, strayScenarios, adoptScenarios, credScenarios,
		killScenarios, unlinkScenarios, takeoverScenarios, lockScenarios,
	)
}

// Find returns the scenario of a name, nil if there is none. It is for a backend
// that plays a role in a process which knows only names.
func Find(name string) *Scenario {
	all := Scenarios()
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	return nil
}

// NeedsAbility reports whether the scenario needs a.
func (s *Scenario) NeedsAbility(a Ability) bool { return slices.Contains(s.Needs, a) }

// Play plays a role of the scenario on tr, and returns when the role does. If
// the role ends by Fatal, Play ends the calling goroutine with runtime.Goexit.
func (s *Scenario) Play(role, arg string, stage Stage, tr transport.Transport, note func(Event)) {
	t := &player{role: role, arg: arg, stage: stage, note: note}
	play := s.role(role)
	if play == nil {
		t.Errorf("scenario %s has no role %q", s.Name, role)
		return
	}
	defer note(Event{Role: role, Kind: Ended})
	play(t, tr)
}

func (s *Scenario) role(name string) Role {
	if name == MainRole {
		return s.Main
	}
	for _, r := range s.Roles {
		if r.Name == name {
			return r.Role
		}
	}
	return nil
}
