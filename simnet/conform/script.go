package conform

import (
	"fmt"
	"strconv"
	"strings"
)

// A verb is what an op does.
type verb uint8

const (
	vSocket  verb = iota // W = socket; N: stream, datagram, seqpacket
	vPair                // W, X = socketpair
	vBind                // V to Name
	vListen              // V, backlog N
	vConnect             // V to Name
	vAccept              // W = accept V
	vSend                // N bytes on V, with M descriptors out of Vars
	vFill                // N bytes again and again, until EAGAIN
	vRecv                // N bytes from V, with room for M descriptors, into Vars
	vPeek
	vRead
	vShutdown // V, how N
	vClose
	vDup    // W = dup V
	vSndBuf // V, N
	vSockErr
	vPeerCred
	vFchmod // V, mode N
	vOpen   // W = open Name; N: create, follow
	vLock
	vUnlock
	vMkdir // Name, mode N
	vMknod
	vSymlink // Name to Name2
	vLink    // Name to Name2
	vRename
	vUnlink
	vRmdir
	vChmod
	vStat
	vChdir
	vUser   // uid N
	vUmask  // N
	vNoFile // N more than there are now
	vCloseAll
	nverbs
)

var verbNames = [nverbs]string{"socket", "socketpair", "bind", "listen", "connect", "accept", "send", "fill", "recv", "peek", "read",
	"shutdown", "close", "dup", "setsndbuf", "so_error", "so_peercred", "fchmod", "open", "flock", "unflock", "mkdir", "mknod",
	"symlink", "link", "rename", "unlink", "rmdir", "chmod", "lstat", "chdir", "setuser", "umask", "setnofile", "closeall"}

// An op is one step of a script. It names descriptors by variables, so that a
// script of which a part was left out still makes sense: an op on a variable
// that was not set is left out, too.
type op struct {
	verb        verb
	v, w, x     int8
	n, m        int
	split       bool // the buffer is given in three parts
	vars        [3]int8
	name, name2 string
}

// nvars is how many variables there are.
const nvars = 48

// makes returns the variables that an op sets.
func (o *op) makes() []int8 {
	switch o.verb {
	case vSocket, vAccept, vDup, vOpen:
		return []int8{o.w}
	case vPair:
		return []int8{o.w, o.x}
	}
	return nil
}

// on reports whether the op is about the descriptor in v.
func (o *op) on() bool {
	switch o.verb {
	case vBind, vListen, vConnect, vAccept, vSend, vFill, vRecv, vPeek, vRead, vShutdown, vClose, vDup, vSndBuf, vSockErr, vPeerCred, vFchmod,
		vLock, vUnlock:
		return true
	}
	return false
}

// String is the op as a line of a program.
func (o op) String() string {
	v := func(i int8) string { return "v" + strconv.Itoa(int(i)) }
	var args []string
	if o.on() {
		args = append(args, v(o.v))
	}
	switch o.verb {
	case vSocket:
		args = append(args, [...]string{"stream", "dgram", "seqpacket"}[o.n])
	case vBind, vConnect, vUnlink, vRmdir, vStat, vChdir:
		args = append(args, strconv.Quote(o.name))
	case vListen, vShutdown, vFill, vRead, vSndBuf, vUser, vNoFile:
		args = append(args, strconv.Itoa(o.n))
	case vFchmod, vUmask:
		args = append(args, fmt.Sprintf("%#o", o.n))
	case vMkdir, vMknod, vChmod:
		args = append(args, strconv.Quote(o.name), fmt.Sprintf("%#o", o.n))
	case vOpen:
		args = append(args, strconv.Quote(o.name), [...]string{"nofollow", "create|nofollow", "follow", "create|follow"}[o.n])
	case vSymlink, vLink, vRename:
		args = append(args, strconv.Quote(o.name), strconv.Quote(o.name2))
	case vSend, vRecv, vPeek:
		args = append(args, strconv.Itoa(o.n))
		if o.m > 0 {
			var vars []string
			for _, x := range o.vars {
				vars = append(vars, v(x))
			}
			args = append(args, fmt.Sprintf("%d fds of %s", o.m, strings.Join(vars, " ")))
		}
		if o.split {
			args = append(args, "in 3 parts")
		}
	}
	s := verbNames[o.verb] + "(" + strings.Join(args, ", ") + ")"
	switch m := o.makes(); len(m) {
	case 1:
		s = v(m[0]) + " = " + s
	case 2:
		s = v(m[0]) + ", " + v(m[1]) + " = " + s
	}
	return s
}
