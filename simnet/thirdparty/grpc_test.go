package thirdparty_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// serve serves the health service on l and returns a client of it. The test
// calls stop in the end.
func serve(t *testing.T, l net.Listener, dial func(context.Context) (net.Conn, error)) (h *health.Server, client healthpb.HealthClient, stop func()) {
	t.Helper()
	h = health.NewServer()
	server := grpc.NewServer()
	healthpb.RegisterHealthServer(server, h)
	var served sync.WaitGroup
	served.Go(func() {
		// A process that was killed cannot accept any more.
		if err := server.Serve(l); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Error(err)
		}
	})
	conn, err := grpc.NewClient("passthrough:server",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return dial(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	return h, healthpb.NewHealthClient(conn), func() {
		conn.Close()
		server.Stop()
		served.Wait()
	}
}

// TestGRPC has calls, a stream, and a deadline that is met to the nanosecond.
func TestGRPC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := simnet.NewListener()
		h, client, stop := serve(t, l, l.DialContext)
		defer stop()
		ctx := t.Context()
		var calls sync.WaitGroup
		for range 20 {
			calls.Go(func() {
				for range 20 {
					r, err := client.Check(ctx, &healthpb.HealthCheckRequest{})
					if err != nil || r.Status != healthpb.HealthCheckResponse_SERVING {
						t.Error(r, err)
						return
					}
				}
			})
		}
		calls.Wait()

		short, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		watch, err := client.Watch(short, &healthpb.HealthCheckRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []healthpb.HealthCheckResponse_ServingStatus{
			healthpb.HealthCheckResponse_SERVING, healthpb.HealthCheckResponse_NOT_SERVING,
		} {
			h.SetServingStatus("", want)
			r, err := watch.Recv()
			if err != nil || r.Status != want {
				t.Fatal(r, err)
			}
		}
		start := time.Now()
		// Both ends know the deadline. The server's health service calls it a
		// cancellation, and may be heard first.
		_, err = watch.Recv()
		if code := status.Code(err); code != codes.DeadlineExceeded && code != codes.Canceled {
			t.Errorf("a stream that is silent: %v", err)
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("a minute took %v", took)
		}
	})
}

// TestGRPCRestart kills the server's process and starts it again at the same
// socket file: the client goes on without being told.
func TestGRPCRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := simnet.NewWorld(simnet.Config{})
		server, clientProcess := w.Process("server"), w.Process("client")
		dial := func(ctx context.Context) (net.Conn, error) {
			return transport.Dialer(clientProcess)(ctx, "unix", "/run/health.sock")
		}
		listen := func() net.Listener {
			l, err := server.Listen("/run/health.sock", 16, transport.ListenConfig{Takeover: true})
			if err != nil {
				t.Fatal(err)
			}
			return transport.NetListener(server, l)
		}
		_, client, stop := serve(t, listen(), dial)
		ctx := t.Context()
		if _, err := client.Check(ctx, &healthpb.HealthCheckRequest{}); err != nil {
			t.Fatal(err)
		}
		server.Kill()
		if _, err := client.Check(ctx, &healthpb.HealthCheckRequest{}); status.Code(err) != codes.Unavailable {
			t.Errorf("a call without a server: %v", err)
		}
		var err error
		if server, err = server.Restart(); err != nil {
			t.Fatal(err)
		}
		again := grpc.NewServer()
		healthpb.RegisterHealthServer(again, health.NewServer())
		l := listen()
		var served sync.WaitGroup
		served.Go(func() { again.Serve(l) })
		if _, err := client.Check(ctx, &healthpb.HealthCheckRequest{}, grpc.WaitForReady(true)); err != nil {
			t.Error(err)
		}
		again.Stop()
		served.Wait()
		stop()
	})
}
