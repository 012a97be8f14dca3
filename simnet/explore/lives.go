package explore

import (
	"strconv"
	"strings"

	"example.com/brine/simnet"
)

// withoutLife returns lines without the i-th, by which a process dies and may be
// started again. Its later lives are one fewer then, and what is said of them is
// said of the one before. It returns nil if there is nothing to it.
func withoutLife(lines []simnet.Line, i int) []simnet.Line {
	l := lines[i]
	if l.Kind != simnet.KindKill && l.Kind != simnet.KindRestart {
		return nil
	}
	name, died := parseLife(l.Answer)
	rest := without(lines, i, i+1)
	renamed := false
	for j := range rest {
		r := &rest[j]
		if of, _, _ := strings.Cut(r.Task.String(), "/"); r.Task.Incarnation > died {
			if of, _ := parseLife(of); of == name {
				r.Task.Incarnation--
				r.Why = ""
				renamed = true
			}
		}
		process, task, isTask := strings.Cut(r.Answer, "/")
		switch r.Kind {
		case simnet.KindRun, simnet.KindTimer, simnet.KindWake, simnet.KindKill, simnet.KindRestart, simnet.KindPause:
		default:
			continue
		}
		if of, life := parseLife(process); of == name && life > died {
			r.Answer = lifeText(of, life-1)
			if isTask {
				r.Answer += "/" + task
			}
			r.Why = ""
			renamed = true
		}
	}
	if !renamed {
		return nil
	}
	return rest
}

// parseLife reads a process as scripts have it: server is its first life, server#2
// the second.
func parseLife(text string) (name string, life int) {
	name, number, numbered := strings.Cut(text, "#")
	if !numbered {
		return name, 1
	}
	life, _ = strconv.Atoi(number)
	return name, life
}

func lifeText(name string, life int) string {
	if life == 1 {
		return name
	}
	return name + "#" + strconv.Itoa(life)
}
