package transport_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"example.com/brine/transport"
)

func ExampleError() {
	var err error = &transport.Error{Op: "dial", Path: "/run/app.sock", Err: syscall.ECONNREFUSED}
	fmt.Println(err)
	fmt.Println(errors.Is(err, syscall.ECONNREFUSED))

	err = &transport.Error{Op: "recv", Err: syscall.ETIMEDOUT}
	fmt.Println(errors.Is(err, os.ErrDeadlineExceeded))
	err = &transport.Error{Op: "recv", Err: syscall.ECANCELED}
	fmt.Println(errors.Is(err, context.Canceled))
	err = &transport.Error{Op: "recv", Err: syscall.EBADF}
	fmt.Println(errors.Is(err, net.ErrClosed))
	// Output:
	// dial /run/app.sock: connection refused (ECONNREFUSED)
	// true
	// true
	// true
	// true
}

func ExampleErrno() {
	err := fmt.Errorf("client: %w", &transport.Error{Op: "send", Err: syscall.EPIPE})
	switch transport.Errno(err) {
	case 0:
		fmt.Println("no errno")
	case syscall.EPIPE, syscall.ECONNRESET:
		fmt.Println("the peer is gone")
	}
	// Output: the peer is gone
}

func ExampleErrnoName() {
	fmt.Println(transport.ErrnoName(syscall.ECONNREFUSED))
	// Output: ECONNREFUSED
}

func ExampleParseErrno() {
	errno, ok := transport.ParseErrno("EPIPE")
	fmt.Println(errno, ok)
	_, ok = transport.ParseErrno("EPIPES")
	fmt.Println(ok)
	// Output:
	// broken pipe true
	// false
}

func ExampleAddr() {
	for _, a := range []transport.Addr{"/run/app.sock", "@app"} {
		fmt.Println(a.Network(), a, a.Abstract())
	}
	// Output:
	// unix /run/app.sock false
	// unix @app true
}

func ExampleCheckPath() {
	fmt.Println(transport.CheckPath("listen", "/run/app.sock"))
	fmt.Println(transport.CheckPath("listen", ""))
	// Output:
	// <nil>
	// listen: no such file or directory (ENOENT): empty path
}

func ExampleEarlier() {
	noon := time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)
	fmt.Println(transport.Earlier(noon, noon.Add(time.Hour)).Format(time.Kitchen))
	fmt.Println(transport.Earlier(time.Time{}, noon).Format(time.Kitchen)) // the zero Time is never
	// Output:
	// 12:00PM
	// 12:00PM
}

func ExampleExpired() {
	now := time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)
	fmt.Println(transport.Expired(now, now))
	fmt.Println(transport.Expired(now.Add(1), now))
	fmt.Println(transport.Expired(transport.Immediate, now))
	fmt.Println(transport.Expired(time.Time{}, now))
	// Output:
	// true
	// false
	// true
	// false
}
