package ipctest

import (
	"fmt"
	"strings"
	"syscall"

	"example.com/brine/transport"
)

// A Call is one of libdill's calls, under its C name.
type Call string

// The calls. Skip is brecv with a nil buffer, Listener.Close is ipc_close.
const (
	Listen            Call = "ipc_listen"
	Accept            Call = "ipc_accept"
	Connect           Call = "ipc_connect"
	Pair              Call = "ipc_pair"
	FromFD            Call = "ipc_fromfd"
	ListenerFromFD    Call = "ipc_listener_fromfd"
	ListenMem         Call = "ipc_listen_mem"
	AcceptMem         Call = "ipc_accept_mem"
	ConnectMem        Call = "ipc_connect_mem"
	PairMem           Call = "ipc_pair_mem"
	FromFDMem         Call = "ipc_fromfd_mem"
	ListenerFromFDMem Call = "ipc_listener_fromfd_mem"
	Send              Call = "bsend"
	SendList          Call = "bsendl"
	Recv              Call = "brecv"
	RecvList          Call = "brecvl"
	Done              Call = "ipc_done"
	Close             Call = "ipc_close"
	Abort             Call = "hclose"
	SendFD            Call = "ipc_sendfd"
	RecvFD            Call = "ipc_recvfd"
)

// cells are errors of one call that are alike in how they come about.
type cells struct {
	call   Call
	errnos string  // names, separated by blanks
	needs  Ability // what it takes to provoke them, if anything
	never  string  // why they cannot happen, if they cannot
}

const (
	typed    = "compile error in Go"
	nonblock = "cannot happen: does not block"
	sized    = "compile error in Go: a slice has its length"
	nothing  = "cannot happen: there is no argument to be wrong"
	noReset  = "cannot happen: AF_UNIX connect never answers it"
	handleFD = "cannot happen: a descriptor that is none is EBADF"
)

// contract is the table of libdill's errors, and after each call's row what its
// rules and brine's additions have besides.
var contract = []cells{
	{call: Listen, errnos: "EADDRINUSE EINVAL ELOOP ENAMETOOLONG ENOENT ENOTDIR"},
	{call: Listen, errnos: "EACCES", needs: OtherUser},
	{call: Listen, errnos: "EMFILE", needs: DescLimit},
	{call: Listen, errnos: "ENFILE ENOMEM", needs: Faults},
	{call: Listen, errnos: "ECANCELED"},

	{call: Accept, errnos: "EBADF ECANCELED ETIMEDOUT"},
	{call: Accept, errnos: "EMFILE", needs: DescLimit},
	{call: Accept, errnos: "ENFILE ENOMEM", needs: Faults},
	{call: Accept, errnos: "ENOTSUP", never: typed},

	{call: Connect, errnos: "ECANCELED ECONNREFUSED EINVAL ELOOP ENAMETOOLONG ENOENT ENOTDIR ETIMEDOUT"},
	{call: Connect, errnos: "EACCES", needs: OtherUser},
	{call: Connect, errnos: "EMFILE", needs: DescLimit},
	{call: Connect, errnos: "ENFILE ENOMEM", needs: Faults},
	{call: Connect, errnos: "ECONNRESET", never: noReset},

	{call: Pair, errnos: "EINVAL"},
	{call: Pair, errnos: "EMFILE", needs: DescLimit},
	{call: Pair, errnos: "ENFILE ENOMEM", needs: Faults},
	{call: Pair, errnos: "ECANCELED"},

	{call: FromFD, errnos: "EBADF EINVAL"},
	{call: FromFD, errnos: "EMFILE", needs: DescLimit},
	{call: FromFD, errnos: "ENOMEM", needs: Faults},
	{call: FromFD, errnos: "ECANCELED"},

	{call: ListenerFromFD, errnos: "EBADF EINVAL"},
	{call: ListenerFromFD, errnos: "EMFILE", needs: DescLimit},
	{call: ListenerFromFD, errnos: "ENOMEM", needs: Faults},
	{call: ListenerFromFD, errnos: "ECANCELED"},

	{call: ListenMem, errnos: "EINVAL"},
	{call: AcceptMem, errnos: "EBADF EINVAL"},
	{call: ConnectMem, errnos: "EINVAL"},
	{call: PairMem, errnos: "EINVAL"},
	{call: FromFDMem, errnos: "EINVAL"},
	{call: ListenerFromFDMem, errnos: "EINVAL"},

	{call: Send, errnos: "EBADF EBUSY ECANCELED ECONNRESET EPIPE ETIMEDOUT"},
	{call: Send, errnos: "EINVAL", never: sized},
	{call: Send, errnos: "ENOTSUP", never: typed},

	{call: SendList, errnos: "EBADF EBUSY ECANCELED ECONNRESET EINVAL EPIPE ETIMEDOUT"},
	{call: SendList, errnos: "ENOTSUP", never: typed},

	{call: Recv, errnos: "EBADF EBUSY ECANCELED ECONNRESET EINVAL EPIPE ETIMEDOUT"},
	{call: Recv, errnos: "ENOTSUP", never: typed},

	{call: RecvList, errnos: "EBADF EBUSY ECANCELED ECONNRESET EINVAL EPIPE ETIMEDOUT"},
	{call: RecvList, errnos: "ENOTSUP", never: typed},

	{call: Done, errnos: "EBADF EPIPE"},
	{call: Done, errnos: "ECANCELED ETIMEDOUT", never: nonblock},
	{call: Done, errnos: "ENOTSUP", never: typed},
	{call: Done, errnos: "ECONNRESET EBUSY"},

	{call: Close, errnos: "EBADF ECANCELED ECONNRESET ETIMEDOUT"},
	{call: Close, errnos: "ENOTSUP", never: typed},
	{call: Close, errnos: "EBUSY"},

	{call: Abort, errnos: "EBADF"},

	{call: SendFD, errnos: "EBUSY EPIPE ECONNRESET ETIMEDOUT ECANCELED", needs: Descriptors},
	{call: SendFD, errnos: "ENOTSUP"},
	{call: SendFD, errnos: "EINVAL", never: handleFD},
	{call: SendFD, errnos: "EBADF"},

	{call: RecvFD, errnos: "EBUSY EPIPE ECONNRESET ETIMEDOUT ECANCELED EPROTO", needs: Descriptors},
	{call: RecvFD, errnos: "EINVAL", never: nothing},
	{call: RecvFD, errnos: "ENOTSUP"},
	{call: RecvFD, errnos: "EMFILE", needs: DescLimit},
	{call: RecvFD, errnos: "EBADF"},
}

