//go:build unix || windows

package main

import (
	"example.com/brine/examples"
	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// commandDocs are in the order in which they are listed.
var commandDocs = []commandDoc{
	docDemo, docRun, docReplay, docView, docServe, docDial, docConform, docCompletion,
}

func exampleNames() []string {
	var names []string
	for _, p := range examples.All() {
		names = append(names, p.Name)
	}
	return names
}

func faultNames() []string {
	names := []string{"none"}
	for f := range simnet.Fault(simnet.NumFaults) {
		names = append(names, f.String())
	}
	return names
}

func listed(list ...string) words { return words{list: func() []string { return list }} }

var docDemo = commandDoc{
	name: "demo",
	does: "see in a few seconds what brine does",
	about: `Takes a daemon whose instances take over the socket file of one that died, in a
version that looks right, and explores it on a simulated machine: finds the
order of events in which two daemons both believe that they serve, makes it as
small as it gets, and writes down how to have it again. Then explores the
corrected daemon in the same way, and at last runs it for real, as two processes
on a real socket, one of which is killed.

What it tells has been executed while it tells it. It takes a few seconds. What
it writes stays in a directory that it names.
`,
	flags: []flagDoc{
		{name: "out", value: "DIR", text: "where to write the page, the report, the script and the trace. Default: a new directory where temporary files are", words: words{dirs: true}},
		{name: "seed", value: "N", text: "number of the exploration: another finds it by another way. Default: 2"},
	},
	rest: `Exit codes: 0 if everything went as it tells; others: 'brine help exit'.
`,
}

// flagsVersion say which version of an example is meant.
var flagsVersion = []flagDoc{
	{name: "wrong", text: "the version with the bug"},
	{name: "right", text: "the version without it. This is the default"},
}

var flagJSON = flagDoc{name: "json", text: "write one JSON object instead of text: see 'brine help json'"}

var docRun = commandDoc{
	name: "run",
	args: "[NAME]",
	does: "explore an example program until a run fails",
	about: `Executes an example program on a simulated machine, run after run, each in
another order and with other faults, until one fails or the budget is used up.
What made it fail is shrunk, and reported: the script, and what happened with
it. Without a NAME it lists the examples.

The same flags have the same runs executed, on any number of processors, unless
--time ends them.
`,
	flags: append(append([]flagDoc{}, flagsVersion...),
		flagDoc{name: "strategy", value: "S", text: "what decides in which order things happen: walk, pct (or with its depth, such as pct2), pos, uniform, swarm or portfolio. Default: portfolio, all of them by turns", words: words{list: explore.Names}},
		flagDoc{name: "runs", value: "N", text: "how many runs at most. Default: 1000, or no limit if --time is given"},
		flagDoc{name: "time", value: "DURATION", text: "for how long at most (500ms, 30s, 2m). Default: no limit"},
		flagDoc{name: "seed", value: "N", text: "number of the exploration: another has other runs. Default: 1"},
		flagDoc{name: "cores", value: "N", text: "how many runs are executed at once. Default: one on each processor"},
		flagDoc{name: "faults", value: "LIST", text: "only these, separated by commas, or none. Default: those that the right version endures", words: words{list: faultNames, several: true}},
		flagDoc{name: "out", value: "DIR", text: "where to write what there is on a failure: its trace as a page and as JSON Lines, its script and the report", words: words{dirs: true}},
		flagJSON,
	),
	rest: `examples:
  brine run takeover --wrong --out /tmp/takeover
  brine run broker --time 1m --strategy pct --faults kill,restart
  brine run handover --json | jq .runs

Exit codes: 0 if every run passed, 1 if one failed or none was executed; others:
'brine help exit'.
`,
	words: []words{{list: exampleNames}},
}

var docReplay = commandDoc{
	name: "replay",
	args: "NAME SCRIPT",
	does: "execute a script on an example program",
	about: `Executes one run of an example program, as a script says, and shows what
happened. SCRIPT is a file, or - for standard input. Lines of it that did not
apply, because the program does something else by now, are named.
`,
	flags: append(append([]flagDoc{}, flagsVersion...),
		flagDoc{name: "trace", value: "FILE", text: "write the run's trace there, as JSON Lines; - for standard output, in place of the text", words: words{files: true}},
		flagJSON,
	),
	rest: `examples:
  brine replay takeover --wrong /tmp/takeover/takeover-wrong.script
  echo 'brine script 1' | brine replay takeover -      # the calm run
  brine replay takeover --trace - my.script | brine view --format text -

Exit codes: 0 if the run passed, 1 if it failed; others: 'brine help exit'.
`,
	words: []words{{list: exampleNames}, {files: true}},
}

var docView = commandDoc{
	name: "view",
	args: "TRACE",
	does: "turn the trace of a run into a page to look at",
	about: `Turns the trace of a simulated run, as simnet's Trace.WriteJSON writes it, into
something to look at: a page for a browser, which is one file and needs nothing
else. TRACE is a file, or - for standard input.
`,
	flags: []flagDoc{
		{name: "calm", value: "TRACE", text: "the trace of the calm run of the same program: the page shows it beside the other, with the first difference marked. Only for a page", words: words{files: true}},
		{name: "title", value: "TEXT", text: "what the page says was run. Default: the name of TRACE"},
		{name: "replay", value: "TEXT", text: "how the run is executed again, such as a command: the page shows it, to be copied"},
		{name: "format", value: "FORMAT", text: "what to write. html: the page. trace-event: the format of Perfetto (ui.perfetto.dev) and chrome://tracing. text: a line for each event. Default: html", words: listed("html", "trace-event", "text")},
		{name: "o", value: "FILE", text: "where to write it, - for standard output. Default: beside TRACE, with the name's end changed to .html or .trace.json; text, and what was read from standard input, goes to standard output", words: words{files: true}},
	},
	rest: `examples:
  brine view failed.jsonl
  brine view --calm calm.jsonl -o failed.html failed.jsonl
  brine view --title TestShout --replay 'go test -run TestShout' failed.jsonl
  brine view --format text failed.jsonl | less

Exit codes: see 'brine help exit'.
`,
	words: []words{{files: true}},
}

const aboutEnds = `When standard input ends, the connection is half-closed, and the peer's data is
still copied out until its stream ends. When the peer's stream ends, standard
input is still copied until it ends: give </dev/null if there is none. A peer
that closes the connection while standard input is open makes that EPIPE.
`

const aboutPath = `PATH is a file of at most 107 bytes or, on Linux, an abstract name such as @app,
which lives in no file system.
`

var docServe = commandDoc{
	name: "serve",
	args: "PATH",
	does: "listen at PATH and talk to the first that connects",
	about: `Listens at PATH, accepts one connection, then copies standard input to it and it
to standard output. As soon as the connection is there, serve stops listening
and removes the socket file, so that a second client is told at once instead of
waiting in a queue; a signal removes the file, too.
` + aboutEnds + `
` + aboutPath,
	flags: []flagDoc{
		{name: "timeout", value: "DURATION", text: "wait at most so long (500ms, 30s, 2m) for a connection and, once one direction has ended, for the peer each time the other stands still. Default: no limit"},
		{name: "mode", value: "OCTAL", text: "permission bits of the socket file. Who may write to it may connect: 0600 lets in your own processes and root's, 0660 the file's group. It is never open wider than that, not even for a moment. Default: 0777 without the umask", words: listed("0600", "0660", "0666")},
		{name: "allow-uid", value: "UIDS", text: "accept only peers that run as one of these users: numbers separated by commas; the flag may be repeated. Others are closed at once, and serve goes on waiting"},
		{name: "takeover", text: "take the place of a server that died and left its socket file: of several started at once, one serves, the others fail with EADDRINUSE. Give it to all of them: a server without it is found by connecting to it, which uses up its one connection. An empty PATH.lock stays behind"},
		{name: "show-peer", text: "write the peer's pid, uid and gid to standard error"},
	},
	rest: `examples:
  brine serve --takeover --mode 0600 /run/user/1000/app.sock <answer >question
  brine serve @app </dev/null | tar xf -

Exit codes: see 'brine help exit'.
`,
	words: []words{{files: true}},
}

var docDial = commandDoc{
	name: "dial",
	args: "PATH",
	does: "connect to PATH and talk to whoever listens there",
	about: `Connects to the listener at PATH, then copies standard input to the connection
and the connection to standard output.
` + aboutEnds + `
` + aboutPath,
	flags: []flagDoc{
		{name: "timeout", value: "DURATION", text: "wait at most so long (500ms, 30s, 2m) for the connection and, once one direction has ended, for the peer each time the other stands still. Default: no limit"},
		{name: "wait", text: "as long as nobody listens, keep trying, until --timeout"},
		{name: "allow-uid", value: "UIDS", text: "talk only to a listener that runs as one of these users: numbers separated by commas; the flag may be repeated"},
		{name: "show-peer", text: "write the listener's pid, uid and gid to standard error"},
	},
	rest: `examples:
  echo status | brine dial --timeout 5s /run/app.sock
  tar cf - src | brine dial --wait @app

Exit codes: see 'brine help exit'.
`,
	words: []words{{files: true}},
}

var docConform = commandDoc{
	name: "conform",
	does: "compare the simulated sockets with the kernel",
	about: `Carries out random system calls on Unix-domain sockets twice, on the running
kernel and on brine's simulation, and compares after each one: result, errno,
bytes, descriptors, and who was woken; every few calls the state of all sockets.
At the end it writes a table: how many calls were compared, and how often each
errno was answered by both. A difference ends the comparison and is written as
the shortest program of calls that shows it.

It needs Linux. As root it compares permissions, too, with a second user, whom
it plays by changing the ids of one of its own threads. Its files are in a
directory of their own in /dev/shm, or where temporary files are.
`,
	flags: []flagDoc{
		{name: "ops", value: "N", text: "compare at least so many calls. Default: 600000, or no limit if --for is given"},
		{name: "for", value: "DURATION", text: "compare for so long (30s, 5m)"},
		{name: "seed", value: "N", text: "the first script's number; others follow. Default: 1"},
	},
	rest: `example:
  brine conform --for 1m

Exit codes: 0 if there was no difference, 1 if there was one or nothing was
compared; others: 'brine help exit'.
`,
}

var docCompletion = commandDoc{
	name: "completion",
	args: "SHELL",
	does: "write what has a shell complete brine's flags",
	about: `Writes a script that has a shell complete brine's commands, flags and their
values. SHELL is bash, zsh or fish.

  bash   put this into ~/.bashrc:      source <(brine completion bash)
  zsh    put this into ~/.zshrc,
         behind compinit:              source <(brine completion zsh)
  fish   once:    brine completion fish >~/.config/fish/completions/brine.fish
`,
	rest: `Exit codes: see 'brine help exit'.
`,
	words: []words{listed("bash", "zsh", "fish")},
}
