package simnet

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// FuzzScript reads texts that may be damaged. What can be read has to stay the
// same when it is written and read again.
func FuzzScript(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseScript(text)
		if err == nil {
			again(t, s)
		} else if e, ok := err.(*ScriptError); !ok || e.Line < 1 || len(e.Error()) > 1000 {
			t.Fatalf("error %v", err)
		}
		if n, err := ParseTaskName(text); err == nil {
			if back, err := ParseTaskName(n.String()); back != n || err != nil {
				t.Fatalf("%#v is read as %#v, error %v", n, back, err)
			}
		}
		if back, err := unescapeName(escapeName(text)); back != text || err != nil {
			t.Fatalf("the name %q is read as %q, error %v", text, back, err)
		}
	})
}

// again checks that s survives being written, whole and line by line.
func again(t rapid.TB, s Script) {
	text := s.String()
	back, err := ParseScript(text)
	if err != nil {
		t.Fatalf("%v in what was written:\n%s", err, text)
	}
	if !slices.Equal(back.Data, s.Data) || !slices.Equal(back.Lines, s.Lines) {
		t.Fatalf("read again it is another script:\n%s\n%#v\n%#v", text, s, back)
	}
	if back.String() != text {
		t.Fatalf("written again it is another text:\n%s\n%s", text, back)
	}
	if _, err := s.MarshalText(); err != nil {
		t.Fatalf("not marshalled: %v", err)
	}
	for _, l := range s.Lines {
		if back, err := ParseScript(scriptHeader + "\n" + l.String()); err != nil || len(back.Lines) != 1 || back.Lines[0] != l {
			t.Fatalf("the line %q alone is read as %#v, error %v", l.String(), back, err)
		}
	}
}

func TestScriptRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { again(t, genScript.Draw(t, "script")) })
}

func TestNameRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := genName.Draw(t, "name")
		text := escapeName(name)
		if back, err := unescapeName(text); back != name || err != nil {
			t.Fatalf("%q is written %q and read as %q, error %v", name, text, back, err)
		}
		if text == "" || !utf8.ValidString(text) || strings.ContainsAny(text, "/#>~+") || strings.ContainsFunc(text, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r)
		}) {
			t.Fatalf("%q is written %q", name, text)
		}
		n := TaskName{Process: name, Incarnation: 1, Task: text}
		if back, err := ParseTaskName(n.String()); back != n || err != nil {
			t.Fatalf("%#v is read as %#v, error %v", n, back, err)
		}
	})
}

// No input takes more than linear time: with a million bytes, anything worse
// would take hours.
func TestScriptTime(t *testing.T) {
	fill := func(begin, piece, end string) string {
		n := maxScriptText - len(scriptHeader) - 1 - len(begin) - len(end)
		return scriptHeader + "\n" + begin + strings.Repeat(piece, n/len(piece)) + end
	}
	begin := time.Now()
	for name, text := range map[string]string{
		"a long name":            fill("a/b", "c", " 1 early"),
		"an escaped name":        fill("a/b", "%20", " 1 early"),
		"a name to be escaped":   fill("a/b", "%", " 1 early"),
		"a deep path":            fill("a/b", ">c~2", " 1 run a/b"),
		"a deep answer":          fill("a/b 1 run a/b", ">c~2", ""),
		"a long number":          fill("a/b ", "9", " early"),
		"a long duration":        fill("a/b 1 late 1", "0", "ns"),
		"a duration of parts":    fill("a/b 1 late ", "1ns", ""),
		"a long verb":            fill("a/b 1 ", "é", ""),
		"many words":             fill("a/b 1 early", " x", ""),
		"much space":             fill("a/b 1 early", " ", "x"),
		"a long comment":         fill("a/b 1 early #", " #", ""),
		"many carriage returns":  fill("a/b 1 early", "\r", ""),
		"a deep value":           fill("data a ", "[", ""),
		"many values":            fill("data a [1", ",1", "]"),
		"many lines":             fill("", "a/b 1 kill c\n", ""),
		"many lines, one longer": fill("a-long-name/that-makes-columns-wide 1 early # x\n", "a/b 1 early #x\n", ""),
		"a long name, and lines": fill("a/"+strings.Repeat("b", maxScriptText/2)+" 1 early #x\n", "a/b 1 early #x\n", ""),
	} {
		s, _ := ParseScript(text)
		if size := len(s.String()); size > maxScriptText {
			t.Errorf("%s: %d bytes became %d", name, len(text), size)
		}
	}
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}

