// The view: which run, which event, which filter; and what the buttons do.

const byId = id => document.getElementById(id);

class View {
  constructor() {
    this.run = new Run(model.run, false);
    this.calm = model.calm ? new Run(model.calm, true) : null;
    this.active = this.run;
    this.event = -1;
    this.panes = [new Pane(this.run, byId('panes'), this.calm ? 'This run' : 'The run')];
    if (this.calm) this.panes.push(new Pane(this.calm, byId('panes'), 'The calm run'));
    this.panes[0].scroller.id = 'diagram';
    this.overview = new Overview(byId('overview'), this.panes[0]);
    this.details = new Details(byId('details'), {
      go: (run, i) => {
        this.select(run, i);
        this.toEvent();
      },
      narrow: text => this.setFilter(text),
    });
    this.table = new Table(byId('table'), i => this.select(this.active, i));
    this.panes.forEach((p, k) => {
      p.onselect = i => this.select(p.run, i);
      p.onscroll = () => this.scrolled(k);
      // The name of a lane shows that lane alone, and then all of them again.
      p.onname = text => this.setFilter(byId('filter').value === text ? '' : text);
    });
    this.differences();
    this.narrowScreen = window.matchMedia('(max-width: 1000px)');
  }

  differences() {
    const d = model.differ;
    if (!this.calm || !d) return;
    byId('calm').hidden = false;
    if (d.none) return;
    byId('differ').hidden = false;
    this.panes[0].selection.differ = Math.min(d.at, this.run.events.length - 1);
    this.panes[1].selection.differ = Math.min(d.calm, this.calm.events.length - 1);
  }

  pane(run) {
    return this.panes[run === this.run ? 0 : 1];
  }

  // show shows the events that the filter leaves.
  show() {
    const filter = parseFilter(byId('filter').value);
    this.panes.forEach(p => { if (!p.root.hidden) p.show(filter); else p.filter = filter; });
    const shown = this.layout().rows.length, all = this.active.events.length;
    byId('count').textContent = shown === all ? plural(all, 'event') : shown + ' of ' + all;
    if (!byId('table').hidden) this.table.show(this.active, this.layout().rows, this.event);
    this.overview.draw();
  }

  layout() {
    const pane = this.pane(this.active);
    return pane.root.hidden ? new Layout(this.active, pane.filter, 800) : pane.layout;
  }

  // select makes an event the one that everything is about.
  select(run, i) {
    const changed = run !== this.active;
    this.active = run;
    this.event = i;
    const e = run.events[i];
    const pane = this.pane(run);
    byId('details').classList.add('shown'); // which may take room
    if (pane.root.hidden) this.showCalm(true);
    if (pane.layout.row(i) < 0) this.setFilter('');
    const other = this.calm ? { run: run === this.run ? this.calm : this.run, i: this.counterpart(run, e) } : null;
    for (const p of this.panes) {
      if (p.root.hidden) continue;
      p.root.classList.toggle('active', p === pane && this.panes.length > 1);
      p.select(p === pane ? 'event' : 'other', p === pane ? i : other.i);
    }
    this.details.show(run, e, other); // which may take room from the panes
    pane.reveal(i);
    pane.root.scrollIntoView({ block: 'nearest' }); // where the page itself scrolls
    if (!byId('table').hidden) changed ? this.show() : this.table.select(i);
    byId('live').textContent = (run.calm ? 'Calm run. ' : '') + sentence(run, e);
    this.overview.draw();
    this.counter();
    this.note('e' + e.n + (run.calm ? 'c' : ''));
  }

  // toEvent gives the focus to where the selected event is.
  toEvent() {
    const row = byId('table').hidden ? null : byId('table').querySelector('tr.chosen button');
    (row || this.pane(this.active).scroller).focus({ preventScroll: true });
  }

  // counterpart returns the index in the other run of what is the same event.
  counterpart(run, e) {
    const d = model.differ, other = run === this.run ? this.calm : this.run;
    const [mine, theirs] = run === this.run ? [d.at, d.calm] : [d.calm, d.at];
    if (e.i < mine && !d.later) return e.i;
    if (e.i < mine) return e.i + theirs - mine;
    return other.same(e);
  }

  // note keeps in the address which event is selected.
  note(hash) {
    try { history.replaceState(null, '', hash ? '#' + hash : location.pathname + location.search); } catch { /* a page without an address */ }
  }

  // step goes on by so many events that are shown.
  step(n) {
    const rows = this.layout().rows;
    if (!rows.length) return;
    let r = rows.indexOf(this.event);
    if (this.event < 0) r = n > 0 && n < Infinity ? -1 : n > 0 ? 0 : rows.length;
    this.select(this.active, rows[Math.min(rows.length - 1, Math.max(0, r + n))]);
  }

