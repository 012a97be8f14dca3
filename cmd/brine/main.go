//go:build unix || windows

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"example.com/brine/transport"
)

// A session is one execution of the command: what it was asked to do, and the
// process's view of the system it does it with.
type session struct {
	ctx     context.Context     // done when a signal asks the process to end
	tr      transport.Transport // nil where there is no backend: on Windows
	command string              // the name of one of commands
	options
	in       io.Reader
	out, err io.Writer
}

// commands are what each of commandDocs does, and demoDaemon besides.
var commands = map[string]func(*session) error{
	"demo":       (*session).demo,
	"run":        (*session).run,
	"replay":     (*session).replay,
	"view":       (*session).view,
	"serve":      (*session).serve,
	"dial":       (*session).dial,
	"conform":    (*session).conform,
	"completion": (*session).completion,
	demoDaemon:   (*session).demoDaemon,
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run carries out a command line and returns the exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	// A reader of our output that has gone is an error of Write, not the end of
	// the process: there is a socket file to remove first.
	signal.Ignore(syscall.SIGPIPE)

	name, rest, text, err := dispatch(args)
	if text != "" {
		_, err = io.WriteString(out, text)
		err = outputError(err)
	}
	if text != "" || err != nil {
		report(errOut, err, "")
		return exitCode(err)
	}

	s := &session{command: name, in: in, out: out, err: errOut}
	if s.options, err = parse(name, rest); err != nil {
		report(errOut, err, "")
		return exitCode(err)
	}
	ctx, stop := untilSignal(context.Background())
	defer stop()
	tr, cancel := system(ctx)
	defer cancel()
	s.ctx, s.tr = ctx, tr
	err = s.ended(commands[name](s))
	report(errOut, err, s.advice(err))
	return exitCode(err)
}

// dispatch splits off the command's name. A non-empty text is all that there is
// to say.
func dispatch(args []string) (name string, rest []string, text string, err error) {
	var names []string
	for _, c := range commandDocs {
		names = append(names, c.name)
	}
	if len(args) == 0 {
		return "", nil, "", &usageError{text: "no command given; known: " + strings.Join(names, ", ")}
	}
	switch name, rest = args[0], args[1:]; name {
	case "--version", "-version", "version":
		return "", nil, version(), nil
	case "--help", "-help", "-h", "help":
		if len(rest) == 0 || wantsHelp(rest) || rest[0] == "help" {
			return "", nil, helpMain(), nil
		}
		if text, ok := helpTopics()[rest[0]]; ok {
			return "", nil, text, nil
		}
		return "", nil, "", &usageError{text: fmt.Sprintf("no help on %q%s", rest[0], didYouMean(rest[0], topics(), ""))}
	}
	if len(name) > 1 && name[0] == '-' && name != "--" {
		return "", nil, "", &usageError{text: fmt.Sprintf("%s stands before the command; flags stand behind it", plain(name))}
	}
	if name != demoDaemon && !slices.Contains(names, name) {
		return "", nil, "", &usageError{text: fmt.Sprintf("unknown command %q%s", name, didYouMean(name, names, ""))}
	}
	if name != demoDaemon && wantsHelp(rest) {
		return "", nil, commandNamed(name).text(), nil
	}
	return name, rest, "", nil
}

// ended turns the ECANCELED by which a signal ended a call back into the signal.
func (s *session) ended(err error) error {
	if err != nil && s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	return err
}

// tellPeer tells who is at the other end, as the system saw it when the
// connection was made.
func (s *session) tellPeer(conn transport.Conn) {
	cred, err := conn.PeerCred()
	switch {
	case err != nil:
		fmt.Fprintf(s.err, "brine: the peer is unknown: %v\n", err)
	case cred.PID < 0:
		fmt.Fprintf(s.err, "brine: peer uid %d gid %d\n", cred.UID, cred.GID)
	default:
		fmt.Fprintf(s.err, "brine: peer pid %d uid %d gid %d\n", cred.PID, cred.UID, cred.GID)
	}
}

func version() string {
	v := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v = info.Main.Version
	}
	return fmt.Sprintf("brine %s %s %s/%s\n", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
