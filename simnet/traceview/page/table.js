// The events as a table, a part at a time.

const tablePart = 500;

class Table {
  constructor(root, onselect) {
    this.root = root;
    this.onselect = onselect;
    this.from = 0;
  }

  show(run, rows, selected) {
    this.run = run;
    this.rows = rows;
    const at = rows.indexOf(selected);
    if (at >= 0) this.from = Math.floor(at / tablePart) * tablePart;
    this.from = Math.min(this.from, Math.max(0, Math.ceil(rows.length / tablePart) * tablePart - tablePart));
    this.selected = selected;
    this.fill();
    this.reveal();
  }

  // reveal scrolls to the row that is chosen, and never sideways.
  reveal() {
    const tr = this.root.querySelector('tr.chosen');
    if (!tr) return;
    const { root } = this, box = tr.getBoundingClientRect(), view = root.getBoundingClientRect();
    if (box.top < view.top + 40 || box.bottom > view.bottom) root.scrollTop += box.top - view.top - view.height / 2;
  }

  fill() {
    const { root, run, rows } = this;
    root.replaceChildren();
    if (!rows.length) {
      html('p', { class: 'hint' }, root, 'No event is like that.');
      return;
    }
    this.pages();
    const table = html('table', { 'aria-rowcount': rows.length + 1 }, root);
    html('caption', { class: 'unseen' }, table, run.calm ? 'Events of the calm run' : 'Events of the run');
    const head = html('tr', { 'aria-rowindex': 1 }, html('thead', {}, table));
    for (const c of ['Event', 'Time', 'Task', 'Operation', 'Result', 'Waited', 'Deviations']) html('th', { scope: 'col' }, head, c);
    const body = html('tbody', {}, table);
    for (let r = this.from; r < Math.min(rows.length, this.from + tablePart); r++) this.row(body, run.events[rows[r]], r);
    this.pages();
  }

  row(body, e, r) {
    const tr = html('tr', { 'aria-rowindex': r + 2, 'data-i': e.i }, body);
    const chosen = e.i === this.selected;
    if (chosen) tr.className = 'chosen';
    const b = html('button', { type: 'button', class: 'link', 'aria-pressed': String(chosen) }, html('th', { scope: 'row' }, tr), '#' + e.n);
    b.addEventListener('click', () => this.onselect(e.i));
    const [out, kind] = outcome(e);
    html('td', {}, tr, e.time);
    html('td', {}, tr, taskAndNumber(e));
    html('td', {}, tr, [e.op, e.on, rest(e)].filter(x => x).join(' '));
    html('td', kind ? { class: kind } : {}, tr, this.result(e, out));
    html('td', {}, tr, e.waited || (e.blocked ? 'yes' : ''));
    html('td', { class: isFault(e) ? 'fault' : 'choice' }, tr, e.choices.map(deviation).join('; '));
  }

  result(e, out) {
    const from = e.from.map(m => m[1] + ' B from #' + m[0]), to = e.to.map(m => m[1] + ' B to #' + m[0]);
    if (from.length && !e.err && !e.passed) out = '';
    const more = Math.max(0, from.length + to.length - 5);
    return [out, ...[...from, ...to].slice(0, 5), more ? 'and ' + more + ' more' : ''].filter(x => x).join(', ');
  }

  pages() {
    const { root, rows } = this;
    if (rows.length <= tablePart) return;
    const p = html('p', { class: 'pages' }, root);
    const add = (text, from) => {
      const b = html('button', { type: 'button' }, p, text);
      b.disabled = from < 0 || from >= rows.length;
      b.addEventListener('click', () => { this.from = from; this.fill(); root.scrollTop = 0; root.querySelector('tbody button').focus({ preventScroll: true }); });
    };
    add('Earlier', this.from - tablePart);
    html('span', {}, p, (this.from + 1) + ' to ' + Math.min(rows.length, this.from + tablePart) + ' of ' + rows.length);
    add('Later', this.from + tablePart);
  }

  // select marks another event.
  select(i) {
    const old = this.root.querySelector('tr.chosen');
    if (old) {
      old.className = '';
      old.querySelector('button').setAttribute('aria-pressed', 'false');
    }
    this.selected = i;
    let tr = this.root.querySelector('tr[data-i="' + i + '"]');
    if (!tr && this.rows.includes(i)) {
      this.show(this.run, this.rows, i);
      tr = this.root.querySelector('tr[data-i="' + i + '"]');
    }
    if (!tr) return;
    tr.className = 'chosen';
    tr.querySelector('button').setAttribute('aria-pressed', 'true');
    this.reveal();
  }
}