  along(n) {
    if (this.event < 0) return this.step(n);
    const e = this.active.events[this.event], list = e.task.events;
    const layout = this.layout();
    for (let k = list.indexOf(e.i) + n; k >= 0 && k < list.length; k += n) {
      if (layout.row(list[k]) >= 0) return this.select(this.active, list[k]);
    }
    this.say('No other event of ' + e.task.name + ' there.');
  }

  // seek finds the next event that is so, or begins again.
  seek(n, is, what) {
    const rows = this.layout().rows, events = this.active.events;
    const at = this.event < 0 ? n > 0 ? -1 : rows.length : rows.indexOf(this.event);
    for (let k = 1; k <= rows.length; k++) {
      const r = ((at + n * k) % rows.length + rows.length) % rows.length;
      if (is(events[rows[r]])) return this.select(this.active, rows[r]);
    }
    this.say('There is no ' + what + '.');
  }

  follow() {
    if (this.event < 0) return;
    const e = this.active.events[this.event];
    const ends = [...e.to, ...e.from].map(m => this.active.index(m[0]));
    for (const i of [e.accepted, e.dialled]) if (i !== undefined) ends.push(i);
    const i = ends.find(k => k >= 0);
    if (i === undefined) this.say('No bytes lead anywhere from here.'); else this.select(this.active, i);
  }

  // arrive has in view where the run leaves the calm one, or else what never returned.
  arrive() {
    const { events } = this.run;
    let i = events.findIndex(e => e.choices.length);
    if (i < 0) i = events.findIndex(isStuck);
    if (i >= 0) this.panes[0].reveal(i);
  }

  toDifference() {
    const d = model.differ;
    if (!this.calm || d.none) return this.say('There is no difference.');
    this.select(this.run, Math.min(d.at, this.run.events.length - 1));
  }

  cross() {
    if (!this.calm || this.event < 0) return;
    const e = this.active.events[this.event];
    const i = this.counterpart(this.active, e);
    if (i < 0) this.say('The other run has no such operation.');
    else this.select(this.active === this.run ? this.calm : this.run, i);
  }

  say(text) {
    byId('live').textContent = text;
    byId('count').textContent = text;
    clearTimeout(this.said);
    this.said = setTimeout(() => {
      const shown = this.layout().rows.length, all = this.active.events.length;
      byId('count').textContent = shown === all ? plural(all, 'event') : shown + ' of ' + all;
    }, 2500);
  }

  // counter says which of the deviations is selected.
  counter() {
    const list = this.active.events.filter(e => e.choices.length);
    const at = list.findIndex(e => e.i === this.event);
    byId('where').textContent = '◆ ' + (at < 0 ? '' : (at + 1) + ' of ') + list.length;
    byId('where').title = plural(list.length, 'event') + ' with deviations from the calm run';
    byId('back').disabled = byId('forth').disabled = !list.length;
  }

  setFilter(text) {
    byId('filter').value = text;
    this.show();
    if (this.event >= 0 && this.layout().row(this.event) >= 0) this.pane(this.active).reveal(this.event);
    const n = this.layout().rows.length;
    byId('live').textContent = n + ' of ' + plural(this.active.events.length, 'event') + ' shown.';
  }

  toFilter() {
    byId('filter').focus();
    byId('filter').select();
  }

  leave() {
    if (document.activeElement === byId('filter')) {
      if (byId('filter').value) return this.setFilter('');
      return this.panes[0].scroller.focus();
    }
    if (byId('filter').value) return this.setFilter('');
    this.event = -1;
    this.panes.forEach(p => { if (!p.root.hidden) p.select('event', -1); });
    this.details.empty();
    byId('details').classList.remove('shown');
    this.note('');
    byId('live').textContent = 'Nothing selected.';
    this.counter();
    this.overview.draw();
  }

  // showCalm shows the calm run beside the other; where there is no room for both,
  // one of them.
  showCalm(is) {
    if (!this.calm) return;
    this.panes[1].root.hidden = !is;
    this.panes[0].root.hidden = is && this.narrowScreen.matches;
    if (!is) this.active = this.run;
    else if (this.panes[0].root.hidden) this.active = this.calm;
    byId('calm').setAttribute('aria-pressed', String(is));
    this.panes.forEach(p => { p.caption.hidden = !is; });
    this.overview.pane = this.panes[this.panes[0].root.hidden ? 1 : 0];
    this.show();
  }

  toggleCalm() {
    if (!this.calm) return this.say('The page has no calm run.');
    const is = this.panes[1].root.hidden;
    const at = this.overview.pane.scroller.scrollTop;
    if (this.active.calm && !is) this.event = -1;
    this.showCalm(is);
    this.panes.forEach(p => { p.scroller.scrollTop = at; });
  }

