package simnet_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"example.com/brine/simnet"
)

// In init, and only if nobody else has it: a test binary has one flag of a name.
func init() {
	if flag.Lookup("update") == nil {
		flag.Bool("update", false, "write testdata anew")
	}
}

func ExampleParseScript() {
	script, err := simnet.ParseScript(`
# What the night's run found.
brine script 1
client/main 3 run daemon/accept # the daemon is faster
daemon/conn~2 2 short 1
daemon#2/main 4+.2 early # before the client can go on
`)
	fmt.Println(err)
	fmt.Println(script.Lines[1].Task.Process, script.Lines[1].Op, script.Lines[1].Kind, script.Lines[1].Answer)
	fmt.Print(script)

	_, err = simnet.ParseScript("brine script 1\nclient/main 3 short 2")
	fmt.Println(err)
	// Output:
	// <nil>
	// daemon 2 short 1
	// brine script 1
	// client/main 3        run daemon/accept   # the daemon is faster
	// daemon/conn~2 2      short 1
	// daemon#2/main 4+.2   early               # before the client can go on
	// script line 2: "2": short is followed by 1, half or most
}

// What may be written in several ways is written in one.
func TestScriptCanonical(t *testing.T) {
	in := strings.Join([]string{
		"# a comment",
		"",
		" brine\tscript 1 # another",
		"client#1/main~1 003.1 run world#1/%6d%61in",
		"  # a third\r",
		"data %6dsg\t {\"a\": [1, 2]} \r",
		"c/m 3+.2 late 1500ms  \t#  why  not\t\r",
		"\tworld 1+ wake a",
		"%/% 1 timer %25/a>%>b~2",
		"c/é٣ 1 jump .1h ##",
		"c/m 1 buffer 0100 #",
		"c/m 2147483647+.2147483647 fail ENOENT",
		"c/m 1 file dirgone",
		"c/m 1 kill world",
		"c/m 1 restart a#2",
		"c/m 1 pause %C3%A9#1",
		"c/m 1 full",
		"a-process-with-a-name-that-is-longer/than-any-column 1 early # sticks out",
		"data a \"b # c\"",
	}, "\n")
	want := `brine script 1
data msg {"a": [1, 2]}
data a "b # c"
client/main 3                run world/main
c/m 3+.2                     late 1.5s   # why  not
world 1+                     wake a
%/% 1                        timer %25/a>%>b~2
c/é٣ 1                       jump 6m0s   # #
c/m 1                        buffer 100
c/m 2147483647+.2147483647   fail ENOENT
c/m 1                        file dirgone
c/m 1                        kill world
c/m 1                        restart a#2
c/m 1                        pause é
c/m 1                        full
a-process-with-a-name-that-is-longer/than-any-column 1 early       # sticks out
`
	s, err := simnet.ParseScript(in)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := s.Lines[1].String(), "c/m 3+.2 late 1.5s # why  not"; got != want {
		t.Errorf("a line alone: %s, not %s", got, want)
	}
	if s, err := simnet.ParseScript("brine script 1"); err != nil || s.String() != "brine script 1\n" {
		t.Errorf("the calm run: %q, %v", s, err)
	}
}

