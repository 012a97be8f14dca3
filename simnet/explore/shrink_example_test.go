package explore_test

import (
	"fmt"
	"os"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// tellers are two who read a balance, ask elsewhere, and write it back.
func tellers(w *simnet.World) {
	bank := w.Process("bank")
	balance := 0
	deposit := func() {
		read := balance
		bank.Yield()
		if balance != read {
			panic("a deposit is lost")
		}
		balance = read + 1
	}
	bank.Go("ann", func() { deposit() })
	bank.Go("bob", func() { deposit() })
}

// replay executes the tellers with a script.
func replay(s simnet.Script) *simnet.Result {
	return simnet.Run(simnet.Config{Chooser: simnet.Record(simnet.Replay(s)), Once: true}, tellers)
}

func ExampleShrink() {
	found, _ := simnet.ParseScript(`brine script 1
world 4+      run bank/bob
bank/bob 1    run bank/ann
bank/ann 1+   run bank/bob
`)
	shrunk := explore.Shrink(found, explore.ShrinkConfig{}, replay)
	fmt.Print(shrunk.Script)
	fmt.Printf("%d deviations became %d\n", shrunk.Before, shrunk.After)
	// Output:
	// brine script 1
	// bank/ann 1   run bank/bob   # before its 1st operation (yield), bank/bob goes first
	// 3 deviations became 1
}

func ExampleColumns() {
	script, _ := simnet.ParseScript("brine script 1\nbank/ann 1 run bank/bob\n")
	res := simnet.Run(simnet.Config{Chooser: simnet.Replay(script)}, tellers)
	explore.Columns(os.Stdout, res.Trace, explore.ColumnsConfig{})
	// Output:
	// the scene: start bank, go bank/ann, go bank/bob
	//            bank/ann  bank/bob
	// #4  0s     begin
	// #5                   begin
	// #6                   yield
	// #7                   end
	// #8      *1 yield
}

func ExampleFailure_WriteText() {
	script, _ := simnet.ParseScript("brine script 1\nbank/ann 1 run bank/bob\n")
	f := explore.NewFailure(simnet.Run(simnet.Config{Chooser: simnet.Replay(script)}, tellers))
	f.Property = "a deposit is lost"
	f.Strategy, f.Seed, f.Index, f.Before, f.Executions, f.Complete = "walk", 7, 31, 9, 14, true
	f.Shell = "go test ./bank -run '^TestTellers$' -brine.replay=testdata/brine/TestTellers/2f1c.script"
	f.WriteText(os.Stdout)
	// Output:
	// a deposit is lost
	//
	// 1 deviation makes it fail, shrunk from 9 in 14 executions; found in run 31 by walk, seed 7
	//
	// brine script 1
	// bank/ann 1   run bank/bob   # before its 1st operation (yield), bank/bob goes first
	//
	// what happened:
	//
	// the scene: start bank, go bank/ann, go bank/bob
	//            bank/ann  bank/bob
	// #4  0s     begin
	// #5                   begin
	// #6                   yield
	// #7                   end
	// #8      *1 yield
	//
	// to have it again:
	//
	// 	go test ./bank -run '^TestTellers$' -brine.replay=testdata/brine/TestTellers/2f1c.script
}

func ExampleVerdictText() {
	err := &simnet.Failure{Task: "bank/ann", Log: "0s bank/ann bank_test.go:31: a deposit is lost\n"}
	fmt.Println(explore.VerdictText(err))
	// Output:
	// task bank/ann failed the run; its log:
	// 0s bank/ann bank_test.go:31: a deposit is lost
}

func ExampleNewFailure() {
	script, _ := simnet.ParseScript("brine script 1\nbank/ann 1 run bank/bob\n")
	f := explore.NewFailure(simnet.Run(simnet.Config{Chooser: simnet.Replay(script)}, tellers))
	fmt.Println(f.After, f.Script.Lines[0].Answer)
	// Output: 1 bank/bob
}