// A kind that is added has to say here what its answers are.
func TestScriptAnswers(t *testing.T) {
	for k := range numKinds {
		bare := k == KindEarly || k == KindFull
		if form := answerForms[k]; bare != (form.read == nil) || bare != (form.words == "") || genAnswers[k] == nil {
			t.Errorf("%v: %q", k, form.words)
		}
	}
}

var (
	// Bytes that mean something in a script, some that are special anywhere, and
	// whatever rapid thinks of.
	genName = rapid.OneOf(
		rapid.StringMatching(`[a-z]{1,5}`),
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), func(b []byte) string { return string(b) }),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{
			"/", "#", ">", "~", "+", "%", ".", " ", "\n", "\r", "\x00", "2", "a", "é", "\xc3", "\xa9", "\u2028", "\ufffd", "\U000e0001",
			"world", "data", "-", "_", "@", ":", "٣", "e\u0301", `"`, "\\",
		}), 0, 6), func(parts []string) string { return strings.Join(parts, "") }),
	)

	genNumber = rapid.OneOf(rapid.IntRange(1, 12), rapid.IntRange(1, maxScriptNumber))

	genProcess = rapid.Custom(func(t *rapid.T) string {
		return processName(genName.Draw(t, "process"), genNumber.Draw(t, "incarnation"))
	})

	genPath = rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			part := escapeName(genName.Draw(t, "task"))
			if k := genNumber.Draw(t, "nth"); k > 1 {
				part += "~" + strconv.Itoa(k)
			}
			return part
		}), 1, 4).Draw(t, "path"), ">")
	})

	genTask = rapid.OneOf(rapid.Just(TaskName{}), rapid.Custom(func(t *rapid.T) TaskName {
		return TaskName{genName.Draw(t, "process"), genNumber.Draw(t, "incarnation"), genPath.Draw(t, "task")}
	}))

	genDuration = rapid.Map(rapid.Int64Range(1, 1<<63-1), func(d int64) string { return time.Duration(d).String() })

	genAnswers = [numKinds]*rapid.Generator[string]{
		KindRun:     rapid.Map(genTask, TaskName.String),
		KindWake:    genProcess,
		KindTimer:   rapid.Map(genTask, TaskName.String),
		KindShort:   rapid.SampledFrom([]string{"1", "half", "most"}),
		KindFail:    rapid.SampledFrom([]string{"ECONNRESET", "EMFILE", "ENOENT"}),
		KindEarly:   rapid.Just(""),
		KindLate:    genDuration,
		KindJump:    genDuration,
		KindBuffer:  rapid.Map(genNumber, strconv.Itoa),
		KindFull:    rapid.Just(""),
		KindFile:    rapid.SampledFrom([]string{"removed", "replaced", "forbidden", "dirgone"}),
		KindKill:    genProcess,
		KindRestart: genProcess,
		KindPause:   genProcess,
	}

	// Comments are as ParseScript leaves them.
	genWhy = rapid.Map(genName, func(s string) string { return strings.Trim(strings.ReplaceAll(s, "\n", " "), " \t\r") })

	genLine = rapid.Custom(func(t *rapid.T) Line {
		kind := Kind(rapid.IntRange(0, int(numKinds)-1).Draw(t, "kind"))
		return Line{
			Task:   genTask.Draw(t, "task"),
			Op:     genNumber.Draw(t, "op"),
			After:  rapid.Bool().Draw(t, "after"),
			Ask:    genNumber.Draw(t, "ask"),
			Kind:   kind,
			Answer: genAnswers[kind].Draw(t, "answer"),
			Why:    genWhy.Draw(t, "why"),
		}
	})

	genDatum = rapid.Custom(func(t *rapid.T) Datum {
		text, err := json.Marshal(rapid.OneOf(
			rapid.Map(genName, func(s string) any { return s }),
			rapid.Map(rapid.Float64(), func(f float64) any { return f }),
			rapid.Map(rapid.MapOf(genName, rapid.SliceOf(rapid.Int())), func(m map[string][]int) any { return m }),
			rapid.Just[any](nil),
		).Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		return Datum{genName.Draw(t, "name"), string(text)}
	})

	genScript = rapid.Custom(func(t *rapid.T) Script {
		return Script{
			Data:  rapid.SliceOfN(genDatum, 0, 3).Draw(t, "data"),
			Lines: rapid.SliceOfN(genLine, 0, 8).Draw(t, "lines"),
		}
	})
)
