package afunix

import "math/bits"

// How the kernel cuts and charges what is sent. The figures are those of a
// 64-bit machine with pages of 4096 bytes.
const (
	maxHead  = 3776            // SKB_MAX_HEAD(0): what goes beside the header
	maxPiece = maxHead + 8<<12 // and UNIX_SKB_FRAGS_SZ in pages
	page     = 4096
)

// charge is what a piece of n bytes costs its sender (skb->truesize): the
// header, a power of two for the linear part and its overhead, and whole pages.
func charge(n int) int {
	if n <= 192 {
		return 768
	}
	paged := 0
	if n > maxHead {
		paged = min(n, (n-maxHead+page-1)&^(page-1))
	}
	linear := max(512, (n-paged+63)&^63+320)
	return 256 + 1<<bits.Len(uint(linear-1)) + (paged+page-1)&^(page-1)
}

// A piece is a part of what was sent that stands in a queue as one (an skb). A
// message is cut into pieces, and is charged for by piece; reading pays back
// only whole pieces.
type piece struct {
	left   int32 // bytes that were not read yet, at least one
	charge int32 // what its sender pays until it is read to the end
	rights *rights
}

// rights are the descriptors that came with a piece: each is a reference to its
// file. Whoever first reads a byte of the piece gets them.
type rights struct {
	files []*file
	uid   int // of the process that sent them
	next  *rights
}

// A queue is what a socket was sent and has not read: npieces pieces, and nbytes
// bytes, which is the sum of what the pieces have left. Both stand in rings,
// whose sizes are powers of two. They are those of block until they are too
// small; an empty queue has none.
type queue struct {
	block          *block
	pieces         []piece
	bytes          []byte
	first, npieces int
	start, nbytes  int
}

func (q *queue) front() *piece { return &q.pieces[q.first] }

// at returns the i-th piece.
func (q *queue) at(i int) *piece { return &q.pieces[(q.first+i)&(len(q.pieces)-1)] }

// push appends a piece. The bytes are copied by write.
func (q *queue) push(p *pools, e piece) {
	if q.block == nil {
		q.block = p.block()
		q.pieces, q.bytes = q.block.pieces[:], q.block.bytes[:]
	}
	if q.npieces == len(q.pieces) {
		ring := p.pieceRing(2 * q.npieces)
		n := copy(ring, q.pieces[q.first:])
		copy(ring[n:], q.pieces[:q.first])
		p.putPieceRing(q.pieces)
		q.pieces, q.first = ring, 0
	}
	q.pieces[(q.first+q.npieces)&(len(q.pieces)-1)] = e
	q.npieces++
	if need := q.nbytes + int(e.left); need > len(q.bytes) {
		ring := p.byteRing(need)
		q.peek(ring[:q.nbytes], 0)
		p.putByteRing(q.bytes)
		q.bytes, q.start = ring, 0
	}
}

// write appends bytes of the last piece. There is room.
func (q *queue) write(b []byte) {
	i := (q.start + q.nbytes) & (len(q.bytes) - 1)
	if n := copy(q.bytes[i:], b); n < len(b) {
		copy(q.bytes, b[n:])
	}
	q.nbytes += len(b)
}

// peek copies the bytes from skip on into b.
func (q *queue) peek(b []byte, skip int) {
	if len(b) == 0 {
		return
	}
	i := (q.start + skip) & (len(q.bytes) - 1)
	if n := copy(b, q.bytes[i:]); n < len(b) {
		copy(b[n:], q.bytes)
	}
}

// skip drops the first n bytes, which belong to the first piece.
func (q *queue) skip(e *piece, n int) {
	e.left -= int32(n)
	q.nbytes -= n
	q.start = (q.start + n) & (len(q.bytes) - 1)
}

// discard drops what is left of the first piece.
func (q *queue) discard(e *piece) { q.skip(e, int(e.left)) }

// next drops the first piece, which is read.
func (q *queue) next() {
	q.pieces[q.first].rights = nil
	q.first = (q.first + 1) & (len(q.pieces) - 1)
	q.npieces--
}

// drop gives the rings of an empty queue back, so that an idle connection has
// none.
func (q *queue) drop(p *pools) {
	if q.block != nil {
		p.putPieceRing(q.pieces)
		p.putByteRing(q.bytes)
		p.putBlock(q.block)
		*q = queue{}
	}
}
