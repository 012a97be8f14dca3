package explore

import (
	"testing"
	"time"

	"example.com/brine/simnet"
)

func TestCell(t *testing.T) {
	tests := []struct {
		e    simnet.Event
		want string
	}{
		{simnet.Event{Op: "go", Object: "conn", Made: "s/conn~2"}, "go s/conn~2"},
		{simnet.Event{Op: "go", Object: "conn", Made: "s/conn~2", Err: "ECANCELED"}, "go conn -> ECANCELED"},
		{simnet.Event{Op: "pair", Made: "1a 1b"}, "pair -> 1a 1b"},
		{simnet.Event{Op: "timer", Object: "c/main 3"}, "timer of c/main 3"},
		{simnet.Event{Op: "listen", Object: "/run/s", Args: "backlog 2, mode 0600"}, "listen /run/s"},
		{simnet.Event{Op: "rename", Object: "/run/s", Args: "to /run/t", Err: "ENOENT"}, "rename /run/s to /run/t -> ENOENT"},
		{simnet.Event{Op: "send", Object: "1a", Size: 5, Moved: 5, Data: `"hello"`, To: []simnet.Move{{Event: 9, Bytes: 5}}}, `send 1a "hello" -> 5 to #9`},
		{simnet.Event{Op: "send", Object: "1a", Size: 50, Moved: 50, Data: `"01234567890123456789"...`}, "send 1a 50 bytes -> 50"},
		{simnet.Event{Op: "send", Object: "1a", Size: 1, FDs: 2, Moved: 1, Passed: 2}, "send 1a 1 byte -> 1, 2 descriptors"},
		{simnet.Event{Op: "send", Object: "1a", Size: 9, Moved: 4, Err: "EPIPE"}, "send 1a 9 bytes -> 4, EPIPE"},
		{simnet.Event{Op: "recv", Object: "1b", Size: 9, Moved: 6, From: []simnet.Move{{Event: 2, Bytes: 4}, {Event: 3, Bytes: 2}}},
			"recv 1b -> 6 from #2 (4), #3 (2)"},
		{simnet.Event{Op: "recv", Object: "1b", Size: 9, Moved: 4, From: []simnet.Move{{Event: 2, Bytes: 1}, {Event: 3, Bytes: 1}, {Event: 4, Bytes: 1}, {Event: 5, Bytes: 1}}},
			"recv 1b -> 4 from #2 (1), #3 (1), #4 (1), …"},
		{simnet.Event{Op: "recv", Object: "1b", Size: 9, Err: "EOF"}, "recv 1b -> EOF"},
		{simnet.Event{Op: "recv", Object: "1b", Size: 9, Open: "blocked"}, "recv 1b up to 9 ... waiting"},
		{simnet.Event{Op: "recv", Object: "1b", Size: 9, Open: "killed"}, "recv 1b up to 9 -> killed"},
		{simnet.Event{Op: "yield", Open: "runnable"}, "yield ... under way"},
		{simnet.Event{Op: "recv", Object: "1b", Size: 9, Timed: true, Err: "ETIMEDOUT"}, "recv 1b at once -> ETIMEDOUT"},
		{simnet.Event{Op: "sleep", Timed: true, Until: time.Hour}, "sleep until 1h"},
		{simnet.Event{Op: "sleep", Timed: true, Began: time.Hour, Until: time.Minute}, "sleep until 1m"},
		{simnet.Event{Op: "dial", Object: "/run/s", Made: "1a", Choices: []simnet.Line{
			{Kind: simnet.KindRun, Answer: "s/main"}, {Kind: simnet.KindFull}, {Kind: simnet.KindPause, Answer: "s"}}},
			"dial /run/s -> 1a [full] [pause s]"},
	}
	for _, test := range tests {
		if got := cell(&test.e); got != test.want {
			t.Errorf("%+v is %q, and not %q", test.e, got, test.want)
		}
	}
}
