//go:build unix && !linux

package realunix_test

import "testing"

func pin(b *testing.B, pid, cpu int) { b.Skip("processes cannot be kept on processors here") }
