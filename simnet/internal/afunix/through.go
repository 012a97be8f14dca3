package afunix

// Through reports whether a Send of n bytes without descriptors, followed by a
// Recv of them all on the peer, would now succeed and leave everything as it is.
// A driver at whose hand such a Recv waits may then copy the bytes itself,
// instead of making the two operations. to is the peer.
//
// So it is where nothing is queued, so that no one is charged, and the bytes make
// one piece, which is paid back when it is read.
func (k *Kernel) Through(p ProcID, d Desc, n int) (to ID, ok bool) {
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return 0, false
	}
	peer := s.peer
	if peer == nil || peer.dead || s.shut&shutSend != 0 || peer.shut&shutRecv != 0 ||
		peer.rq.npieces > 0 || s.outq > 0 {
		return 0, false
	}
	return peer.id, n > 0 && n <= s.sndbuf/2-64 && n <= maxPiece
}
