package simnet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/brine/simnet"
)

// A saga is a story of calls and of what befalls those who make them: a list of
// lines, each with the answer after " -> ". Either a role makes a call,
//
//	client c = dial s within 50ms     what it makes has a name; the call waits no longer than that
//	server begin a = accept l         it goes on while others make theirs,
//	server ends                       and here it has to have ended
//
// or something happens:
//
//	process client [common|other]     a role, root's if the test is; common: not root's; other: another user's
//	join client c server s            a connection, of which resets are told
//	pass client 5|end                 what is between its ends passes on what the client has sent
//	reset                             of that
//	kill|restart|pause|resume server
//	full s                            other clients have filled a backlog before the next dial
//	removed|replaced|forbidden|dirgone d/s
//	client short                      of descriptors, for the next call; until
//	client enough
//	client small 4608                 the send buffer of what is made next
//
// "unfaulted" says that there is no fault for what happens, "capacity" that the
// size of the kernel's buffers shows.
type saga struct {
	name      string
	lines     []*entry
	unfaulted bool // there is no fault for what happens
	users     bool // not everybody is root, if the test is
	otherUser bool // not everybody is the test's user
	capacity  bool // the size of buffers shows
}

// An entry is a line of a sheet: what is done, and what that answered.
type entry struct {
	text   string // as it stands there, without the answer
	words  []string
	answer string
}

// A sheet is a file of sagas.
type sheet []*entry

// readSagas reads a sheet. A line of "story" and a name begins a saga, one of a "#" is
// a comment.
func readSagas(text string) (s sheet, sagas []*saga) {
	for _, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		text, answer, _ := strings.Cut(l, " -> ")
		e := &entry{text: strings.TrimRight(text, " "), answer: answer}
		s = append(s, e)
		if strings.HasPrefix(text, "#") {
			continue
		}
		words := strings.Fields(text)
		switch {
		case len(words) == 0:
		case words[0] == "story":
			sagas = append(sagas, &saga{name: strings.Join(words[1:], " ")})
		case len(sagas) == 0:
			panic("a line before the first story: " + l)
		default:
			e.words = words
			t := sagas[len(sagas)-1]
			t.lines = append(t.lines, e)
			switch {
			case words[0] == "unfaulted":
				t.unfaulted = true
			case words[0] == "process" && len(words) > 2:
				t.users = true
				t.otherUser = t.otherUser || words[2] == "other"
			case words[0] == "capacity", len(words) > 1 && words[1] == "small":
				t.capacity = true
			}
		}
	}
	return s, sagas
}

