//go:build unix

package main

import (
	"flag"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		line string
		want options
	}{
		{"serve a.sock", options{path: "a.sock"}},
		{"serve --mode 0600 a.sock", options{path: "a.sock", mode: 0o600}},
		{"serve a.sock --mode=660 --takeover", options{path: "a.sock", mode: 0o660, takeover: true}},
		{"serve -mode 0o640 a.sock -takeover=false", options{path: "a.sock", mode: 0o640}},
		{"serve --allow-uid 1,2 @app --allow-uid=1000", options{path: "@app", allowUID: []int{1, 2, 1000}}},
		{"dial --timeout 1m30s a.sock --wait --show-peer", options{path: "a.sock", timeout: 90 * time.Second, wait: true, showPeer: true}},
		{"dial -- --wait", options{path: "--wait"}},
		{"view run.jsonl", options{path: "run.jsonl", format: "html"}},
		{"view --calm calm.jsonl - -o out --format=html", options{path: "-", calm: "calm.jsonl", output: "out", format: "html"}},
		{"dial --wait -- -", options{path: "-", wait: true}},
	} {
		args := strings.Fields(c.line)
		got, err := parse(args[0], args[1:])
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s\n got %+v, %v\nwant %+v", c.line, got, err, c.want)
		}
	}
}

// Every mistake says what to do instead.
func TestParseMistakes(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"serve", "serve needs the PATH of a socket"},
		{"dial a b", `dial takes one PATH, not 2: ["a" "b"]`},
		{"serve a --takover", "unknown flag --takover; did you mean --takeover?"},
		{"serve a --take", "unknown flag --take; did you mean --takeover?"},
		{"serve a --mdoe 1", "unknown flag --mdoe; did you mean --mode?"},
		{"dial a --nonsense", "unknown flag --nonsense; known: --allow-uid, --show-peer, --timeout, --wait"},
		{"dial a --mode 0600", "--mode is a flag of serve, not of dial"},
		{"serve a --wait", "--wait is a flag of dial, not of serve"},
		{"serve a --mode", "--mode needs a value"},
		{"serve a --takeover=perhaps", "--takeover takes no value"},
		{"serve a --mode rw", "--mode rw: write permission bits in octal, such as 0600"},
		{"serve a --mode 1777", "--mode 1777: only the permission bits 0001 to 0777 can be set"},
		{"serve a --mode 0", "--mode 0: would keep everyone out; 0600 lets your own processes in"},
		{"serve a --allow-uid root", "--allow-uid root: write user IDs as numbers, such as 1000 or 0,1000; 'id -u NAME' tells that of a name"},
		{"serve a --allow-uid 1,", "--allow-uid 1,: write user IDs as numbers, such as 1000 or 0,1000; 'id -u NAME' tells that of a name"},
		{"serve a --allow-uid 4294967295", "--allow-uid 4294967295: write user IDs as numbers, such as 1000 or 0,1000; 'id -u NAME' tells that of a name"},
		{"dial a --timeout 30", "--timeout 30: a unit is missing; write 30s for seconds"},
		{"dial a --timeout soon", "--timeout soon: write a duration such as 500ms, 30s or 2m"},
		{"view", "view needs the TRACE of a run: a file, or - for standard input"},
		{"view a b", `view takes one TRACE, not 2: ["a" "b"]`},
		{"view --format pdf a", "--format pdf: write html, trace-event or text"},
		{"view --format text --calm b a", "--calm is for a page only; leave out --format text"},
		{"view --calm - -", "only one of TRACE and --calm can be standard input"},
		{"view --calme b a", "unknown flag --calme; did you mean --calm?"},
		{"view -o", "-o needs a value"},
		{"dial a --timeout -1s", "--timeout -1s: must be more than 0; leave --timeout out to wait without limit"},
	} {
		args := strings.Fields(c.line)
		_, err := parse(args[0], args[1:])
		if err == nil || err.Error() != c.want {
			t.Errorf("%s\n got %v\nwant %s", c.line, err, c.want)
		}
		if exitCode(err) != exitUsage {
			t.Errorf("%s: exit code %d", c.line, exitCode(err))
		}
	}
}

func TestHelpNamesEveryFlag(t *testing.T) {
	for _, c := range commands {
		new(options).flags(c.name).VisitAll(func(f *flag.Flag) {
			if !strings.Contains(helpTopics[c.name], "\n  "+dashed(f.Name)+" ") {
				t.Errorf("help %s does not name %s", c.name, dashed(f.Name))
			}
		})
	}
	for topic, text := range helpTopics {
		for line := range strings.Lines(text) {
			if utf8.RuneCountInString(line) > 81 && topic != "exit" { // and the newline
				t.Errorf("help %s: more than 80 columns: %s", topic, line)
			}
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"mode", "mode", 0}, {"mdoe", "mode", 1}, {"moed", "mode", 1},
		{"mod", "mode", 1}, {"modes", "mode", 1}, {"node", "mode", 1}, {"", "mode", 4}, {"wait", "mode", 4},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
