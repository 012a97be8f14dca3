//go:build unix

package main

import (
	"flag"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"example.com/brine/simnet"
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
		{"run", options{seed: 1}},
		{"run --wrong --runs 7 broker --seed=9 --json", options{name: "broker", wrong: true, runs: 7, seed: 9, json: true}},
		{"run --time 2m --cores 3 --strategy pct2 takeover --right", options{name: "takeover", right: true, most: 2 * time.Minute, cores: 3, strategy: "pct2", seed: 1}},
		{"run broker --cores 1024", options{name: "broker", cores: 1024, seed: 1}},
		{"run --faults none handover --out d", options{name: "handover", faults: &[]simnet.Fault{}, output: "d", seed: 1}},
		{"run --faults kill,EMFILE handover", options{name: "handover", faults: &[]simnet.Fault{simnet.FaultKill, simnet.FaultEMFILE}, seed: 1}},
		{"replay takeover - --trace t --wrong", options{name: "takeover", path: "-", trace: "t", wrong: true}},
		{"demo --out d", options{output: "d", seed: demoSeed}},
		{"completion zsh", options{shell: "zsh"}},
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
		{"view --format text --calm b a", "--calm, --title and --replay are for a page only; leave out --format text"},
		{"view a --replay again --format trace-event", "--calm, --title and --replay are for a page only; leave out --format trace-event"},
		{"view --calm - -", "only one of TRACE and --calm can be standard input"},
		{"view --calme b a", "unknown flag --calme; did you mean --calm?"},
		{"view -o", "-o needs a value"},
		{"serve a --cores 2", "--cores is a flag of run, not of serve"},
		{"serve a --seed 2", "--seed is a flag of demo, run and conform, not of serve"},
		{"serve a --calm b", "--calm is a flag of view, not of serve"},
		{"serve a -o b", "-o is a flag of view, not of serve"},
		{"serve a --\x1b[31m", `unknown flag "--\x1b[31m"; known: --allow-uid, --mode, --show-peer, --takeover, --timeout`},
		{"serve a --mode 6\x1b", `--mode "6\x1b": write permission bits in octal, such as 0600`},
		{"demo-daemon a b", `demo-daemon takes one PATH, not 2: ["a" "b"]`},
		{"replay takeover", "replay needs the NAME of an example, and a SCRIPT: a file, or - for standard input"},
		{"replay takeover a b", `replay takes NAME SCRIPT, not 3: ["takeover" "a" "b"]`},
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

// Help and completion know the flags that there are, and no others.
func TestHelpNamesEveryFlag(t *testing.T) {
	for _, c := range commandDocs {
		said := map[string]bool{}
		for _, f := range c.flags {
			known := new(options).flags(c.name).Lookup(f.name)
			if known == nil {
				t.Errorf("help %s names --%s, which is no flag", c.name, f.name)
				continue
			}
			b, ok := known.Value.(interface{ IsBoolFlag() bool })
			if takes := !ok || !b.IsBoolFlag(); takes != (f.value != "") {
				t.Errorf("help %s: --%s is said to take the value %q", c.name, f.name, f.value)
			}
			if left := len("  " + dashed(f.name) + " " + f.value); left >= helpColumn {
				t.Errorf("help %s: --%s %s is too long for its column", c.name, f.name, f.value)
			}
			said[f.name] = true
		}
		new(options).flags(c.name).VisitAll(func(f *flag.Flag) {
			if !said[f.Name] {
				t.Errorf("help %s does not name %s", c.name, dashed(f.Name))
			}
		})
		if commands[c.name] == nil {
			t.Errorf("%s is in the list, and does nothing", c.name)
		}
	}
	if len(commands) != len(commandDocs)+1 {
		t.Errorf("there are %d commands, but %d in the list", len(commands)-1, len(commandDocs))
	}
	for topic, text := range helpTopics() {
		wide(t, topic, text)
	}
	wide(t, "", helpMain())
}

// The help on --json has every field, and says something of it.
func TestHelpJSON(t *testing.T) {
	for _, object := range []any{listJSON{}, exampleJSON{}, reportJSON{}, failureJSON{}, replayJSON{}} {
		of := reflect.TypeOf(object)
		for field := range of.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			means := field.Tag.Get("means")
			if line := besides("  "+name, means); name == "" || means == "" || !strings.Contains(helpJSON(), line) {
				t.Errorf("help json: of %s.%s it says %q", of.Name(), field.Name, means)
			}
			if len(name) > helpColumn-3 {
				t.Errorf("help json: %s is too long for its column", name)
			}
		}
	}
}

func wide(t *testing.T, topic, text string) {
	for line := range strings.Lines(text) {
		if utf8.RuneCountInString(line) > helpWidth+1 && topic != "exit" { // and the newline
			t.Errorf("help %s: more than %d columns: %s", topic, helpWidth, line)
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
