package simnet

// An Op is a kind of operation: one call of a task on its transport, its process
// or its world.
type Op uint8

// The operations. Their words are those of errors and traces. Now, the addresses
// of a socket, NewNotifier and WithoutCancel are none: they neither change nor
// await anything.
const (
	OpBegin Op = iota // a task's first: it starts
	OpEnd             // and its last: it returns

	OpListen
	OpDial
	OpPair
	OpAdopt
	OpAdoptListener
	OpAttach
	OpAttachListener

	OpAccept
	OpRecv
	OpSend
	OpCloseRead
	OpCloseWrite
	OpClose
	OpDup
	OpPeerCred
	OpSetDeadline
	OpSendBuffer
	OpSetSendBuffer

	OpRemove
	OpRename
	OpChmod
	OpLock

	OpSleep
	OpAfterFunc
	OpStop
	OpGo
	OpBackground
	OpYield
	OpNotify
	OpWait
	OpWithCancel
	OpCancel

	// Of a process.
	OpStart
	OpKill
	OpRestart
	OpPause
	OpResume
	OpChdir
	OpUmask
	OpLimit
	OpFault
	OpReset
	OpOrder

	// Of the world.
	OpMkdir
	OpCreate
	OpSymlink
	OpLink
	OpChown
	OpRemount
	OpStat
	OpNames

	OpWithDeadline // of a process's clock

	OpNow // only in the message about a goroutine that is no task

	numOps
)

var opNames = [numOps]string{
	"begin", "end",
	"listen", "dial", "pair", "adopt", "adoptlistener", "attach", "attachlistener",
	"accept", "recv", "send", "closeread", "closewrite", "close", "dup", "peercred",
	"setdeadline", "sendbuffer", "setsendbuffer",
	"remove", "rename", "chmod", "lock",
	"sleep", "afterfunc", "stop", "go", "background", "yield", "notify", "wait",
	"withcancel", "cancel",
	"start", "kill", "restart", "pause", "resume", "chdir", "umask", "setrlimit",
	"fault", "reset", "order",
	"mkdir", "create", "symlink", "link", "chown", "remount", "stat", "readdir",
	"withdeadline",
	"now",
}

// String returns the operation's word.
func (o Op) String() string {
	if o < numOps {
		return opNames[o]
	}
	return "unknown"
}