// has reports whether errno is among the cells.
func (c *cells) has(errno string) bool {
	for name := range strings.FieldsSeq(c.errnos) {
		if name == errno {
			return true
		}
	}
	return false
}

// find returns the cells that have an error of a call, nil if it is not in the
// contract.
func find(call Call, errno syscall.Errno) *cells {
	name := transport.ErrnoName(errno)
	for i := range contract {
		if c := &contract[i]; c.call == call && c.has(name) {
			return c
		}
	}
	return nil
}

// table is which cells were provoked on a backend.
type table struct {
	backend  Backend
	provoked map[string]bool // "call errno"
}

func (t *table) provoke(call Call, errno string) {
	if t.provoked == nil {
		t.provoked = make(map[string]bool)
	}
	t.provoked[string(call)+" "+errno] = true
}

// String has a line for each call with what was provoked, and under it one for
// each reason why something was not.
func (t *table) String() string {
	var b strings.Builder
	for i, c := range contract {
		if i > 0 && contract[i-1].call == c.call {
			continue
		}
		var ok []string
		var rest []string
		for _, c := range contract[i:] {
			if c.call != contract[i].call {
				break
			}
			var missing []string
			for errno := range strings.FieldsSeq(c.errnos) {
				if t.provoked[string(c.call)+" "+errno] {
					ok = append(ok, errno)
				} else {
					missing = append(missing, errno)
				}
			}
			if missing != nil {
				why := t.reason(&c)
				if why == "" {
					why = "MISSING"
				}
				rest = append(rest, strings.Join(missing, " ")+": "+why)
			}
		}
		fmt.Fprintf(&b, "%-24s ok: %s\n", c.call, strings.Join(ok, " "))
		for _, line := range rest {
			fmt.Fprintf(&b, "%-24s -   %s\n", "", line)
		}
	}
	return b.String()
}

// reason is why cells need not be provoked on the backend, "" if they must be.
func (t *table) reason(c *cells) string {
	if c.never != "" {
		return c.never
	}
	if c.needs != "" {
		if why := t.backend.Lacks(c.needs); why != "" {
			return why
		}
	}
	return ""
}

// faults lists the cells that should have been provoked and were not, and those
// that were and cannot.
func (t *table) faults() []string {
	var list []string
	for i := range contract {
		c := &contract[i]
		for errno := range strings.FieldsSeq(c.errnos) {
			provoked := t.provoked[string(c.call)+" "+errno]
			switch {
			case !provoked && t.reason(c) == "":
				list = append(list, fmt.Sprintf("%s %s is in the contract, was not provoked, and there is no reason why", c.call, errno))
			case provoked && c.never != "":
				list = append(list, fmt.Sprintf("%s %s was provoked, though %s", c.call, errno, c.never))
			}
		}
	}
	return list
}
