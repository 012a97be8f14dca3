package thirdparty_test

import (
	"bytes"
	"io"
	"sync"
	"testing"

	"github.com/hashicorp/yamux"

	"example.com/brine/simnet"
)

func quiet() *yamux.Config {
	cfg := yamux.DefaultConfig()
	cfg.LogOutput = io.Discard
	return cfg
}

// TestYamux carries many streams of many bytes over one connection. It is in no
// bubble: yamux keeps timers from one use to the next, so that only one bubble
// of a program could have it.
func TestYamux(t *testing.T) {
	a, b := simnet.Pipe()
	client, err := yamux.Client(a, quiet())
	if err != nil {
		t.Fatal(err)
	}
	server, err := yamux.Server(b, quiet())
	if err != nil {
		t.Fatal(err)
	}
	var tasks sync.WaitGroup
	tasks.Go(func() {
		for {
			s, err := server.AcceptStream()
			if err != nil {
				return
			}
			tasks.Go(func() {
				defer s.Close()
				io.Copy(s, s)
			})
		}
	})
	var streams sync.WaitGroup
	for i := range 10 {
		streams.Go(func() {
			s, err := client.OpenStream()
			if err != nil {
				t.Error(err)
				return
			}
			sent := bytes.Repeat([]byte{byte(i), 1, 2, 3, 4}, 200_000)
			streams.Go(func() {
				if _, err := s.Write(sent); err != nil {
					t.Error(err)
				}
			})
			got := make([]byte, len(sent))
			if _, err := io.ReadFull(s, got); err != nil || !bytes.Equal(got, sent) {
				t.Errorf("stream %d: what came back differs, error %v", i, err)
			}
			s.Close()
		})
	}
	streams.Wait()
	if _, err := client.Ping(); err != nil {
		t.Error(err)
	}
	client.Close()
	server.Close()
	tasks.Wait()
}
