// Where things are: rows for events, bands for time that passes, lanes for tasks.

const rowHeight = 24;
const firstLane = 22; // from the gutter to the first lane

class Layout {
  constructor(run, shown, width) {
    this.run = run;
    this.all = !shown;
    this.rows = []; // indexes of events
    this.ys = [];   // their middles
    this.bands = [];
    this.place(shown);
    this.lanesFor(width);
    this.arrows();
    this.deadlines = new Map(); // by row: whose deadline comes there
    for (const i of this.rows) {
      const e = run.events[i];
      if (e.late) push(this.deadlines, this.rowAt(e.late), i);
    }
  }

  place(shown) {
    let y = 6, gaps = [];
    this.run.events.forEach((e, i) => {
      if (e.gap) gaps.push(e);
      if (shown && !shown(e, this.run)) return;
      if (gaps.length) {
        // However long it is, a band is only a little higher: an hour takes twice
        // as much as a millisecond.
        const wide = Math.max(...gaps.map(g => g.wide));
        const height = 22 + 2 * wide;
        this.bands.push({ row: this.rows.length, top: y, height, time: e.time, gap: gaps.length === 1 ? gaps[0].gap : '' });
        y += height;
        gaps = [];
      }
      this.rows.push(i);
      this.ys.push(y + rowHeight / 2);
      y += rowHeight;
    });
    this.height = y + 40;
  }

  // Lanes without an event that is shown are left out.
  lanesFor(width) {
    const run = this.run, used = new Array(run.lanes).fill(this.all);
    for (const i of this.rows) used[run.events[i].lane] = used[run.events[i].task.lane] = true;
    if (this.all && !run.tasks[0].events.length) used[0] = false;
    this.lane = [];
    let count = 0;
    used.forEach((is, lane) => { this.lane[lane] = is ? count++ : -1; });
    this.count = Math.max(1, count);
    const slim = width < 520;
    const digits = String(run.skipped + run.events.length).length;
    this.gutter = Math.max(slim ? 48 : 60, 20 + 7 * digits);
    const label = slim ? 110 : 220; // for what is written right of the last lane
    const space = (width - this.gutter - firstLane - label) / Math.max(1, this.count - 1);
    this.spacing = Math.round(Math.min(230, Math.max(slim ? 27 : 34, space)));
    this.width = Math.max(width, this.gutter + firstLane + this.spacing * (this.count - 1) + label);
  }

  x(lane) {
    return this.gutter + firstLane + this.spacing * this.lane[lane];
  }

  shows(lane) {
    return this.lane[lane] >= 0;
  }

  // rowAt returns the row of an event, or of the next that is shown.
  rowAt(i) {
    return this.all ? Math.min(i, this.rows.length) : above(this.rows, i - 1);
  }

  // row returns the row of an event, -1 if it is not shown.
  row(i) {
    const r = this.rowAt(i);
    return this.rows[r] === i ? r : -1;
  }

  y(row) {
    if (row < 0) return 0;
    return row < this.ys.length ? this.ys[row] : this.height - 28;
  }

  // at returns the row at a height.
  at(y) {
    return Math.min(this.rows.length - 1, Math.max(0, above(this.ys, y - rowHeight / 2)));
  }

  // arrows finds the bytes that went from one event that is shown to another, and
  // which rows bytes wait beside.
  arrows() {
    const run = this.run;
    this.out = new Map(); // by row
    this.in = new Map();
    const waits = new Map(); // by lane and side: pairs of rows
    const add = (from, to, bytes) => {
      const a = this.row(from), b = this.row(to);
      if (a < 0 || b < 0) return;
      const arrow = { from, to, a, b, bytes };
      push(this.out, a, arrow);
      push(this.in, b, arrow);
      const e = run.events[from], f = run.events[to];
      if (bytes && b - a > 1) push(waits, f.lane << 1 | (e.lane > f.lane ? 1 : 0), [a, b]);
    };
    for (const i of this.rows) {
      for (const [n, bytes] of run.events[i].from) {
        if (run.index(n) >= 0) add(run.index(n), i, bytes);
      }
    }
    for (const [a, b] of run.links) add(a, b, 0);
    this.buffers = new Map(); // by lane and side: rows between which something waits, sorted and apart
    for (const [key, list] of waits) {
      list.sort((p, q) => p[0] - q[0]);
      const merged = [];
      for (const [a, b] of list) {
        const last = merged[merged.length - 1];
        if (last && a <= last[1]) last[1] = Math.max(last[1], b); else merged.push([a, b]);
      }
      merged.starts = merged.map(p => p[0]);
      this.buffers.set(key, merged);
    }
  }
}

function push(map, key, value) {
  const list = map.get(key);
  if (list) list.push(value); else map.set(key, [value]);
}
