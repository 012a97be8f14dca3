//go:build unix

package main

import (
	"crypto/sha256"
	"hash"
	"sync"
)

// A tally counts and checksums what is written to it, so that no test holds
// 64 MiB in memory.
type tally struct {
	mu sync.Mutex
	h  hash.Hash
	n  int64
}

func newTally() *tally { return &tally{h: sha256.New()} }

func (t *tally) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n += int64(len(b))
	return t.h.Write(b)
}

func (t *tally) len() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n
}

func (t *tally) sum() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.h.Sum(nil)
}