  // scrolled keeps panes side by side at the same height.
  scrolled(k) {
    this.overview.draw();
    const [from, to] = [this.panes[k], this.panes[1 - k]];
    if (to && !to.root.hidden && !from.root.hidden && Math.abs(to.scroller.scrollTop - from.scroller.scrollTop) > 1) {
      to.scroller.scrollTop = from.scroller.scrollTop;
    }
  }

  toggleTable() {
    const is = byId('table').hidden;
    byId('table').hidden = !is;
    byId('stage').hidden = is;
    byId('tabular').setAttribute('aria-pressed', String(is));
    if (is) this.table.show(this.active, this.layout().rows, this.event);
    else {
      this.show();
      if (this.event >= 0) this.pane(this.active).reveal(this.event);
    }
  }

  toggleTheme() {
    this.theme(this.dark() ? 'light' : 'dark');
    try { localStorage.setItem('brine-theme', this.dark() ? 'dark' : 'light'); } catch { /* not kept */ }
  }

  dark() {
    const set = document.documentElement.dataset.theme;
    return set ? set === 'dark' : window.matchMedia('(prefers-color-scheme: dark)').matches;
  }

  theme(name) {
    if (name) document.documentElement.dataset.theme = name;
    byId('theme').textContent = this.dark() ? 'Light' : 'Dark';
    this.overview.draw();
  }

  help() {
    byId('help').showModal();
  }
}

// wire gives the page's controls their work.
function wire(view) {
  byId('filter').addEventListener('input', () => view.setFilter(byId('filter').value));
  byId('filter').addEventListener('keydown', x => {
    if (x.key === 'Enter') view.panes[0].scroller.focus();
  });
  const click = (id, f) => byId(id).addEventListener('click', f);
  click('back', () => view.seek(-1, e => e.choices.length > 0, 'deviation'));
  click('forth', () => view.seek(1, e => e.choices.length > 0, 'deviation'));
  click('differ', () => view.toDifference());
  click('calm', () => view.toggleCalm());
  click('tabular', () => view.toggleTable());
  click('theme', () => view.toggleTheme());
  click('keys', () => view.help());
  for (const text of suggestions(view.run)) html('option', { value: text }, byId('filters'));
  for (const line of document.querySelectorAll('.deviation')) linkLine(view, line);
  for (const b of document.querySelectorAll('.copy')) copies(b);
  new ResizeObserver(() => {
    view.panes.forEach(p => { if (!p.root.hidden && p.layout) p.resized(); });
    view.overview.draw();
  }).observe(byId('panes'));
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => view.theme());
}

// linkLine makes a line of the script lead to its event.
function linkLine(view, line) {
  const i = model.lines[Number(line.dataset.line)];
  if (i === undefined || i < 0) return;
  line.tabIndex = 0;
  line.setAttribute('role', 'link');
  line.title = 'Go to event #' + view.run.events[i].n;
  const go = () => view.select(view.run, i);
  line.addEventListener('click', go);
  line.addEventListener('keydown', x => {
    if (x.key === 'Enter') go();
  });
}

function copies(button) {
  const from = byId(button.dataset.copy);
  if (!from || !navigator.clipboard) {
    button.hidden = true;
    return;
  }
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(from.textContent);
      button.textContent = 'Copied';
      byId('live').textContent = 'Copied.';
    } catch {
      getSelection().selectAllChildren(from); // to be copied by hand
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  });
}

// measure finds out how wide the characters of labels are.
function measure() {
  const s = svg('svg', { class: 'measure' }, document.body);
  const t = svg('text', { class: 'label' }, s);
  t.textContent = 'm'.repeat(100);
  const width = t.getComputedTextLength() / 100;
  if (width > 0) metrics.char = width;
  s.remove();
}

// follow selects the event that the address names.
function follow(view) {
  const asked = /^#e(\d+)(c?)$/.exec(location.hash);
  if (!asked) return;
  const run = asked[2] && view.calm ? view.calm : view.run;
  const i = run.index(Number(asked[1]));
  if (i >= 0) view.select(run, i);
}

function start() {
  measure();
  const view = new View();
  let theme = null;
  try { theme = localStorage.getItem('brine-theme'); } catch { /* none is kept */ }
  if (theme === 'light' || theme === 'dark') view.theme(theme); else view.theme();
  if (window.matchMedia('(max-width: 760px), (max-height: 620px)').matches) byId('more').open = false;
  fillHelp(byId('help'));
  wire(view);
  listenForKeys(view);
  view.details.empty();
  if (view.calm) view.showCalm(!view.narrowScreen.matches); else view.show();
  view.counter();
  view.arrive();
  follow(view);
  window.addEventListener('hashchange', () => follow(view));
  document.documentElement.dataset.ready = 'true';
}

start();
