package explore

import (
	"testing"

	"example.com/brine/simnet"
)

func did(questions int, operations ...int) *Lesson {
	l := &Lesson{Questions: questions}
	for i, n := range operations {
		l.Tasks = append(l.Tasks, simnet.TaskTally{Name: uint64(i), Operations: n})
	}
	return l
}

// TestKnowledge has means be known of what was taught, and guesses of the rest.
func TestKnowledge(t *testing.T) {
	for _, test := range []struct {
		what       string
		lessons    []*Lesson
		length     int
		operations [3]int // of the first, the second and one that is unknown
	}{
		{"nothing", nil, 0, [3]int{guess, guess, guess}},
		{"one run", []*Lesson{did(10, 4, 8)}, 10, [3]int{4, 8, 6}},
		{"equal runs", []*Lesson{did(10, 4, 8), did(10, 4, 8)}, 10, [3]int{4, 8, 6}},
		{"runs that differ", []*Lesson{did(10, 4), did(20, 5), did(30, 6)}, 20 + 2*13, [3]int{5, 5, 5}},
		{"tasks that never ran", []*Lesson{did(10, 0, 0)}, 10, [3]int{1, 1, 1}},
		{"a run that got stuck", []*Lesson{did(10, 4), did(1_000_000, 4)}, (10+224)/2 + 2*214, [3]int{4, 4, 4}},
		{"a skewed run", []*Lesson{did(10, 4), {Questions: 100, skewed: true}}, 10, [3]int{4, 4, 4}},
		{"nothing but skewed runs", []*Lesson{{Questions: 100, skewed: true}, {Questions: 300, skewed: true}}, 100, [3]int{guess, guess, guess}},
		{"no questions", []*Lesson{did(0, 2), did(0, 2)}, 0, [3]int{2, 2, 2}},
	} {
		var k Knowledge
		k.Merge(test.lessons)
		got := [3]int{k.operations(0), k.operations(1), k.operations(9)}
		if k.length() != test.length || got != test.operations {
			t.Errorf("%s: %d questions and operations %v, want %d and %v", test.what, k.length(), got, test.length, test.operations)
		}
	}
	var none *Knowledge
	if none.length() != 0 || none.operations(1) != guess || !none.wants(0) {
		t.Error("nil is not nothing")
	}
}

// TestKnowledgeBounds has no number of names, or of runs, take more memory or keep
// what is new from being learned.
func TestKnowledgeBounds(t *testing.T) {
	var k Knowledge
	many := make([]int, 1000)
	for i := range many {
		many[i] = i + 1
	}
	k.Merge([]*Lesson{did(1, many...)})
	if len(k.tasks) != mostTasks || len(k.index) != mostTasks {
		t.Error(len(k.tasks), "names")
	}
	if k.operations(mostTasks-1) != mostTasks || k.operations(mostTasks) != 501 { // the mean of all
		t.Error(k.operations(mostTasks-1), k.operations(mostTasks))
	}
	k = Knowledge{}
	for range 100_000 {
		k.Merge([]*Lesson{did(100, 10)})
	}
	for range 3 * memory {
		k.Merge([]*Lesson{did(200, 20)})
	}
	if q, n := k.questions.round(), k.operations(0); q < 190 || n < 19 {
		t.Error("after many runs that are longer, it is still", q, "questions and", n, "operations")
	}
	taught := 0
	for i := range 100_000 {
		if k.wants(i) {
			taught++
		}
	}
	if !k.wants(0) || !k.wants(wanted-1) || taught < 5000 || taught > 10_000 {
		t.Error(taught, "of 100,000 runs are to teach")
	}
}

// TestLesson has a lesson say what a run consisted of, and remain when the next one
// is under way.
func TestLesson(t *testing.T) {
	build := func(operations int) func(*simnet.World) {
		return func(w *simnet.World) {
			p := w.Process("p")
			for range 2 {
				p.Go("task", func() {
					for range operations {
						p.Yield()
					}
				})
			}
		}
	}
	var l Learner
	var faults simnet.Faults
	faults[simnet.FaultJump].Rate = 1
	first := simnet.Run(simnet.Config{Chooser: l.Of(simnet.Random(1)), Faults: faults}, build(3))
	lesson := l.Lesson()
	simnet.Run(simnet.Config{Chooser: l.Of(simnet.Random(1))}, build(5))
	if lesson.Questions+lesson.Faults != first.Choices || lesson.Faults != 6 {
		t.Errorf("%+v of %d questions", lesson, first.Choices)
	}
	if len(lesson.Tasks) != 2 || lesson.Tasks[0].Operations != 4 || lesson.Tasks[1].Operations != 4 || lesson.Tasks[0].Name == lesson.Tasks[1].Name {
		t.Error(lesson.Tasks)
	}
	if next := l.Lesson(); next.Tasks[0].Operations != 6 || next.Tasks[0].Name != lesson.Tasks[0].Name || next.Faults != 0 {
		t.Errorf("%+v", next)
	}
}
