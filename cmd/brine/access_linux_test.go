package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is a user who owns nothing here.
const nobody = 65534

// asNobody makes a command run as nobody. The binary lies in a directory that
// only its owner can search, so it is passed as a descriptor.
func asNobody(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	binary, err := os.Open(cmd.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { binary.Close() })
	cmd.Path = "/proc/self/fd/3"
	cmd.ExtraFiles = []*os.File{binary}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	return cmd
}

// openDir is a directory that everybody can search, with a short name.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "brine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Who is kept out is told by what, and whose it is.
func TestAccess(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not run: only root can become somebody else")
	}
	dir := openDir(t)
	if err := os.Mkdir(filepath.Join(dir, "private"), 0o700); err != nil {
		t.Fatal(err)
	}
	listen := func(path string, args ...string) *program {
		return start(t, brine(t, dir, append([]string{"serve", "--timeout", "60s", path}, args...)...))
	}
	waitFor := func(path string) {
		sh := exec.Command("sh", "-c", "until test -S "+path+"; do sleep 0.01; done")
		sh.Dir = dir
		if err := sh.Run(); err != nil {
			t.Fatal(err)
		}
	}
	ours := "root (uid 0) and group 0 with mode "
	for _, c := range []struct {
		name, want string
		got        func() outcome
	}{
		{
			"mode of the socket", "no permission to write to s, which belongs to " + ours + "0600; this is ",
			func() outcome {
				serve := listen("s", "--mode", "0600")
				waitFor("s")
				refused := finish(t, asNobody(t, brine(t, dir, "dial", "s")), "")
				serve.cmd.Process.Signal(syscall.SIGTERM)
				serve.exit(t, 143)
				return refused
			},
		},
		{
			"directory, dial", "no permission to search private, which belongs to " + ours + "0700; this is ",
			func() outcome { return finish(t, asNobody(t, brine(t, dir, "dial", "private/s")), "") },
		},
		{
			"directory, serve", "no permission to write to the working directory, which belongs to " + ours + "0755; this is ",
			func() outcome { return finish(t, asNobody(t, brine(t, dir, "serve", "s")), "") },
		},
		{
			"directory, takeover", "no permission to write to the working directory, which belongs to " + ours + "0755; this is ",
			func() outcome { return finish(t, asNobody(t, brine(t, dir, "serve", "--takeover", "s")), "") },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.got()
			t.Logf("%s", got.err)
			if got.code != codeFor(syscall.EACCES) || !strings.Contains(got.err, "\n       "+c.want) {
				t.Errorf("ended with %d, want %d and %q", got.code, codeFor(syscall.EACCES), c.want)
			}
		})
	}

	t.Run("the same with another mode", func(t *testing.T) {
		serve := listen("s", "--mode", "0666", "--show-peer")
		serve.in.Close()
		dial := finish(t, asNobody(t, brine(t, dir, "dial", "--wait", "--timeout", "10s", "s")), "hello")
		if dial.code != 0 {
			t.Errorf("ended with %d: %s", dial.code, dial.err)
		}
	})

	t.Run("allow-uid", func(t *testing.T) {
		serve := listen("s", "--mode", "0666", "--allow-uid", "0", "--show-peer")
		serve.in.Close()
		finish(t, asNobody(t, brine(t, dir, "dial", "--wait", "--timeout", "10s", "s")), "")
		if dial := finish(t, brine(t, dir, "dial", "--wait", "--timeout", "10s", "s"), "hello"); dial.code != 0 {
			t.Errorf("root was kept out: %d %s", dial.code, dial.err)
		}
		serve.exit(t, 0)
		if serve.out.len() != 5 || !strings.Contains(serve.err.String(), "uid 0 gid 0") {
			t.Errorf("serve wrote %d bytes and %q", serve.out.len(), serve.err.String())
		}
	})
}
