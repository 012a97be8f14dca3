package scoreboard

import (
	"time"

	"example.com/brine/proptest"
	"example.com/brine/transport"
)

var wakeup = Program{
	Name:       "wakeup",
	Deviations: 2,
	Bug: "workers wait for a signal and take one job for each; signals that come while all of them are busy are one " +
		"signal, and so a job stays where it is, whose client waits for ever",
	Body: wakeupBody,
}

func wakeupBody(s *proptest.Sim, wrong bool) {
	path := s.Path("work.sock")
	s.Daemon("server", func(tr transport.Transport) {
		w := workshop{mu: transport.NewMutex(tr), more: tr.NewNotifier(), wrong: wrong}
		l := listen(s, tr, path)
		for range 2 {
			tr.Background("worker", w.work)
		}
		for {
			c, err := l.Accept(never)
			if err != nil {
				return
			}
			tr.Background("conn", func() {
				defer c.Abort()
				done := transport.NewQueue[byte](tr)
				var request [1]byte
				for c.Recv(request[:], never) == nil {
					w.add(job{request[0], done})
					result, err := done.Pop(never)
					if err != nil || c.Send([]byte{result}, never) != nil {
						return
					}
				}
			})
		}
	})
	for _, name := range []string{"one", "two", "three"} {
		s.Process(name, func(tr transport.Transport) {
			c := connect(s, tr, path)
			var result [1]byte
			for range 2 {
				c.Send([]byte("j"), never)
				if err := c.Recv(result[:], after(tr, 10*time.Second)); err != nil {
					s.Fatalf("no result within ten seconds: %v", err)
				}
			}
			c.Abort()
		})
	}
	s.Run()
}

// A job is what a client asks for, and where the result goes.
type job struct {
	what byte
	done *transport.Queue[byte]
}

// A workshop has jobs, and workers that do them.
type workshop struct {
	wrong bool
	more  transport.Notifier // there are jobs

	mu   *transport.Mutex
	jobs []job
}

func (w *workshop) add(j job) {
	w.mu.Lock()
	w.jobs = append(w.jobs, j)
	w.mu.Unlock()
	w.more.Notify()
}

func (w *workshop) work() {
	for w.more.Wait(never) == nil {
		for j, ok := w.take(); ok; j, ok = w.take() {
			j.done.Push(j.what)
			if w.wrong {
				break
			}
		}
	}
}

func (w *workshop) take() (j job, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.jobs) == 0 {
		return job{}, false
	}
	j, w.jobs = w.jobs[0], w.jobs[1:]
	return j, true
}
