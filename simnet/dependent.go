package simnet

import (
	"path"
	"strings"

	"example.com/brine/transport"
)

// Traits are what an operation has to do with.
type traits uint16

const (
	anything  traits = 1 << iota // with anything: what it is about is not known
	ofProcess                    // with anything that its process does
	ofNumbers                    // with its process's descriptor numbers: it makes one, or gives one back
	ofTokens                     // with a notifier of its process
	ofTimers                     // with its process's timers
	ofNames                      // with a file, by the operation's path
	ofFolders                    // with any file: it changes what paths mean
	outward                      // with one direction of its socket,
	inward                       // and the other; any other operation on a socket has to do with both

	bothWays = outward | inward
)

// traitsOf has the traits of every operation. One that is missing has to do with
// nothing but itself.
var traitsOf = [numOps]traits{
	OpBegin:          anything, // what the task will do first
	OpListen:         ofNumbers | ofNames,
	OpDial:           ofNumbers | ofNames,
	OpPair:           ofNumbers,
	OpAdopt:          ofProcess,
	OpAdoptListener:  ofProcess,
	OpAttach:         anything,
	OpAttachListener: anything,
	OpAccept:         ofNumbers | ofNames | bothWays,
	OpRecv:           inward,
	OpSend:           outward,
	OpCloseRead:      bothWays,
	OpCloseWrite:     bothWays,
	OpClose:          ofNumbers | ofNames | bothWays,
	OpDup:            ofNumbers | ofNames | bothWays,
	OpPeerCred:       bothWays,
	OpSetDeadline:    ofNames | bothWays,
	OpSendBuffer:     bothWays,
	OpSetSendBuffer:  bothWays,
	OpRemove:         ofNames | ofFolders,
	OpRename:         ofNames | ofFolders,
	OpChmod:          ofNames | ofFolders,
	OpLock:           ofNumbers | ofNames,
	OpAfterFunc:      ofTimers,
	OpStop:           ofTimers,
	OpNotify:         ofTokens,
	OpWait:           ofTokens,
	OpWithCancel:     ofProcess,
	OpCancel:         ofProcess,
	OpStart:          anything,
	OpKill:           anything,
	OpRestart:        anything,
	OpPause:          anything,
	OpResume:         anything,
	OpChdir:          ofProcess,
	OpUmask:          ofProcess,
	OpLimit:          anything,
	OpFault:          anything,
	OpReset:          anything,
	OpOrder:          anything,
	OpMkdir:          ofNames | ofFolders,
	OpCreate:         ofNames | ofFolders,
	OpSymlink:        ofNames | ofFolders,
	OpLink:           ofNames | ofFolders,
	OpChown:          ofNames | ofFolders,
	OpRemount:        ofNames | ofFolders,
	OpStat:           ofNames,
	OpNames:          ofNames | ofFolders,
	OpWithDeadline:   ofProcess,
}

// Dependent reports whether it can matter to p, to q, or to what comes of them in
// which order the two are carried out: whether they use the same socket, or both
// ends of a connection, in the same direction; files that may be one; descriptor
// numbers, notifiers or timers of one process. Where that is not known they are
// dependent, as is anything beside a kill, a cancellation or a task that begins.
//
// It is for strategies that prefer some orders to others, not for proofs: it does
// not know of memory that tasks share, of the time that passes between the two, of
// descriptors on their way in messages, nor of the limits of the whole system.
func (p Pending) Dependent(q Pending) bool {
	a, b := traitsOf[p.Op], traitsOf[q.Op]
	one, both := a|b, a&b
	switch {
	case one&anything != 0, p.stray() || q.stray():
		return true
	case p.Process == q.Process && (one&ofProcess != 0 || both&(ofNumbers|ofTokens|ofTimers) != 0):
		return true
	case p.Socket != 0 && p.Socket == q.Socket:
		return both&bothWays != 0
	case p.Peer != 0 && p.Peer == q.Socket:
		return acrossDependent(a, b)
	case both&ofNames != 0 && p.Path != "" && q.Path != "":
		return one&ofFolders != 0 || !apart(p, q)
	}
	return false
}

// acrossDependent is for operations on the two ends of a connection.
func acrossDependent(a, b traits) bool {
	a, b = a&bothWays, b&bothWays
	return a == bothWays || b == bothWays || a != b
}

// Dependent reports whether what the tasks of two answers are about to do is
// dependent: Pending(i).Dependent(Pending(j)), in less time. It is for KindRun.
func (p *Point) Dependent(i, j int) bool {
	t, u := p.s.tasks[p.Tasks[i]], p.s.tasks[p.Tasks[j]]
	a, b := traitsOf[t.op], traitsOf[u.op]
	switch {
	case (a|b)&anything != 0:
		return true
	case (a|b)&^bothWays != 0:
		return p.Pending(i).Dependent(p.Pending(j))
	case t.opID == 0 || u.opID == 0:
		return false
	case t.opID == u.opID:
		return a&b != 0
	}
	peer, ok := p.s.w.k.PeerID(t.opID)
	return ok && peer == u.opID && acrossDependent(a, b)
}

// stray reports whether an operation gives back a descriptor that may be of
// anything, and its last.
func (p *Pending) stray() bool { return p.Op == OpClose && p.Socket == 0 }

// apart reports whether two paths are surely not of one file, nor one of them of a
// file beside the other's, as a listener's lock is. Relative paths, and files that
// have had other names, can be any.
func apart(p, q Pending) bool {
	if transport.Addr(p.Path).Abstract() || transport.Addr(q.Path).Abstract() {
		return p.Path != q.Path
	}
	return !p.renamed && !strings.HasPrefix(p.Path, q.Path) && !strings.HasPrefix(q.Path, p.Path) && plainPath(p.Path) && plainPath(q.Path)
}

func plainPath(p string) bool { return path.IsAbs(p) && path.Clean(p) == p }
