// What the page is given, made ready to be looked up.

const model = JSON.parse(document.getElementById('data').textContent);
const none = [];

// meaning looks a word of the trace up, whatever word that is.
const meaning = (words, word) => Object.hasOwn(words, word) ? words[word] : '';

// Run is one of the runs: the one that the page is about, or the calm one.
class Run {
  constructor(data, calm) {
    this.calm = calm;
    this.skipped = data.skipped || 0;
    this.verdict = data.verdict || '';
    this.processes = data.processes;
    this.tasks = data.tasks;
    this.lanes = data.lanes;
    this.things = data.things || none;
    this.events = data.events;
    this.stacks = data.stacks || none;
    this.tasks.forEach(t => { t.events = []; });
    let time = '0s';
    this.events.forEach((e, i) => this.ready(e, i, time = e.at || time));
    this.ends = new Map(); // by name of a connection's end: where it was made
    this.links = [];       // a dial and its accept
    this.operations = new Map();
    for (const e of this.events) {
      this.operations.set(taskAndNumber(e) + ' ' + e.op, e.i);
      if (!e.err && e.made && (e.op === 'dial' || e.op === 'accept')) this.join(e);
    }
  }

  // ready gives an event all its fields.
  ready(e, i, time) {
    e.i = i;
    e.n = this.skipped + i + 1;
    e.time = time;
    e.task = this.tasks[e.task || 0];
    e.task.events.push(i);
    for (const f of ['nth', 'size', 'fds', 'moved', 'passed', 'timer', 'process', 'stack']) e[f] = e[f] || 0;
    for (const f of ['on', 'until', 'args', 'data', 'open', 'err', 'why', 'made']) e[f] = e[f] || '';
    e.from = e.from || none;
    e.to = e.to || none;
    e.choices = e.choices || none;
    e.changes = e.changes || none;
    // A timer is drawn where the task is that it wakes.
    e.lane = e.op === 'timer' && e.timer ? this.tasks[e.timer].lane : e.task.lane;
  }

  join(e) {
    const end = e.made;
    if (e.op === 'dial') {
      this.ends.set(end, e.i);
      return;
    }
    const dial = this.ends.get(end.slice(0, -1) + 'a');
    if (dial !== undefined) {
      this.links.push([dial, e.i]);
      e.dialled = dial;
      this.events[dial].accepted = e.i;
    }
  }

  // index returns where the event with a number is, or -1.
  index(n) {
    const i = n - this.skipped - 1;
    return i >= 0 && i < this.events.length ? i : -1;
  }

  // waiting returns the operations that are under way after event i, and blocked. What
  // never returned has its event where the run ends, and is under way after that, too.
  waiting(i) {
    const list = [];
    for (const t of this.tasks) {
      if (t.first > i || t.last < i) continue;
      const next = above(t.events, i);
      const e = this.events[t.events[next]], last = this.events[t.events[next - 1]];
      if (e && (e.blocked || e.open) && e.since && e.since - 1 <= i) list.push(e);
      else if (!e && last && last.open === 'blocked') list.push(last);
    }
    return list;
  }

  // same returns the index of the operation that is another run's e, or -1.
  same(e) {
    const i = this.operations.get(taskAndNumber(e) + ' ' + e.op);
    return i === undefined || !e.nth ? -1 : i;
  }
}

// above returns the index of the first number in a sorted list that is greater
// than x.
function above(list, x) {
  let low = 0, high = list.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (list[mid] > x) high = mid; else low = mid + 1;
  }
  return low;
}

const isFault = e => e.choices.some(c => c.fault);

// isStuck reports whether an operation would never have returned, and should have.
// That of a task in the background may be left waiting, and what has a deadline was
// only cut short by the verdict.
const isStuck = e => e.open === 'blocked' && !e.task.background && !e.until;
const isError = e => e.err !== '' && e.err !== 'EOF' || isStuck(e);
