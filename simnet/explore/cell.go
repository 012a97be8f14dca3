package explore

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/brine/simnet"
)

// cell returns an event in a few words.
func cell(e *simnet.Event) string {
	words := []string{e.Op}
	switch e.Op {
	case "timer":
		words = append(words, "of", e.Object)
	case "go", "background":
		if e.Made != "" && e.Err == "" {
			return e.Op + " " + e.Made + struck(e)
		}
		words = append(words, e.Object)
	case "send":
		words = append(words, e.Object, sent(e))
	case "recv":
		words = append(words, e.Object)
		if e.Size > e.Moved && e.Moved == 0 && e.Err == "" {
			words = append(words, "up to "+strconv.Itoa(e.Size))
		}
	case "listen":
		words = append(words, e.Object)
	default:
		words = append(words, e.Object, e.Args)
	}
	if e.Timed {
		switch {
		case e.Until > e.Began, e.Op == "sleep", e.Op == "setdeadline", e.Op == "afterfunc":
			words = append(words, "until "+brief(e.Until))
		default:
			words = append(words, "at once")
		}
	}
	words = append(words, came(e), strings.TrimSpace(struck(e)))
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

// struck says which faults an event has met.
func struck(e *simnet.Event) string {
	var b strings.Builder
	for _, l := range e.Choices {
		if l.Kind > simnet.KindTimer {
			b.WriteString(" [" + strings.TrimSpace(l.Kind.String()+" "+l.Answer) + "]")
		}
	}
	return b.String()
}

// sent says what a Send offered: the beginning of it, if it is text.
func sent(e *simnet.Event) string {
	const most = 20
	text := e.Data
	if text == "" || utf8.RuneCountInString(text) > most {
		return plural(e.Size, "byte")
	}
	return text
}

// came says what came of an event, if that does not go without saying.
func came(e *simnet.Event) string {
	switch e.Open {
	case "":
	case "killed":
		return "-> killed"
	case "blocked":
		return "... waiting"
	default:
		return "... under way"
	}
	var parts []string
	if e.Op == "send" || e.Op == "recv" {
		if e.Moved > 0 || e.Err == "" {
			parts = append(parts, moved(e))
		}
		if e.Passed > 0 {
			parts = append(parts, plural(e.Passed, "descriptor"))
		}
	}
	if e.Err != "" {
		parts = append(parts, e.Err)
	} else if e.Made != "" {
		parts = append(parts, e.Made)
	}
	if len(parts) == 0 {
		return ""
	}
	return "-> " + strings.Join(parts, ", ")
}

// moved says how many bytes went where, or came from where.
func moved(e *simnet.Event) string {
	word, moves := "to", e.To
	if e.Op == "recv" {
		word, moves = "from", e.From
	}
	text := strconv.Itoa(e.Moved)
	for i, m := range moves {
		if i == 3 {
			return text + ", …"
		}
		if i == 0 {
			text += " " + word + " "
		} else {
			text += ", "
		}
		text += "#" + strconv.Itoa(m.Event)
		if len(moves) > 1 {
			text += " (" + strconv.Itoa(m.Bytes) + ")"
		}
	}
	return text
}

// plural counts in words.
func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// brief is a duration without parts that are 0: "1h".
func brief(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
