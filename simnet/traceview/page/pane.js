// A pane shows one run: the names of the lanes, which stay, and below them the rows,
// of which only those near the view are drawn.

function html(name, attributes, parent, text) {
  const x = document.createElement(name);
  for (const k in attributes) x.setAttribute(k, attributes[k]);
  if (text !== undefined) x.textContent = text;
  if (parent) parent.appendChild(x);
  return x;
}

class Pane {
  constructor(run, parent, title) {
    this.run = run;
    this.selection = { event: -1, other: -1, differ: -1 };
    this.root = html('section', { class: 'pane', 'aria-label': title }, parent);
    this.caption = html('h2', { class: 'caption', hidden: '' }, this.root, title);
    this.scroller = html('div', {
      class: 'scroller', tabindex: '0', role: 'application', 'aria-roledescription': 'event diagram', 'aria-label': title +
      ': arrow keys select an event, which is then read out',
    }, this.root);
    this.head = html('div', { class: 'lanes', 'aria-hidden': 'true' }, this.scroller);
    this.sheet = html('div', { class: 'sheet', 'aria-hidden': 'true' }, this.scroller);
    this.svg = svg('svg', {}, this.sheet);
    this.pending = false;
    this.scroller.addEventListener('scroll', () => this.later());
    this.sheet.addEventListener('click', x => {
      const box = this.sheet.getBoundingClientRect();
      const row = this.layout.at(x.clientY - box.top);
      if (this.layout.rows.length) this.onselect(this.layout.rows[row]);
    });
    this.onselect = this.onscroll = this.onname = () => {};
    this.head.addEventListener('click', x => {
      const filter = x.target.closest('[data-filter]')?.dataset.filter;
      if (filter) this.onname(filter);
    });
  }

  // show lays the events out anew.
  show(filter) {
    this.filter = filter;
    const width = this.scroller.clientWidth;
    this.wide = width;
    this.layout = new Layout(this.run, filter, width);
    this.sheet.style.height = this.layout.height + 'px';
    this.sheet.style.width = this.layout.width + 'px';
    this.heads();
    this.draw(true);
  }

  resized() {
    if (this.scroller.clientWidth === this.wide) return;
    const at = this.scroller.scrollTop;
    this.show(this.filter);
    this.scroller.scrollTop = at;
  }

  later() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.draw(false);
      this.onscroll();
    });
  }

  // draw draws the rows near the view, unless they are drawn already.
  draw(anew) {
    const { layout, scroller } = this;
    const view = scroller.clientHeight || 600;
    const top = scroller.scrollTop;
    if (!layout.rows.length) {
      this.svg.replaceChildren();
      this.first = this.last = -1;
      return;
    }
    const first = layout.at(top), last = layout.at(top + view);
    if (!anew && first >= this.first && last <= this.last) {
      if (this.lively) this.heads();
      this.edge();
      return;
    }
    const more = Math.ceil(view / rowHeight);
    this.first = Math.max(0, first - more);
    this.last = Math.min(layout.rows.length - 1, last + more);
    const y = Math.max(0, layout.y(this.first) - rowHeight / 2 - 60);
    const height = layout.y(this.last) + rowHeight / 2 + 60 - y;
    for (const [k, v] of Object.entries({ width: layout.width, height, viewBox: `0 ${y} ${layout.width} ${height}` })) {
      this.svg.setAttribute(k, v);
    }
    this.svg.style.top = y + 'px';
    this.svg.replaceChildren();
    new Drawing(layout, this.selection, this.svg, this.first, this.last);
    if (this.lively) this.heads();
    this.edge();
  }

  // edge keeps the numbers of events in view.
  edge() {
    const g = this.svg.querySelector('g.gutter'), left = this.scroller.scrollLeft;
    if (!g) return;
    g.setAttribute('transform', `translate(${left} 0)`);
    g.firstChild.style.display = left > 0 ? '' : 'none';
  }

  // heads names the lanes. Where tasks share one, its name is that of the task which
  // is in view.
  heads() {
    const { layout, run } = this;
    const tilted = layout.spacing < 88;
    const inView = layout.rows.length ? layout.rows[layout.at(this.scroller.scrollTop)] : 0;
    const named = new Map();
    this.lively = false;
    run.tasks.forEach((t, i) => {
      if (!layout.shows(t.lane) || i === 0) return;
      const old = named.get(t.lane);
      if (old) this.lively = true;
      if (!old || old.last < inView) named.set(t.lane, t);
    });
    const key = [...named.values()].map(t => t.name).join(' ') + layout.width + tilted + [...layout.lane];
    if (key === this.headKey) return;
    this.headKey = key;
    this.head.replaceChildren();
    this.head.style.width = layout.width + 'px';
    this.head.classList.toggle('tilted', tilted);
    run.processes.forEach((p, i) => {
      const lanes = [];
      for (let l = p.lane; l < p.lane + p.lanes; l++) if (layout.shows(l)) lanes.push(l);
      if (!lanes.length) return;
      if (!i && tilted) {
        const name = html('span', { class: 'task' }, this.head, p.name);
        name.style.left = layout.x(lanes[0]) - 4 + 'px';
        return;
      }
      // Where there is no room for it above its lane, its name stands with the task's.
      const alone = i > 0 && lanes.length === 1 && tilted;
      if (!alone) {
        const box = html('div', { class: i ? 'process' : 'process world', title: p.name }, this.head);
        if (i) box.dataset.filter = 'process:' + p.name;
        box.style.left = layout.x(lanes[0]) - 14 + 'px';
        box.style.width = layout.spacing * lanes.length - 8 + 'px';
        html('span', {}, box, p.name);
      }
      for (const l of lanes) {
        const t = named.get(l);
        if (!t) continue;
        const name = html('span', { class: 'task', title: t.name, 'data-filter': 'task:' + t.name }, this.head, alone ? t.name : t.short);
        name.style.left = (tilted ? layout.x(l) - 4 : layout.x(l) - 14) + 'px';
        if (!tilted) name.style.width = layout.spacing - 10 + 'px';
      }
    });
  }

  // reveal scrolls as little as is needed to have an event in view.
  reveal(i) {
    const { layout, scroller } = this;
    const row = layout.row(i);
    if (row < 0) return;
    const y = layout.y(row), head = this.head.offsetHeight;
    const top = scroller.scrollTop, view = scroller.clientHeight - head;
    if (y - rowHeight * 2 < top) scroller.scrollTop = y - rowHeight * 3;
    else if (y + rowHeight * 2 > top + view) scroller.scrollTop = y + rowHeight * 3 - view;
    if (y < top - view || y > top + 2 * view) scroller.scrollTop = y - view / 2;
    const x = layout.x(this.run.events[i].lane);
    if (x < scroller.scrollLeft + layout.gutter || x > scroller.scrollLeft + scroller.clientWidth - 40) {
      scroller.scrollLeft = x - scroller.clientWidth / 2;
    }
    this.draw(false); // at once, and not in the next frame
  }

  // select marks an event as the one that is chosen, or as what is the other run's.
  select(what, i) {
    this.selection.event = this.selection.other = -1;
    this.selection[what] = i;
    this.draw(true);
  }
}
