package simnet_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/brine/simnet"
)

// A client and a server of net/http in a bubble: what would take an hour takes no
// time, and ends at the nanosecond.
func TestHTTPInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := simnet.NewListener()
		mux := http.NewServeMux()
		mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
		mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(time.Hour):
			case <-r.Context().Done(): // the client has hung up
			}
		})
		server := &http.Server{Handler: mux}
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		client := &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return l.DialContext(ctx) },
		}}

		for _, body := range []string{"", "hello", strings.Repeat("0123456789abcdef", 1<<16)} {
			resp, err := client.Post("http://server/echo", "text/plain", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || string(got) != body {
				t.Fatalf("%d bytes came back of %d, error %v", len(got), len(body), err)
			}
		}

		start := time.Now()
		resp, err := client.Get("http://server/slow")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if took := time.Since(start); took != time.Hour {
			t.Errorf("a response that takes an hour took %v", took)
		}

		client.Timeout = time.Minute
		start = time.Now()
		var timeout net.Error
		if _, err := client.Get("http://server/slow"); !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("a request that is cut short after a minute: %v", err)
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("a minute took %v", took)
		}

		client.CloseIdleConnections()
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != http.ErrServerClosed {
			t.Error(err)
		}
		if _, err := l.Dial(); err == nil {
			t.Error("a listener that is closed was dialled")
		}
	})
}
