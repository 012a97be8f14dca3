package conform

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Config says how much to compare.
type Config struct {
	Seed    uint64        // of the first script; the others follow
	Scripts int           // how many scripts; 0 for no limit
	Ops     int           // of a script; 0 is 2000
	For     time.Duration // how long; 0 for no limit

	// Exact is to compare capacities also where a first look says that the
	// running kernel counts buffers differently.
	Exact bool

	// AsFound is to report a divergence without looking for a shorter script.
	AsFound bool

	// Progress, if not nil, is called now and then.
	Progress func(Report)
}

// A Report says what was compared and what came of it.
type Report struct {
	System  string // the running kernel
	Scripts int
	Tally   *Tally
	Elapsed time.Duration

	// Loose says why capacities were compared loosely, "" if exactly.
	Loose string
	// Root says whether there was a second user.
	Root bool
	// Divergence is what was found, nil if the machines agreed. There is one at
	// most: the comparison ends with it.
	Divergence *Divergence
}

// A Divergence is a script on which the kernel and the core differ.
type Divergence struct {
	Seed    uint64
	Op      int    // at which the machines differed first
	What    string // in what
	Program string // the shortest script found that shows it, and what they answered last
	Length  int    // its calls
}

func (d *Divergence) String() string {
	return fmt.Sprintf("seed %d, op %d: %s\nshortest program (%d calls):\n%s", d.Seed, d.Op, d.What, d.Length, d.Program)
}

// Run compares until cfg.Scripts or cfg.For is reached, ctx is done, or a
// divergence is found. It takes a thread to itself, and for its time the numbers
// of descriptors of the process: nothing else may open or close any. An error
// says that no comparison could be made.
func Run(ctx context.Context, cfg Config) (Report, error) {
	if cfg.Ops == 0 {
		cfg.Ops = 2000
	}
	type answer struct {
		r   Report
		err error
	}
	done := make(chan answer)
	go func() { // and ends with its thread
		r, err := run(ctx, cfg)
		done <- answer{r, err}
	}()
	a := <-done
	return a.r, a.err
}

func run(ctx context.Context, cfg Config) (rep Report, err error) {
	began := time.Now()
	r, rep, err := newRunner()
	if err != nil {
		return rep, err
	}
	defer r.kernel.close()
	if cfg.Exact {
		r.loose, rep.Loose = false, ""
	}
	rep.Tally = r.tally
	for rep.Scripts = 0; cfg.Scripts == 0 || rep.Scripts < cfg.Scripts; rep.Scripts++ {
		rep.Elapsed = time.Since(began)
		if ctx.Err() != nil || cfg.For > 0 && rep.Elapsed >= cfg.For {
			break
		}
		if cfg.Progress != nil {
			cfg.Progress(rep)
		}
		seed := cfg.Seed + uint64(rep.Scripts)
		script, diff, err := r.explore(seed, cfg.Ops)
		if err != nil {
			return rep, err
		}
		if diff != "" {
			rep.Scripts++
			rep.Divergence = r.report(seed, script, diff, cfg.AsFound)
			break
		}
	}
	rep.Elapsed = time.Since(began)
	return rep, nil
}

// newRunner makes both machines, and says what they are.
func newRunner() (*runner, Report, error) {
	rep := Report{}
	k, err := newKernel()
	if err != nil {
		return nil, rep, err
	}
	cfg, loose, err := k.calibrate()
	if err != nil {
		return nil, rep, err
	}
	rep.System, rep.Loose, rep.Root = version(), loose, k.other != 0
	r := &runner{kernel: k, core: newCore(cfg, k.uid, k.gid, k.base), loose: loose != "", tally: newTally()}
	return r, rep, nil
}

// explore makes a script while carrying it out.
func (r *runner) explore(seed uint64, ops int) (script []op, diff string, err error) {
	if err := r.begin(); err != nil {
		return nil, "", err
	}
	defer r.kernel.end()
	g := newGenerator(r, seed)
	for end := r.tally.Ops + ops; r.tally.Ops < end; {
		o := g.next()
		script = append(script, o)
		if diff := r.step(&o); diff != "" {
			return script, diff, nil
		}
	}
	return script, r.sweep(), nil
}

// report shortens a script that shows a divergence.
func (r *runner) report(seed uint64, script []op, diff string, asFound bool) *Divergence {
	d := &Divergence{Seed: seed, Op: len(script) - 1, What: diff}
	short, what := script, diff
	if !asFound {
		tally := r.tally
		r.tally = newTally()
		short, what = r.shrink(script)
		r.tally = tally
	}
	if what == "" {
		what = diff + " (not seen again when the script was repeated)"
	}
	var b strings.Builder
	for i := range short {
		fmt.Fprintf(&b, "\t%s\n", short[i])
	}
	fmt.Fprintf(&b, "\t# %s\n", what)
	d.Program, d.Length = b.String(), len(short)
	return d
}

// shrink leaves out what it can of a script, in ever smaller pieces, as long as
// the machines still differ (delta debugging). It returns in what they do.
func (r *runner) shrink(script []op) (short []op, diff string) {
	at, diff, err := r.play(script)
	if err != nil || at < 0 {
		return script, ""
	}
	script = script[:at+1]
	for size := len(script) / 2; size > 0; {
		smaller := false
		for from := len(script) - size; from >= 0; from -= size {
			try := append(append([]op{}, script[:from]...), script[from+size:]...)
			if at, what, err := r.play(try); err == nil && at >= 0 {
				script, diff, smaller = try[:at+1], what, true
				from = min(from, len(script))
			}
		}
		if !smaller || size > len(script) {
			size /= 2
		}
	}
	return script, diff
}
