// The strip at the side: the whole run from top to bottom, with what is worth going
// to, and the part that is in view.

class Overview {
  constructor(canvas, pane) {
    this.canvas = canvas;
    this.pane = pane;
    let held = false;
    const go = x => {
      const box = canvas.getBoundingClientRect();
      const part = (x.clientY - box.top) / box.height;
      this.pane.scroller.scrollTop = part * this.pane.layout.height - this.pane.scroller.clientHeight / 2;
    };
    canvas.addEventListener('pointerdown', x => { held = true; canvas.setPointerCapture(x.pointerId); go(x); });
    canvas.addEventListener('pointermove', x => { if (held) go(x); });
    canvas.addEventListener('pointerup', () => { held = false; });
  }

  draw() {
    const { canvas, pane } = this;
    const { layout, scroller } = pane;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!layout || !width || !height) return;
    const style = getComputedStyle(canvas);
    const color = name => style.getPropertyValue(name).trim();
    const scale = window.devicePixelRatio || 1;
    const y = at => Math.min(height - 2, at / layout.height * height);
    const key = [width, height, scale, color('--paper')].join();
    if (this.layout !== layout || this.key !== key) {
      this.layout = layout;
      this.key = key;
      this.marks = document.createElement('canvas');
      this.paint(this.marks, width, height, scale, c => this.lasting(c, color, y, width));
    }
    this.paint(canvas, width, height, scale, c => {
      const top = y(scroller.scrollTop);
      c.fillStyle = color('--view');
      c.fillRect(0, top, width, Math.max(8, y(scroller.scrollTop + scroller.clientHeight) - top));
      c.drawImage(this.marks, 0, 0, width, height);
      const row = layout.row(pane.selection.event);
      c.fillStyle = color('--accent');
      if (row >= 0) c.fillRect(0, y(layout.y(row)) - 1, width, 2);
    });
  }

  paint(canvas, width, height, scale, draw) {
    canvas.width = width * scale;
    canvas.height = height * scale;
    const c = canvas.getContext('2d');
    c.scale(scale, scale);
    draw(c);
  }

  // lasting draws what stays as it is while one scrolls and selects.
  lasting(c, color, y, width) {
    const { layout, run, selection } = this.pane;
    const colors = {};
    const dot = (row, kind, x, w) => {
      c.fillStyle = colors[kind] ||= color(kind);
      c.fillRect(x, y(layout.y(row)) - 1, w, 2);
    };
    c.fillStyle = color('--line-strong');
    for (const b of layout.bands) c.fillRect(4, y(b.top), width - 8, 1);
    layout.rows.forEach((i, row) => {
      const e = run.events[i];
      if (isError(e)) dot(row, '--error', 3, 5);
      if (e.choices.length) dot(row, isFault(e) ? '--fault' : '--choice', 8, 5);
    });
    if (selection.differ >= 0) dot(layout.rowAt(selection.differ), '--differ', 0, width);
  }
}
