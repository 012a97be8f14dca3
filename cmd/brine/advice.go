//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"example.com/brine/transport"
)

// advice is what a person can do about an error, in one line, or "". It looks at
// the files as they are now, which may no longer be what the system saw.
func (s *session) advice(err error) string {
	var e *transport.Error
	if !errors.As(err, &e) {
		return ""
	}
	if s.command == "demo" || s.command == demoDaemon {
		switch {
		case e.Err == syscall.ENAMETOOLONG:
			return "set TMPDIR to a directory with a shorter name"
		case e.Op == "create" && filepath.Dir(e.Path) == filepath.Clean(os.TempDir()):
			return "set TMPDIR to a directory in which files can be made"
		}
		return ""
	}
	switch e.Op {
	case "read", "write", "open", "create": // files and the standard streams speak for themselves
		return ""
	case "listen", "dial", "lock":
		return s.adviceOnName(e)
	}
	return s.adviceOnPeer(e)
}

// adviceOnName is about errors of listen and dial.
func (s *session) adviceOnName(e *transport.Error) string {
	switch e.Err {
	case syscall.ENOENT:
		if s.path == "" {
			return "PATH is empty; a variable that is not set, perhaps"
		}
		if dir := firstWithout(s.path, fs.ErrNotExist); dir != "" {
			return "there is no directory " + dir
		}
		if s.command == "dial" && s.wait {
			return fmt.Sprintf("nothing appeared there in %v", s.timeout)
		}
		return "nothing is there: start the listener first, or have dial wait for it with --wait"
	case syscall.ENOTDIR:
		if part := firstNotDir(s.path); part != "" {
			return part + " is not a directory"
		}
	case syscall.ENAMETOOLONG:
		return "change to the directory of the socket and give a relative path"
	case syscall.EACCES:
		if e.Detail != "" {
			return ""
		}
		return s.adviceOnAccess()
	case syscall.EADDRINUSE:
		return s.adviceOnTaken()
	case syscall.ECONNREFUSED:
		return s.adviceOnRefused()
	case syscall.EPROTOTYPE:
		return s.path + " is a datagram or seqpacket socket; brine talks to stream sockets"
	case syscall.ETIMEDOUT:
		return fmt.Sprintf("a process listens there, but accepted nobody in %v: its backlog is full", s.timeout)
	case syscall.EMFILE:
		return "'ulimit -n' shows and sets the limit"
	case syscall.ENOTSUP:
		return "leave out --mode, --allow-uid or --takeover, or use a file on another file system"
	}
	return ""
}

func (s *session) adviceOnTaken() string {
	info, err := os.Lstat(s.path)
	switch {
	case strings.HasPrefix(s.path, "@"):
		return "a process listens there; 'ss -xlp' tells which"
	case err == nil && info.Mode()&fs.ModeSocket == 0:
		return s.path + " is " + kind(info) + ", which brine does not replace; choose another path"
	case s.takeover:
		return "another process listens there, or is about to; 'ss -xlp' tells which"
	}
	return "another process listens there, or one that died has left the file: then --takeover takes its place"
}

func (s *session) adviceOnRefused() string {
	if strings.HasPrefix(s.path, "@") {
		return "nobody listens there: start the listener first, or have dial wait for it with --wait"
	}
	if info, err := os.Stat(s.path); err == nil && info.Mode()&fs.ModeSocket == 0 {
		return s.path + " is " + kind(info) + ", not a socket"
	}
	return "nobody listens there; if the process that did has died, 'brine serve --takeover " + s.path + "' takes its place"
}

// adviceOnAccess says which file on the way to the socket keeps us out.
func (s *session) adviceOnAccess() string {
	path := s.path
	if dir := firstWithout(path, fs.ErrPermission); dir != "" {
		return "no permission to search " + describe(dir)
	}
	if s.command == "serve" {
		if _, err := os.Lstat(path); err == nil && s.takeover {
			return "no permission to remove " + describe(path) + ", or to write to " + describe(filepath.Dir(path))
		}
		return "no permission to write to " + describe(filepath.Dir(path))
	}
	return "no permission to write to " + describe(path)
}

// adviceOnPeer is about errors of accept, recv and send.
func (s *session) adviceOnPeer(e *transport.Error) string {
	switch e.Err {
	case syscall.ETIMEDOUT:
		switch e.Op {
		case "accept":
			return fmt.Sprintf("nobody connected in %v", s.timeout)
		case "recv":
			return fmt.Sprintf("the peer neither sent anything nor ended its stream in %v after standard input had ended", s.timeout)
		}
		return fmt.Sprintf("the peer ended its own stream, then read nothing for %v", s.timeout)
	case syscall.ECONNRESET:
		return "the peer closed the connection, or died, without reading all that was sent to it"
	case syscall.EPIPE:
		return "what came from it was written out; standard input had not ended: give </dev/null if there is nothing to send"
	}
	return ""
}

// firstWithout returns the first directory on the way to path that cannot be
// searched because of reason, or "".
func firstWithout(path string, reason error) string {
	for _, dir := range parents(path) {
		// What is inside tells whether a directory can be searched.
		if _, err := os.Stat(filepath.Join(dir, ".") + "/."); errors.Is(err, reason) {
			return dir
		}
	}
	return ""
}

func firstNotDir(path string) string {
	for _, dir := range parents(path) {
		if info, err := os.Stat(dir); err == nil && !info.IsDir() {
			return dir
		}
	}
	return ""
}

// parents returns the directories on the way to path, outermost first.
func parents(path string) []string {
	var dirs []string
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		dirs = append([]string{dir}, dirs...)
		if dir == filepath.Dir(dir) {
			return dirs
		}
	}
}

// describe names a file with what decides about access to it.
func describe(path string) string {
	name := path
	if path == "." {
		name = "the working directory"
	}
	info, err := os.Stat(path)
	if err != nil {
		return name
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return name
	}
	return fmt.Sprintf("%s, which belongs to %s and group %d with mode %04o; this is %s",
		name, owner(int(st.Uid)), st.Gid, info.Mode().Perm(), owner(os.Geteuid()))
}

// owner writes a user as "root (uid 0)", or without the name if there is none.
func owner(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return fmt.Sprintf("%s (uid %d)", u.Username, uid)
	}
	return fmt.Sprintf("uid %d", uid)
}

func kind(info fs.FileInfo) string {
	switch info.Mode().Type() {
	case 0:
		return "a regular file"
	case fs.ModeDir:
		return "a directory"
	case fs.ModeSymlink:
		return "a symbolic link"
	case fs.ModeNamedPipe:
		return "a named pipe"
	case fs.ModeSocket:
		return "a socket"
	}
	return "a device"
}
