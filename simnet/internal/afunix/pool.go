package afunix

import "math/bits"

// pools keep what is not in use for the next who needs it: in a steady state no
// operation allocates. Rings are kept by the logarithm of their size.
type pools struct {
	socks  *socket // linked by next
	files  []*file
	rights *rights
	procs  []*process
	blocks *block
	bytes  [32][][]byte
	pieces [32][][]piece
}

// Objects are made by the slab, for the garbage collector's sake.
const slab = 64

// A block is the rings that every queue starts with.
type block struct {
	pieces [8]piece
	bytes  [256]byte
	next   *block
}

func (p *pools) block() *block {
	b := p.blocks
	if b == nil {
		return &block{}
	}
	p.blocks = b.next
	return b
}

func (p *pools) putBlock(b *block) {
	b.next = p.blocks
	p.blocks = b
}

func (p *pools) file() *file {
	if len(p.files) == 0 {
		fs := make([]file, slab)
		for i := range fs {
			p.files = append(p.files, &fs[i])
		}
	}
	f := p.files[len(p.files)-1]
	p.files = p.files[:len(p.files)-1]
	return f
}

func (p *pools) putFile(f *file) {
	*f = file{}
	p.files = append(p.files, f)
}

func (p *pools) right() *rights {
	r := p.rights
	if r == nil {
		return &rights{}
	}
	p.rights, r.next = r.next, nil
	return r
}

func (p *pools) putRights(r *rights) {
	clear(r.files)
	r.files, r.next = r.files[:0], p.rights
	p.rights = r
}

func (p *pools) process() *process {
	if len(p.procs) == 0 {
		return &process{}
	}
	pr := p.procs[len(p.procs)-1]
	p.procs = p.procs[:len(p.procs)-1]
	return pr
}

func (p *pools) putProcess(pr *process) {
	*pr = process{files: pr.files[:0], used: pr.used[:0]}
	p.procs = append(p.procs, pr)
}

func class(n int) int { return bits.Len(uint(n - 1)) }

// byteRing returns a ring of at least n bytes.
func (p *pools) byteRing(n int) []byte {
	c := class(n)
	if free := p.bytes[c]; len(free) > 0 {
		p.bytes[c] = free[:len(free)-1]
		return free[len(free)-1]
	}
	return make([]byte, 1<<c)
}

// putByteRing takes a ring back, unless it is a block's.
func (p *pools) putByteRing(b []byte) {
	if len(b) > len(block{}.bytes) {
		c := class(len(b))
		p.bytes[c] = append(p.bytes[c], b)
	}
}

// pieceRing returns a ring of at least n pieces.
func (p *pools) pieceRing(n int) []piece {
	c := class(n)
	if free := p.pieces[c]; len(free) > 0 {
		p.pieces[c] = free[:len(free)-1]
		return free[len(free)-1]
	}
	return make([]piece, 1<<c)
}

// putPieceRing takes a ring back, unless it is a block's.
func (p *pools) putPieceRing(b []piece) {
	if len(b) > len(block{}.pieces) {
		c := class(len(b))
		p.pieces[c] = append(p.pieces[c], b)
	}
}
