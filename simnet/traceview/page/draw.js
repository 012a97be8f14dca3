// Draws the rows of a layout from one to another as SVG.

const svgSpace = 'http://www.w3.org/2000/svg';
const charWidth = 7.0; // of the labels' font, about; measured when the page is shown

const metrics = { char: charWidth };

function svg(name, attributes, parent) {
  const x = document.createElementNS(svgSpace, name);
  for (const k in attributes) x.setAttribute(k, attributes[k]);
  if (parent) parent.appendChild(x);
  return x;
}

class Drawing {
  // into is an svg element whose coordinates begin at y = top.
  constructor(layout, selection, into, from, to) {
    Object.assign(this, { layout, run: layout.run, selection, from, to });
    const layer = name => svg('g', { class: name }, into);
    this.back = layer('back');
    this.lines = layer('lines');
    this.bytes = layer('bytes');
    this.marks = layer('marks');
    this.text = layer('text');
    this.gutter = layer('gutter'); // stays where it is when the lanes are scrolled sideways
    const edge = svg('rect', { class: 'edge', x: 0, y: layout.y(from) - 200, width: layout.gutter, height: layout.y(to) - layout.y(from) + 400 }, this.gutter);
    edge.style.display = 'none';
    this.bands();
    this.lifelines();
    this.spans();
    this.waitingBytes();
    this.rows();
  }

  bands() {
    const { layout } = this;
    for (const b of layout.bands) {
      if (b.row < this.from || b.row > this.to + 1) continue;
      svg('rect', { class: 'band', x: 0, y: b.top, width: layout.width, height: b.height }, this.back);
      const y = b.top + b.height / 2;
      const t = svg('text', { class: 'time', x: 8, y: y + 4 }, this.gutter);
      t.textContent = b.time;
      if (!b.gap || b.gap === b.time) continue;
      const g = svg('text', { class: 'gap', x: 16 + metrics.char * Math.max(7, b.time.length), y: y + 4 }, this.gutter);
      g.textContent = '+' + b.gap;
    }
  }

  // lifelines are drawn for as long as tasks live.
  lifelines() {
    const { layout, run } = this;
    const first = layout.rows[this.from], last = layout.rows[this.to];
    run.tasks.forEach((t, i) => {
      if (!layout.shows(t.lane) || t.first > last || t.last < first) return;
      const x = layout.x(t.lane);
      const y1 = i === 0 ? 0 : layout.y(layout.rowAt(t.first));
      const y2 = !t.ended && t.last === run.events.length - 1 ? layout.height - 16 : layout.y(layout.rowAt(t.last));
      svg('line', { class: i === 0 ? 'life world' : 'life', x1: x, y1, x2: x, y2 }, this.lines);
    });
  }

  // spans are where tasks wait.
  spans() {
    const { layout, run } = this;
    const first = layout.rows[this.from], last = layout.rows[this.to];
    for (const t of run.tasks) {
      if (!layout.shows(t.lane) || t.first > last || t.last < first) continue;
      for (let k = above(t.events, first - 1); k < t.events.length; k++) {
        const e = run.events[t.events[k]];
        if (e.since && e.since - 1 > last && e.i > last) break;
        if (e.since && (e.blocked || e.open)) this.span(e);
        if (e.i > last) break;
      }
    }
  }

  span(e) {
    const { layout } = this;
    const row = layout.row(e.i);
    if (row < 0) return;
    const x = layout.x(e.lane);
    // It began right after the task's last event, if no time has passed since.
    const before = e.since > 1 && this.run.events[e.since - 2].lane === e.lane ? layout.row(e.since - 2) : -1;
    const y1 = before >= 0 ? layout.y(before) + 8 : layout.y(layout.rowAt(e.since - 1)) - 9;
    const y2 = layout.y(row);
    const stuck = isStuck(e);
    const rests = e.open === 'blocked';
    const name = stuck ? 'wait stuck' : rests && e.task.background ? 'wait rests' : 'wait';
    if (y2 - y1 > 2) {
      svg('rect', { class: name, x: x - 4, y: y1, width: 8, height: y2 - y1, rx: 4 }, this.lines);
    }
    if (rests) svg('rect', { class: name, x: x - 4, y: y2, width: 8, height: Math.max(0, layout.height - 16 - y2), rx: 4 }, this.lines);
  }

  // waitingBytes draws what lies in buffers all through these rows; what comes or goes
  // is drawn with its arrow.
  waitingBytes() {
    const { layout } = this;
    for (const [key, list] of layout.buffers) {
      const x = layout.x(key >> 1) + (key & 1 ? 9 : -9);
      for (let i = above(list.starts, this.from - 1) - 1; i >= 0 && list[i][1] > this.from; i--) {
        const [a, b] = list[i];
        if (b <= this.to) continue;
        svg('line', { class: 'arrow', x1: x, y1: layout.y(a) + 16, x2: x, y2: layout.y(b) - 5 }, this.bytes);
      }
    }
  }

