package conform

import (
	"testing"

	"golang.org/x/sys/unix"
)

// A read-only file system, mounted where only this thread sees it.
func TestReadOnly(t *testing.T) {
	onKernel(t, func(r *runner) {
		if r.kernel.other == 0 {
			t.Log("needs root")
			return
		}
		if err := r.begin(); err != nil {
			t.Error(err)
			return
		}
		defer r.kernel.end()
		steps := func(story []told) {
			for i := range story {
				s := &story[i]
				if diff := r.step(&s.op); diff != "" {
					t.Errorf("%s: %s", s.op, diff)
				} else if got := outcome(&s.op, &r.got[0]); s.want != "" && got != s.want {
					t.Errorf("%s: both answer %q, want %q", s.op, got, s.want)
				}
			}
		}
		steps([]told{{op{verb: vMkdir, name: "ro", n: 0755}, "ok"}})
		if unix.Unshare(unix.CLONE_NEWNS) != nil || unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") != nil ||
			unix.Mount("tmpfs", "ro", "tmpfs", 0, "mode=755") != nil {
			t.Log("no mount is possible here")
			return
		}
		defer unix.Unmount("ro", unix.MNT_DETACH)
		steps(chapters(tellListen(0, "ro/s", 5), []told{{op{verb: vMkdir, name: "ro/d", n: 0755}, "ok"}, {op{verb: vMknod, name: "ro/f", n: 0666}, "ok"},
			{op{verb: vMknod, name: "f", n: 0666}, "ok"}, {op{verb: vMknod, name: "ro/fifo", n: 0666, m: 1}, "ok"}, two(vSymlink, "f", "ro/l", "ok"),
			two(vSymlink, "ro/f", "l", "ok"), make1(vSocket, 1), name(vBind, 1, "ro/stale", "ok"), ask(vClose, 1, 0, "ok"), make1(vSocket, 1)}))
		if err := unix.Mount("", "ro", "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			t.Log(err)
			return
		}
		if errno, _ := r.core.k.SetReadOnly(r.core.p, "ro", true); errno != 0 {
			t.Error(errno)
		}
		for _, uid := range []int{0, r.kernel.other} {
			steps([]told{ask(vUser, 0, uid, "ok"), name(vBind, 1, "ro/new", "EROFS"), name(vBind, 1, "ro/s", "EADDRINUSE"), name(vBind, 1, "ro/new/", "ENOENT"),
				name(vBind, 1, "ro/nodir/x", "ENOENT"), name(vConnect, 1, "ro/f", "EROFS"), name(vConnect, 1, "ro/d", "EROFS"), name(vConnect, 1, "ro", "EROFS"),
				name(vConnect, 1, "l", "EROFS"), name(vConnect, 1, "ro/fifo", ""), name(vConnect, 1, "ro/stale", ""),
				name(vUnlink, 0, "ro/s", "EROFS"), name(vUnlink, 0, "ro/none", "EROFS"), name(vUnlink, 0, "ro/d", "EROFS"), name(vRmdir, 0, "ro/d", "EROFS"),
				name(vRmdir, 0, "ro", ""), two(vRename, "ro", "q", ""), two(vRename, "ro/s", "ro/t", "EROFS"), two(vRename, "ro/none", "ro/t", "EROFS"),
				two(vRename, "ro/s", "t", "EXDEV"), two(vRename, "f", "ro/t", "EXDEV"), two(vLink, "ro/s", "ro/t", "EROFS"), two(vLink, "ro/s", "t", "EXDEV"),
				two(vLink, "f", "ro/f", "EEXIST"), two(vLink, "f", "ro/t", ""), two(vSymlink, "f", "ro/t", "EROFS"), two(vSymlink, "f", "ro/f", "EEXIST"),
				{op{verb: vMkdir, name: "ro/e", n: 0755}, "EROFS"}, {op{verb: vMknod, name: "ro/e", n: 0644}, "EROFS"}, {op{verb: vChmod, name: "ro/s", n: 0}, "EROFS"},
				{op{verb: vOpen, w: 2, name: "ro/f"}, "EROFS"}, {op{verb: vOpen, w: 2, name: "ro/new", n: 1}, "EROFS"}, {op{verb: vOpen, w: 2, name: "ro/f", n: 1}, "EROFS"},
				{op{verb: vOpen, w: 2, name: "ro/s"}, ""}, name(vStat, 0, "ro/s", "ok"), name(vStat, 0, "ro/f", "ok"),
			})
		}
		steps([]told{ask(vUser, 0, 0, "ok"), name(vConnect, 1, "ro/s", "ok"), accept(0, 3, "ok"), ask(vCloseAll, 0, 0, "")})
		if err := r.core.k.Check(); err != nil {
			t.Error(err)
		}
	})
}
