package simnet

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A TaskName names a task of one life of a process. The zero TaskName is the
// world itself.
type TaskName struct {
	Process     string // as the process was named, whatever characters that has
	Incarnation int    // which of its lives, from 1

	// Task is the task's path: its name after those of the tasks that it descends
	// from, joined by ">". The second task of one name that a parent started, or set
	// a timer for, has "~2" after the name, the third "~3". Where tasks of one name
	// start each other, as a timer's that sets itself again, they are one component:
	// "tick", "tick*2", "tick*3" instead of tick>tick>tick.
	//
	// A task that one of another process started has that one's whole name before
	// its own, as one component: what a/main starts in b as x is b/a%2Fmain>x.
	//
	// Scripts leave components out at the front as long as no other task of the
	// process is called so at its end. If a path is all of a task's path and the end
	// of others', it is written after a component "world", unless it is the name of a
	// task that was there when the run, or its process, began.
	//
	// The names in it are escaped already, as they are in a script ([Script]):
	// escaping the whole would take the joints for parts of names.
	Task string
}

// ParseTaskName reads what [TaskName.String] writes, and also what that leaves
// out (#1, ~1, *1). Errors are *ScriptError, with Line 0.
func ParseTaskName(text string) (TaskName, error) {
	if text == (TaskName{}).String() {
		return TaskName{}, nil
	}
	process, task, ok := strings.Cut(text, "/")
	if !ok {
		return TaskName{}, wrong(text, "a task is written process/task, as in client/main, and the world itself world")
	}
	var n TaskName
	var err error
	if n.Process, n.Incarnation, err = parseProcess(process); err != nil {
		return TaskName{}, inScript(0, text, err)
	}
	names := strings.Split(task, ">")
	for i, part := range names {
		if names[i], err = canonicalPart(part); err != nil {
			return TaskName{}, inScript(0, text, err)
		}
	}
	n.Task = strings.Join(names, ">")
	return n, nil
}

// canonicalPart reads a name with its ~2 and *3, and writes it again.
func canonicalPart(text string) (string, error) {
	word, chain, isChain := strings.Cut(text, "*")
	escaped, nth, isNth := strings.Cut(word, "~")
	name, err := unescapeName(escaped)
	if err != nil {
		return "", err
	}
	part := escapeName(name)
	if isNth {
		k, err := parseNumber(nth, text, "tasks of one name", "the second task of a name is written ~2, and a ~ in a name %7E")
		if err != nil {
			return "", err
		}
		if k > 1 {
			part += "~" + strconv.Itoa(k)
		}
	}
	if isChain {
		n, err := parseNumber(chain, text, "tasks of a chain", "the second task of a chain of one name is written *2, and a * in a name %2A")
		if err != nil {
			return "", err
		}
		if n > 1 {
			part += "*" + strconv.Itoa(n)
		}
	}
	return part, nil
}

// parseProcess reads what processName writes.
func parseProcess(text string) (name string, incarnation int, err error) {
	escaped, life, isLife := strings.Cut(text, "#")
	if name, err = unescapeName(escaped); err != nil {
		return "", 0, err
	}
	incarnation = 1
	if isLife {
		incarnation, err = parseNumber(life, text, "incarnations", "the second incarnation of a process is written #2, and a # in a name %23")
	}
	return name, incarnation, err
}

// String writes the name as in a script: "client/main", "daemon#2/main>conn~2",
// and "world" for the world.
func (n TaskName) String() string {
	if n == (TaskName{}) {
		return "world" // no process's task, as those have a slash
	}
	return processName(n.Process, n.Incarnation) + "/" + n.Task
}

// processName writes one life of a process, as the answers to kill, restart,
// pause and wake are.
func processName(name string, incarnation int) string {
	s := escapeName(name)
	if incarnation > 1 {
		s += "#" + strconv.Itoa(incarnation)
	}
	return s
}

// escapeName writes the name of a process, a task or a datum so that it is one
// word without any of the characters that a script joins names by. Every byte
// that is not of a letter, of a digit or one of _-.@: becomes %XX; the empty name
// becomes %.
func escapeName(name string) string {
	if name == "" {
		return "%"
	}
	if i := strings.IndexFunc(name, special); i < 0 {
		return name
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for len(name) > 0 {
		r, n := utf8.DecodeRuneInString(name)
		for _, c := range []byte(name[:n]) {
			if special(r) {
				b.WriteByte('%')
				b.WriteByte(hex[c>>4])
				c = hex[c&15]
			}
			b.WriteByte(c)
		}
		name = name[n:]
	}
	return b.String()
}

// special reports whether r is escaped in a name. utf8.RuneError is, and with it
// what is no UTF-8.
func special(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.@:", r)
}

// unescapeName is the inverse of escapeName. It also reads escapes that would
// not be needed. Errors are *ScriptError, with Line 0.
func unescapeName(text string) (string, error) {
	switch {
	case text == "%":
		return "", nil
	case text == "":
		return "", wrong("", "a name is missing; the empty name is written %%")
	case strings.IndexFunc(text, special) < 0:
		return text, nil
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '%':
			if n = 3; i+n > len(text) {
				n = len(text) - i
			}
			c, err := strconv.ParseUint(text[i+1:i+n], 16, 8)
			if err != nil || n < 3 {
				return "", wrong(text[i:i+n], "a %% is followed by two hexadecimal digits, as in %%20, and a %% in a name is %%25")
			}
			b.WriteByte(byte(c))
		case special(r):
			return "", wrong(text, "in a name %q is written %s", text[i:i+n], escapeName(text[i:i+n]))
		default:
			b.WriteString(text[i : i+n])
		}
		i += n
	}
	return b.String(), nil
}