  rows() {
    const { layout, run } = this;
    const seen = new Set();
    for (let r = this.from; r <= this.to; r++) {
      const e = run.events[layout.rows[r]];
      this.row(e, r);
      for (const a of [...layout.out.get(r) || none, ...layout.in.get(r) || none]) {
        if (!seen.has(a)) {
          seen.add(a);
          this.arrow(a);
        }
      }
      for (const i of layout.deadlines.get(r) || none) this.deadline(run.events[i], r);
    }
  }

  row(e, r) {
    const { layout, selection } = this;
    const y = layout.y(r), x = layout.x(e.lane);
    const chosen = e.i === selection.event;
    const row = svg('rect', {
      class: 'row' + (chosen ? ' chosen' : e.i === selection.other ? ' other' : ''),
      x: 0, y: y - rowHeight / 2, width: layout.width, height: rowHeight, 'data-i': e.i,
    }, this.back);
    if (selection.differ === e.i) row.classList.add('differs');
    const n = svg('text', { class: 'number', x: layout.gutter - 14, y: y + 4, 'text-anchor': 'end' }, this.gutter);
    n.textContent = e.n;
    if (e.process) this.fate(e, y, x);
    this.mark(e, x, y, chosen);
    this.label(e, x, y);
    if (selection.differ === e.i) this.difference(y);
  }

  // difference is where the runs begin to differ.
  difference(y) {
    const top = y - rowHeight / 2;
    svg('line', { class: 'differ', x1: 0, y1: top, x2: this.layout.width, y2: top }, this.marks);
  }

