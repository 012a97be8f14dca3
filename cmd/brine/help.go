//go:build unix

package main

import (
	"maps"
	"slices"
	"strings"
)

const helpMain = `brine joins standard input and output to a Unix-domain socket. Bytes go both
ways at once; the end of each stream is passed on; success means that both
directions ended in order.

usage:
  brine serve [flags] PATH   listen at PATH and talk to the first that connects
  brine dial  [flags] PATH   connect to PATH and talk to whoever listens there
  brine conform [flags]      compare brine's simulation with the running kernel
  brine view  [flags] TRACE  turn the trace of a simulated run into a page
  brine help [TOPIC]         serve, dial, conform, view or exit
  brine --version

PATH is a file of at most 107 bytes or, on Linux, an abstract name such as @app,
which lives in no file system. Flags may stand before or after it; -- ends them.

example, in two terminals:
  brine serve --mode 0600 /tmp/chat.sock
  brine dial /tmp/chat.sock

exit codes:
  0    both directions ended in order
  1    a failure without an errno
  2    the command line makes no sense
  80…  one code for each errno: see 'brine help exit'
  129, 130, 143  ended by SIGHUP, SIGINT, SIGTERM
  141  standard output was closed by its reader
`

const helpServe = `usage: brine serve [flags] PATH

Listens at PATH, accepts one connection, then copies standard input to it and it
to standard output. As soon as the connection is there, serve stops listening
and removes the socket file, so that a second client is told at once instead of
waiting in a queue; a signal removes the file, too.

When standard input ends, the connection is half-closed, and the peer's data is
still copied out until its stream ends. When the peer's stream ends, standard
input is still copied until it ends: give </dev/null if there is none. A peer
that closes the connection while standard input is open makes that EPIPE.

flags:
  --timeout DURATION   wait at most so long (500ms, 30s, 2m) for a connection
                       and, once one direction has ended, for the peer each time
                       the other stands still. Default: no limit
  --mode OCTAL         permission bits of the socket file. Who may write to it
                       may connect: 0600 lets in your own processes and root's,
                       0660 the file's group. It is never open wider than that,
                       not even for a moment. Default: 0777 without the umask
  --allow-uid UIDS     accept only peers that run as one of these users: numbers
                       separated by commas; the flag may be repeated. Others are
                       closed at once, and serve goes on waiting
  --takeover           take the place of a server that died and left its socket
                       file: of several started at once, one serves, the others
                       fail with EADDRINUSE. Give it to all of them: a server
                       without it is found by connecting to it, which uses up
                       its one connection. An empty PATH.lock stays behind
  --show-peer          write the peer's pid, uid and gid to standard error
  --help               this text

examples:
  brine serve --takeover --mode 0600 /run/user/1000/app.sock <answer >question
  brine serve @app </dev/null | tar xf -

Exit codes: see 'brine help exit'.
`

const helpDial = `usage: brine dial [flags] PATH

Connects to the listener at PATH, then copies standard input to the connection
and the connection to standard output.

When standard input ends, the connection is half-closed, and the peer's data is
still copied out until its stream ends. When the peer's stream ends, standard
input is still copied until it ends: give </dev/null if there is none. A peer
that closes the connection while standard input is open makes that EPIPE.

flags:
  --timeout DURATION   wait at most so long (500ms, 30s, 2m) for the connection
                       and, once one direction has ended, for the peer each time
                       the other stands still. Default: no limit
  --wait               as long as nobody listens, keep trying, until --timeout
  --allow-uid UIDS     talk only to a listener that runs as one of these users:
                       numbers separated by commas; the flag may be repeated
  --show-peer          write the listener's pid, uid and gid to standard error
  --help               this text

examples:
  echo status | brine dial --timeout 5s /run/app.sock
  tar cf - src | brine dial --wait @app

Exit codes: see 'brine help exit'.
`

const helpConform = `usage: brine conform [flags]

Carries out random system calls on Unix-domain sockets twice, on the running
kernel and on brine's simulation, and compares after each one: result, errno,
bytes, descriptors, and who was woken; every few calls the state of all sockets.
At the end it writes a table: how many calls were compared, and how often each
errno was answered by both. A difference ends the comparison and is written as
the shortest program of calls that shows it.

It needs Linux. As root it compares permissions, too, with a second user, whom
it plays by changing the ids of one of its own threads. Its files are in a
directory of their own in /dev/shm, or where temporary files are.

flags:
  --ops N              compare at least so many calls. Default: 600000, or no
                       limit if --for is given
  --for DURATION       compare for so long (30s, 5m)
  --seed N             the first script's number; others follow. Default: 1
  --help               this text

example:
  brine conform --for 1m

Exit codes: 0 if there was no difference, 1 if there was one.
`

const helpView = `usage: brine view [flags] TRACE

Turns the trace of a simulated run, as simnet's Trace.WriteJSON writes it, into
something to look at: a page for a browser, which is one file and needs nothing
else. TRACE is a file, or - for standard input.

flags:
  --calm TRACE         the trace of the calm run of the same program: the page
                       shows it beside the other, with the first difference
                       marked. Only for a page
  --format FORMAT      html: the page. trace-event: the format of Perfetto
                       (ui.perfetto.dev) and chrome://tracing. text: a line for
                       each event. Default: html
  -o FILE              where to write it, - for standard output. Default: beside
                       TRACE, with the name's end changed to .html or
                       .trace.json; text, and what was read from standard input,
                       goes to standard output
  --help               this text

examples:
  brine view failed.jsonl
  brine view --calm calm.jsonl -o failed.html failed.jsonl
  brine view --format text failed.jsonl | less

Exit codes: see 'brine help exit'.
`

// helpTopics is what "brine help TOPIC" knows.
var helpTopics = map[string]string{
	"serve":   helpServe,
	"dial":    helpDial,
	"conform": helpConform,
	"view":    helpView,
	"exit":    helpExit(),
}

func helpExit() string {
	return `brine ends with one of these codes, the same on every system:

  0    both directions ended in order; conform: no divergence; view: written
  1    a failure without an errno; conform: a divergence
  2    the command line makes no sense

` + codeTable() + `
  119  any other errno; the message names it
  129  ended by SIGHUP
  130  ended by SIGINT
  141  standard output was closed by its reader
  143  ended by SIGTERM

0 says that everything the peer sent has been written out, that everything from
standard input was handed to the connection, and that the peer did not close it
with any of that unread up to then. It cannot say what the peer made of it.
`
}

func topics() string {
	return strings.Join(slices.Sorted(maps.Keys(helpTopics)), ", ")
}
