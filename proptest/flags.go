package proptest

import (
	"flag"
	"fmt"
	"hash/maphash"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// settings are the flags, which go before a Config. Each has a variable of the
// environment, which is what it is if it is not given.
type settings struct {
	runs     int
	time     time.Duration
	seed     uint64
	strategy string
	cores    int
	replay   string
	backend  string
	shard    string
}

var given settings

func init() {
	env := func(name, otherwise string) string {
		if v, ok := os.LookupEnv("BRINE_" + strings.ToUpper(name)); ok {
			return v
		}
		return otherwise
	}
	set := func(name string, v flag.Value, usage string) {
		if text := env(name, ""); text != "" {
			if err := v.Set(text); err != nil {
				fmt.Fprintf(os.Stderr, "proptest: BRINE_%s=%s: %v\n", strings.ToUpper(name), text, err)
				os.Exit(2)
			}
		}
		flag.Var(v, "brine."+name, "brine: "+usage)
	}
	given.backend = "simulated"
	set("runs", (*number)(&given.runs), "how many `runs` a test has at most")
	set("time", (*duration)(&given.time), "for how long a test begins runs: a `duration` such as 10s")
	set("seed", (*seed)(&given.seed), "the `seed` of the exploration")
	set("strategy", (*word)(&given.strategy), "the `strategy`: walk, pct, pos, uniform, swarm or portfolio")
	set("cores", (*number)(&given.cores), "how many runs are executed at once")
	set("replay", (*word)(&given.replay), "a `file` with a script: it is executed, and nothing else")
	set("backend", (*word)(&given.backend), "simulated, free (goroutines on simulated sockets) or real (Config.Real)")
	set("shard", (*word)(&given.shard), "which `part` of the runs is this one's, as in 2/4")

	// Package rapid draws anew with each process, too, and is to draw the same if the
	// seed is the same. Who sets its own flag, or variable, has the last word.
	if f := flag.Lookup("rapid.seed"); f != nil && f.Value.String() == "0" {
		s := given.seed
		if s == 0 {
			s = newSeed()
		}
		f.Value.Set(strconv.FormatUint(s, 10))
	}
}

// seeding guards the seed of package rapid, which every Example looks at, and
// which is another one for as long as it takes a shrink to begin.
var seeding sync.RWMutex

// newSeed returns the seed of those who have not set any: that of the process.
func newSeed() uint64 {
	seeding.RLock()
	defer seeding.RUnlock()
	if s := rapidFlag("seed"); s != 0 {
		return s
	}
	return new(maphash.Hash).Sum64() | 1 // 0 is none to rapid
}

// rapidFlag returns what a flag of package rapid is set to.
func rapidFlag(name string) uint64 {
	n, _ := strconv.ParseUint(flag.Lookup("rapid."+name).Value.String(), 0, 64)
	return n
}

// The kinds of flags: package flag has them, but not with a check of their own.
type (
	number   int
	duration time.Duration
	seed     uint64
	word     string
)

func (n *number) String() string { return strconv.Itoa(int(*n)) }
func (n *number) Set(text string) error {
	v, err := strconv.Atoi(text)
	if err != nil || v < 0 {
		return fmt.Errorf("not a number from 0")
	}
	*n = number(v)
	return nil
}

func (d *duration) String() string { return time.Duration(*d).String() }
func (d *duration) Set(text string) error {
	v, err := time.ParseDuration(text)
	if err != nil || v < 0 {
		return fmt.Errorf("not a duration such as 10s")
	}
	*d = duration(v)
	return nil
}

func (s *seed) String() string { return strconv.FormatUint(uint64(*s), 10) }
func (s *seed) Set(text string) error {
	v, err := strconv.ParseUint(text, 0, 64)
	if err != nil {
		return fmt.Errorf("not a number from 0 to %d", uint64(1<<64-1))
	}
	*s = seed(v)
	return nil
}

func (w *word) String() string        { return string(*w) }
func (w *word) Set(text string) error { *w = word(text); return nil }

// shard returns which part of the runs is this process's, from 0, and how many
// there are: by the flag, or by the variables that CI systems set.
func shard() (part, of int, err error) {
	if given.shard != "" {
		a, b, ok := strings.Cut(given.shard, "/")
		part, err1 := strconv.Atoi(a)
		of, err2 := strconv.Atoi(b)
		if !ok || err1 != nil || err2 != nil || part < 1 || part > of {
			return 0, 1, fmt.Errorf("-brine.shard=%s: a part is written 2/4", given.shard)
		}
		return part - 1, of, nil
	}
	for _, v := range [...]struct {
		index, total string
		first        int
	}{
		{"CI_NODE_INDEX", "CI_NODE_TOTAL", 1},                         // GitLab
		{"CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0},                 // CircleCI
		{"BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0}, // Buildkite
		{"TEST_SHARD_INDEX", "TEST_TOTAL_SHARDS", 0},                  // Bazel
		{"SYSTEM_JOBPOSITIONINPHASE", "SYSTEM_TOTALJOBSINPHASE", 1},   // Azure Pipelines
	} {
		part, err1 := strconv.Atoi(os.Getenv(v.index))
		of, err2 := strconv.Atoi(os.Getenv(v.total))
		if err1 == nil && err2 == nil && of > 1 && part >= v.first && part-v.first < of {
			return part - v.first, of, nil
		}
	}
	return 0, 1, nil
}