// What is wrong with each of these texts is in testdata/script/errors.txt.
func TestScriptErrors(t *testing.T) {
	long := "x" + strings.Repeat("é", 40)
	lines := []string{
		"client", "client/main", "client/main 3", "# fine\n\nclient/main 3 short", // words are missing
		"client 3 early", "world/ 3 early", "/main 3 early", "a/b> 3 early", "a/>b 3 early",
		"a/b/c 3 early", "a b/c 3 early", "a*/b 3 early", "a/b=c 3 early", "a/\xff 3 early", "a/b\v 3 early",
		"a/%4 3 early", "a/%zz 3 early", "a/b% 3 early", "a/b%% 3 early",
		"a#0/b 3 early", "a#/b 3 early", "a#x/b 3 early", "a#2#3/b 3 early", "a/b~0 3 early", "a/b~ 3 early", "a/b~x 3 early",
		"a/b 0 early", "a/b -1 early", "a/b x early", "a/b + early", "a/b .2 early", "a/b 3.0 early", "a/b 3. early",
		"a/b 3.2+ early", "a/b 3++ early", "a/b 1.2.3 early", "a/b +3 early",
		"a/b 2147483648 early", "a/b 99999999999999999999 early", "a/b -99999999999999999999 early", "a/b 3.2147483648 early",
		"a/b 3 erly", "a/b 3 Early", "a/b 3 unknown", "a/b 3 early#why", "a/b 3 " + long,
		"a/b 3 run", "a/b 3 run # client/main", "a/b 3 run client", "a/b 3 run client#0/main", "a/b 3 timer x",
		"a/b 3 wake a/b", "a/b 3 kill", "a/b 3 kill server#2/main", "a/b 3 restart a#0", "a/b 3 pause a+b", "a/b 3 pause #2",
		"a/b 3 short 2", "a/b 3 short all", "a/b 3 fail", "a/b 3 fail econnreset", "a/b 3 fail EFOO", "a/b 3 fail 104",
		"a/b 3 late 0s", "a/b 3 late -1s", "a/b 3 late 5", "a/b 3 jump 1d", "a/b 3 jump 0.1ns", "a/b 3 jump 9999999h",
		"a/b 3 buffer 0", "a/b 3 buffer -1", "a/b 3 buffer 4k", "a/b 3 buffer 2147483648", "a/b 3 file gone", "a/b 3 file",
		"a/b 3 early 5s", "a/b 3 full yes", "a/b 3 short 1 2", "a/b 3 run c/d e/f # g", "a/b 3 run c/" + long + " x",
		"data", "data msg", "data \"aGk=\"", "data msg hi", "data msg 1 2", "data msg 1 # one", "data a=b 1", "data msg [", "data # 1",
		"brine script 1", "a/b 3 early\rx",
	}
	var got strings.Builder
	complain := func(text string) {
		s, err := simnet.ParseScript(text)
		if e, ok := errors.AsType[*simnet.ScriptError](err); !ok || e.Line < 1 || e.What == "" {
			t.Errorf("%q: error %v", text, err)
		}
		if s.Data != nil || s.Lines != nil {
			t.Errorf("%q: half a script", text)
		}
		fmt.Fprintf(&got, "%s\n\t%v\n", strconv.QuoteToGraphic(text), err)
	}
	for _, text := range []string{
		"", "\n\n# nothing\n", "brine", "brine script", "brine script 2", "brine script 1.0", "brine script 2 # new\na/b 3 early",
		"brine script 1 2", "brine scripts 1", "Brine script 1", "a/b 3 early", "\ufeffbrine script 1", long,
	} {
		complain(text)
	}
	for _, line := range lines {
		complain("brine script 1\n" + line)
	}
	for _, text := range []string{"", "server", "server#2", "a/b/c", "/", "a/", "a/%2", "a b/c", "World", "a/b 3"} {
		n, err := simnet.ParseTaskName(text)
		if e, ok := errors.AsType[*simnet.ScriptError](err); !ok || e.Line != 0 || n != (simnet.TaskName{}) {
			t.Errorf("the task name %q: %v, error %v", text, n, err)
		}
		fmt.Fprintf(&got, "task name %q\n\t%v\n", text, err)
	}
	const golden = "testdata/script/errors.txt"
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != got.String() {
		t.Errorf("the errors are not as in %s (error %v); if they are meant to change, run with -update:\n%s", golden, err, got.String())
	}
}

