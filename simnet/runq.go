package simnet

// A runq is the tasks that can go on. list[0] is the place of the one that runs,
// or is to; the others are in no particular order, so that a Chooser that takes
// one out of the midst of ten thousand costs no more than from two. In which
// order they became runnable is kept beside it, in links by TaskID, for only the
// oldest has to be found. All of it is in slices of small numbers, not in the
// tasks, so that it fits a processor's cache.
type runq struct {
	list       []TaskID
	at         []int32 // by TaskID: where it is in list; 0 for none but the running
	prev, next []TaskID
}

// reset empties the queue, for tasks numbered from 1.
func (q *runq) reset() {
	q.list = append(q.list[:0], 0)
	q.at = append(q.at[:0], 0)
	q.prev = append(q.prev[:0], 0)
	q.next = append(q.next[:0], 0)
}

// grow makes room for one more task.
func (q *runq) grow() {
	q.at = append(q.at, 0)
	q.prev = append(q.prev, 0)
	q.next = append(q.next, 0)
}

// oldest returns the task that has been runnable longest, 0 if there is none.
func (q *runq) oldest() TaskID { return q.next[0] }

func (q *runq) link(id TaskID) {
	last := q.prev[0]
	q.prev[id], q.next[id] = last, 0
	q.next[last], q.prev[0] = id, id
}

func (q *runq) unlink(id TaskID) {
	p, n := q.prev[id], q.next[id]
	q.next[p], q.prev[n] = n, p
}

// add appends a task that has become runnable.
func (q *runq) add(id TaskID) {
	q.at[id] = int32(len(q.list))
	q.list = append(q.list, id)
	q.link(id)
}

// remove takes out a task that no longer is.
func (q *runq) remove(id TaskID) {
	q.drop(q.at[id])
	q.at[id] = 0
	q.unlink(id)
}

// drop fills a place with the last of the list.
func (q *runq) drop(i int32) {
	last := len(q.list) - 1
	id := q.list[last]
	q.list[i] = id
	q.at[id] = i
	q.list = q.list[:last]
}

// trade puts the i-th in the place of the one that runs, which stays runnable and
// is now the newest.
func (q *runq) trade(i int) (id TaskID) {
	id = q.list[i]
	old := q.list[0]
	q.unlink(id)
	q.link(old)
	q.list[0], q.at[id] = id, 0
	q.list[i], q.at[old] = old, int32(i)
	return id
}

// only gives the place to the one task that is runnable.
func (q *runq) only() (id TaskID) {
	id = q.list[1]
	q.list[0], q.at[id] = id, 0
	q.list = q.list[:1]
	q.next[0], q.prev[0] = 0, 0
	return id
}

// lead puts the oldest in the place of the one that ran and cannot go on. It is
// still linked, until take.
func (q *runq) lead() {
	id := q.oldest()
	q.drop(q.at[id])
	q.list[0], q.at[id] = id, 0
}

// take gives the place to the i-th, after lead.
func (q *runq) take(i int) (id TaskID) {
	id = q.list[i]
	if i > 0 {
		old := q.list[0]
		q.list[0], q.at[id] = id, 0
		q.list[i], q.at[old] = old, int32(i)
	}
	q.unlink(id)
	return id
}