  // mark is the event itself.
  mark(e, x, y, chosen) {
    const [, kind] = outcome(e);
    if (e.choices.length) {
      const c = isFault(e) ? 'flag fault' : 'flag';
      svg('path', { class: c, d: `M${x} ${y - 9.5}l9.5 9.5l-9.5 9.5l-9.5 -9.5z` }, this.marks);
    }
    if (chosen) svg('circle', { class: 'halo', cx: x, cy: y, r: 8 }, this.marks);
    switch (e.op) {
      case 'begin':
        svg('path', { class: 'mark plain', d: `M${x - 4.5} ${y - 3}h9l-4.5 7z` }, this.marks);
        return;
      case 'end':
        svg('line', { class: 'mark bar', x1: x - 6, y1: y, x2: x + 6, y2: y }, this.marks);
        return;
      case 'timer':
        svg('circle', { class: 'mark clock', cx: x, cy: y, r: 4.5 }, this.marks);
        svg('path', { class: 'mark hand', d: `M${x} ${y - 2.6}v2.8h2.2` }, this.marks);
        return;
    }
    if (e.open) {
      svg('path', { class: 'mark cross ' + kind, d: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8` }, this.marks);
      return;
    }
    const shape = kind || (e.op === 'send' ? 'send' : e.op === 'recv' ? 'recv' : 'plain');
    svg('circle', { class: 'mark ' + shape, cx: x, cy: y, r: 4 }, this.marks);
  }

  // fate draws what becomes of a process across its lanes.
  fate(e, y, x) {
    const { layout, run } = this;
    if (e.err || e.op === 'start' || e.op === 'started') return;
    const p = run.processes[e.process - 1];
    const xs = [];
    for (let l = p.lane; l < p.lane + p.lanes; l++) if (layout.shows(l)) xs.push(layout.x(l));
    if (!xs.length) return;
    const dead = e.op === 'kill' || e.op === 'killed' || e.op === 'restart';
    const killed = t => t.process === e.process - 1 && t.ended === 'killed' && t.first <= e.i && t.last >= e.i;
    if (dead && !run.tasks.some(killed)) return; // it had been dead before
    const low = Math.min(...xs) - 10, high = Math.max(...xs) + 10;
    svg('line', { class: 'reach', x1: x, y1: y, x2: x < low ? low : x > high ? high : x, y2: y }, this.marks);
    svg('line', { class: dead ? 'fate dead' : 'fate', x1: low, y1: y, x2: high, y2: y }, this.marks);
    if (!dead) return;
    for (const t of run.tasks) {
      if (!killed(t)) continue;
      const at = layout.x(t.lane);
      svg('path', { class: 'mark cross error', d: `M${at - 4} ${y - 4}l8 8m0 -8l-8 8` }, this.marks);
    }
  }

  // label says in one line what happened. It stands right of its mark, or left where
  // there is more room.
  label(e, x, y) {
    const { layout } = this;
    const [out, kind] = outcome(e);
    const parts = [['op', e.op === 'timer' ? 'timer of ' + e.on : e.op]];
    if (e.on && e.op !== 'timer') parts.push(['object', ' ' + e.on]);
    const r = rest(e);
    if (r) parts.push(['rest', ' ' + r]);
    if (out) parts.push(['out ' + kind, ' → ' + out]);
    if (e.waited) parts.push(['rest', ' after ' + e.waited]);
    for (const c of e.choices) parts.push([c.fault ? 'chip fault' : 'chip', '  ◆ ' + deviation(c)]);
    const length = parts.reduce((n, p) => n + p[1].length, 0);
    const right = layout.width - x - 22, left = x - layout.gutter - 16;
    const onLeft = length * metrics.char > right && right < 36 * metrics.char && left > right;
    let room = Math.floor((onLeft ? left : right) / metrics.char);
    shorten(parts, room);
    const text = svg('text', { class: 'label', y: y + 4, x: onLeft ? x - 14 : x + 14, 'text-anchor': onLeft ? 'end' : 'start' }, this.text);
    let used = 0;
    for (const [name, words] of parts) {
      if (room <= 0) break;
      const shown = words.length <= room ? words : words.slice(0, Math.max(0, room - 1)) + '…';
      room -= shown.length;
      used += shown.length;
      svg('tspan', { class: name }, text).textContent = shown;
    }
    const width = used * metrics.char + 6;
    svg('rect', { class: e.i === this.selection.event ? 'under chosen' : 'under', x: onLeft ? x - 16 - width + 5 : x + 11, y: y - 9, width, height: 18, rx: 3 }, this.text);
    this.text.insertBefore(this.text.lastChild, text);
  }

  // arrow leads from a Send to a Recv: down to the edge of the row, across, and along
  // the receiver's lane to where it is received.
  arrow(a) {
    const { layout, run, selection } = this;
    const e = run.events[a.from], f = run.events[a.to];
    const x1 = layout.x(e.lane), x2 = layout.x(f.lane);
    const y1 = layout.y(a.a), y2 = layout.y(a.b);
    const chosen = selection.event === a.from || selection.event === a.to;
    const name = (a.bytes ? 'arrow' : 'arrow link') + (chosen ? ' chosen' : '');
    const down = y2 > y1 ? 1 : -1; // a Send that blocked may end after it was received
    const side = x2 > x1 ? -1 : x2 < x1 ? 1 : -1;
    const lane = x2 + side * (a.bytes ? 9 : 14);
    const edge = y1 + down * 12;
    const turn = Math.sign(lane - x1) * Math.min(6, Math.abs(lane - x1) / 2);
    let d = `M${x1} ${y1}`;
    if (Math.abs(lane - x1) < 12) d += `C${x1} ${edge} ${lane} ${y1} ${lane} ${edge}`;
    else d += `V${edge - down * 5}Q${x1} ${edge} ${x1 + turn} ${edge}H${lane - turn}Q${lane} ${edge} ${lane} ${edge + down * 4}`;
    d += `V${y2 - down * 5}Q${lane} ${y2} ${x2 + side * 8} ${y2}`;
    svg('path', { class: name, d }, this.bytes);
    const tip = x2 + side * 4.5;
    svg('path', { class: name + ' tip', d: `M${tip} ${y2}l${side * 6} -3.2v6.4z` }, this.bytes);
  }

  // deadline is where one comes that was not waited for to the end.
  deadline(e, r) {
    const { layout, selection } = this;
    const x = layout.x(e.lane), y = layout.y(r) - rowHeight / 2;
    const chosen = selection.event === e.i;
    // Where nobody is left whom it would concern, and for what only sets a timer, it is
    // of interest only if the event is.
    if (!chosen && (e.task.last < e.late || e.op === 'setdeadline' || e.op === 'afterfunc')) return;
    if (chosen) svg('line', { class: 'due', x1: x + 7, y1: layout.y(layout.rowAt(e.i)), x2: x + 7, y2: y }, this.marks);
    svg('path', { class: chosen ? 'deadline chosen' : 'deadline', d: `M${x - 6} ${y}h12` }, this.marks);
  }
}

// shorten makes the parts of a label fit, as far as that goes. What came of it is worth
// more than what was given, and the end of a path more than its beginning.
function shorten(parts, room) {
  const over = list => list.reduce((n, p) => n + p[1].length, 0) - room;
  for (const p of parts.filter(p => p[0] === 'rest')) {
    const cut = over(parts);
    if (cut <= 0) return;
    const left = p[1].length - cut - 1;
    p[1] = left > 3 ? p[1].slice(0, left) + '…' : '';
  }
  const cut = over(parts.filter(p => !p[0].startsWith('chip')));
  for (const p of parts) {
    if (cut <= 0 || p[0] !== 'object') continue;
    const left = Math.max(6, p[1].length - cut - 2);
    if (left < p[1].length - 2) p[1] = ' …' + p[1].slice(-left);
  }
}