func TestScriptLimits(t *testing.T) {
	const header = "brine script 1\n"
	for _, c := range []struct{ name, text, want string }{
		{"as long as may be", header + strings.Repeat("#", 1<<20-len(header)), ""},
		{"a byte more", header + "#\n#" + strings.Repeat("#", 1<<20), "script line 3: a script has at most 1048576 bytes, and this one 1048594"},
		{"as many lines as may be", header + strings.Repeat("\n", 99_999), ""},
		{"a line more", header + strings.Repeat("\n", 99_999) + "#", "script line 100001: a script has at most 100000 lines"},
		{"longer when canonical", header + strings.Repeat("a/b 1 late 1h\n", 1<<20/15),
			"script line 69906: a script has at most 1048576 bytes, and this one 1258305 when written in full"},
	} {
		_, err := simnet.ParseScript(c.text)
		if got := fmt.Sprint(err); got != c.want && (err != nil || c.want != "") {
			t.Errorf("%s: %v", c.name, err)
		}
	}

	// Alignment gives way.
	text := header + strings.Repeat("a/b 1 early # x\n", 30_000) + "a-name-to-align/with-other-names 1 early # x\n"
	if s, err := simnet.ParseScript(text); err != nil || s.String() != text {
		t.Errorf("a script too long to be aligned: %.60q, error %v", s.String(), err)
	}
}

func TestScriptText(t *testing.T) {
	type kept struct{ Script simnet.Script }
	in := kept{simnet.Script{Lines: []simnet.Line{{Op: 1, After: true, Ask: 1, Kind: simnet.KindRun, Answer: "client/main"}}}}
	text, err := json.Marshal(in)
	if want := `{"Script":"brine script 1\nworld 1+   run client/main\n"}`; string(text) != want || err != nil {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}
	var out kept
	if err := json.Unmarshal(text, &out); err != nil || out.Script.String() != in.Script.String() {
		t.Errorf("got %v, %v", out, err)
	}
	if err := out.Script.UnmarshalText([]byte("brine script 2")); err == nil || len(out.Script.Lines) != 1 {
		t.Errorf("after what is no script: %v, error %v", out, err)
	}
}

// A script that would be read as another one is not marshalled.
func TestScriptUnmarshallable(t *testing.T) {
	task := simnet.TaskName{Process: "a", Incarnation: 1, Task: "b"}
	good := simnet.Line{Task: task, Op: 1, Ask: 1, Kind: simnet.KindKill, Answer: "c"}
	if _, err := (simnet.Script{Lines: []simnet.Line{good, good}}).MarshalText(); err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(*simnet.Line){
		"no operation":          func(l *simnet.Line) { l.Op = 0 },
		"no time":               func(l *simnet.Line) { l.Ask = 0 },
		"no incarnation":        func(l *simnet.Line) { l.Task.Incarnation = 0 },
		"no path":               func(l *simnet.Line) { l.Task.Task = "" },
		"no kind":               func(l *simnet.Line) { l.Kind = 200 },
		"another kind's answer": func(l *simnet.Line) { l.Kind = simnet.KindShort },
		"an answer too many":    func(l *simnet.Line) { l.Kind = simnet.KindEarly },
		"an answer too few":     func(l *simnet.Line) { l.Answer = "" },
		"a name unescaped":      func(l *simnet.Line) { l.Task.Task = "b c" },
		"a comment in it":       func(l *simnet.Line) { l.Answer = "c # d" },
		"a line in it":          func(l *simnet.Line) { l.Answer = "c\na/b 1 early" },
		"lines in the task":     func(l *simnet.Line) { l.Task.Task = "b 1 early\na/b" },
		"two lines of comment":  func(l *simnet.Line) { l.Why = "d\ne" },
		"space in the comment":  func(l *simnet.Line) { l.Why = " d" },
	} {
		bad := good
		damage(&bad)
		_, err := simnet.Script{Lines: []simnet.Line{good, bad}}.MarshalText()
		if e, ok := errors.AsType[*simnet.ScriptError](err); !ok || e.Line != 3 {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for _, json := range []string{"", "x", "1 2", " 1", "[1,\n2]"} {
		bad := simnet.Script{Data: []simnet.Datum{{Name: "a", JSON: "1"}, {Name: "b", JSON: json}}}
		if _, err := bad.MarshalText(); err == nil {
			t.Errorf("the value %q was marshalled", json)
		}
	}
}