func (s sheet) bytes() []byte {
	var b strings.Builder
	for _, l := range s {
		b.WriteString(l.text)
		if l.answer != "" {
			fmt.Fprintf(&b, "%*s-> %s", max(1, 44-len(l.text)), "", l.answer)
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// note takes what was told for what is right.
func (t *saga) note(told []string) {
	for i, answer := range told {
		t.lines[i].answer = answer
	}
}

// check compares what was told with what is written down.
func (t *saga) check(tt *testing.T, where string, told []string) {
	tt.Helper()
	var b strings.Builder
	wrong := len(told) != len(t.lines)
	for i, answer := range told {
		l := t.lines[i]
		fmt.Fprintf(&b, "%-43s -> %s", l.text, answer)
		if answer != l.answer {
			wrong = true
			fmt.Fprintf(&b, "   <<< want %q", l.answer)
		}
		b.WriteByte('\n')
	}
	if wrong {
		tt.Errorf("%s:\n%s", where, &b)
	}
}

// A venue is where a saga is told. Its methods return "" or what went wrong.
type venue interface {
	start(role, user string) string          // who is "other" or at least "common", not root
	call(role string, words []string) string // a puppet's
	kill(role string) string
	restart(role string) string
	pause(role string) string
	resume(role string) string
	file(what, path string) string        // befalls a file: removed, replaced, …
	room(role string, enough bool) string // for descriptors

	// order has a fault strike at the next opportunity, for a venue that has faults.
	// If whom is not "", it is at a call of theirs.
	order(fault simnet.Fault, whom string, answers ...string) string
}

// tell tells a saga to its end and returns every answer.
func (t *saga) tell(st venue, dir string, faults bool) (told []string) {
	for _, l := range t.lines {
		answer := t.line(st, l.words, dir, faults)
		answer = strings.ReplaceAll(strings.ReplaceAll(answer, dir+"/", ""), dir, "")
		told = append(told, answer)
		if strings.HasPrefix(answer, "!") {
			break // nothing that follows would mean anything
		}
	}
	return told
}

// line does what a line says. The directory is that of all names in it.
func (t *saga) line(st venue, words []string, dir string, faults bool) string {
	w := append(slices.Clone(words[1:]), "", "")
	switch words[0] {
	case "unfaulted", "capacity":
		return ""
	case "process":
		return st.start(w[0], w[1])
	case "kill":
		return st.kill(w[0])
	case "restart":
		return st.restart(w[0])
	case "pause":
		return st.pause(w[0])
	case "resume":
		return st.resume(w[0])
	case "join":
		return join(st, w[0], w[1], w[2], w[3], faults)
	case "pass":
		return pass(st, w[0], w[1], faults)
	case "reset":
		if faults {
			return st.order(simnet.FaultReset, "", "ECONNRESET", "EPIPE")
		}
		return st.kill("proxy")
	case "full":
		if faults {
			return st.order(simnet.FaultFull, "", "")
		}
		return crowd(st, w[0])
	case "removed", "replaced", "forbidden", "dirgone":
		if faults {
			for f := range simnet.NumFaults {
				if f.String() == words[0] {
					return st.order(f, "", words[0])
				}
			}
		}
		return st.file(words[0], dir+"/"+w[0])
	}
	role := words[0]
	switch w[0] {
	case "short":
		if faults {
			return st.order(simnet.FaultEMFILE, role, "EMFILE")
		}
		return st.room(role, false)
	case "enough":
		if faults {
			return ""
		}
		return st.room(role, true)
	case "small":
		if faults {
			return st.order(simnet.FaultBuffer, role, w[1])
		}
	}
	return st.call(role, words[1:])
}

// join connects a client and a server. Who has no fault for it has a process between
// them, which never reads the last byte that it is sent, and so never dies without
// something unread.
func join(st venue, client, c, server, s string, faults bool) string {
	do := func(role, words string) string {
		if got := st.call(role, strings.Fields(words)); got != "ok" && got != "1" {
			return "!join: " + role + " " + words + ": " + got
		}
		return ""
	}
	steps := []string{
		server, "l = listen joint 1",
		client, c + " = dial joint",
		server, s + " = accept l",
		server, "close l",
		server, "remove joint",
	}
	if !faults {
		if why := st.start("proxy", ""); why != "" {
			return why
		}
		steps = []string{
			"proxy", "l = listen joint 1",
			client, c + " = dial joint",
			"proxy", client + " = accept l",
			server, s + " = dial joint",
			"proxy", server + " = accept l",
			"proxy", "close l",
			"proxy", "remove joint",
			"proxy", "route " + client + " " + server,
			client, "send " + c + " 1",
			server, "send " + s + " 1",
		}
	}
	for i := 0; i < len(steps); i += 2 {
		if why := do(steps[i], steps[i+1]); why != "" {
			return why
		}
	}
	return ""
}

// pass has the process between them pass bytes of a role on, or the end of its stream.
func pass(st venue, from, what string, faults bool) string {
	if faults {
		return ""
	}
	if got := st.call("proxy", []string{"pass", from, what}); got != "ok" {
		return "!pass: " + got
	}
	return ""
}

// crowd has other clients fill a backlog, and die.
func crowd(st venue, path string) string {
	if why := st.start("crowd", ""); why != "" {
		return why
	}
	for i := 0; ; i++ {
		switch got := st.call("crowd", []string{fmt.Sprint("c", i), "=", "dial", path, "now"}); {
		case got == "ok":
		case strings.Contains(got, "ETIMEDOUT"):
			return st.kill("crowd")
		default:
			return "!crowd: " + got
		}
	}
}

const patience = 30 * time.Second // of a call that nobody told how long to wait
