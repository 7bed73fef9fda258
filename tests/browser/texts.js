// Keeps what is written on the canvas, and tells which texts of the picture are hard to read.
(() => {
  const { fillText, clearRect, rect, clip, save, restore } = CanvasRenderingContext2D.prototype;
  let texts = [];
  let clips = [undefined];
  let last;
  const ours = {
    clearRect(...box) {
      texts = [];
      clips = [undefined];
      return clearRect.apply(this, box);
    },
    rect(x, y, width, height) {
      const { a, e, f } = this.getTransform();
      last = { x: x + e / a, y: y + f / a, width, height };
      return rect.call(this, x, y, width, height);
    },
    clip() {
      clips[clips.length - 1] = last;
      return clip.call(this);
    },
    save() {
      clips.push(clips.at(-1));
      return save.call(this);
    },
    restore() {
      if (clips.length > 1) clips.pop();
      return restore.call(this);
    },
    fillText(text, x, y) {
      const { a, b, e, f } = this.getTransform();
      const measured = this.measureText(text);
      const left = { center: measured.width / 2, right: measured.width }[this.textAlign] ?? 0;
      const up = measured.actualBoundingBoxAscent;
      const down = measured.actualBoundingBoxDescent;
      const ratio = devicePixelRatio;
      const box =
        b === 0
          ? { x: x - left + e / a, y: y - up + f / a, width: measured.width, height: up + down }
          : { x: e / ratio - up, y: f / ratio - measured.width, width: up, height: measured.width };
      const within = clips.at(-1);
      if (!within || (box.x + box.width > within.x && box.x < within.x + within.width)) {
        texts.push({ text, size: parseFloat(this.font.match(/([\d.]+)px/)[1]), box });
      }
      return fillText.call(this, text, x, y);
    },
  };
  Object.assign(CanvasRenderingContext2D.prototype, ours);

  const overlap = (a, length, b, other) => Math.min(a + length, b + other) - Math.max(a, b);

  // The lines of text of an element that is not cut off by those around it.
  function* linesOf(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { currentNode: node } = walker;
      const parent = node.parentElement;
      if (!node.data.trim() || parent.closest('.hidden, .more')) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const { x, y, right, bottom } of range.getClientRects()) {
        const box = { x, y: y + (bottom - y) * 0.2, right, bottom: bottom - (bottom - y) * 0.2 };
        for (let e = parent; e && e !== document.body; e = e.parentElement) {
          if (getComputedStyle(e).overflow === 'visible') continue;
          const around = e.getBoundingClientRect();
          box.x = Math.max(box.x, around.x);
          box.y = Math.max(box.y, around.y);
          box.right = Math.min(box.right, around.right);
          box.bottom = Math.min(box.bottom, around.bottom);
        }
        if (box.right - box.x < 2 || box.bottom - box.y < 2) continue;
        const size = parseFloat(getComputedStyle(parent).fontSize);
        const [width, height] = [box.right - box.x, box.bottom - box.y];
        yield { text: node.data.trim(), size, node, box: { x: box.x, y: box.y, width, height } };
      }
    }
  }

  window.hardToRead = () => {
    const canvas = document.querySelector('canvas').getBoundingClientRect();
    const all = texts
      .filter(({ box }) => box.y + box.height > 0 && box.y < canvas.height)
      .map(({ box, ...rest }) => ({
        ...rest,
        box: { ...box, x: box.x + canvas.x, y: Math.max(0, box.y) + canvas.y },
      }));
    for (const part of document.querySelectorAll('header, nav, .cards, .legend')) {
      all.push(...linesOf(part));
    }
    const found = all.filter((t) => t.size < 11).map((t) => `small: ${t.text}`);
    all.forEach((a, i) => {
      for (const b of all.slice(0, i)) {
        if (a.node && a.node === b.node) continue;
        const wide = overlap(a.box.x, a.box.width, b.box.x, b.box.width);
        const high = overlap(a.box.y, a.box.height, b.box.y, b.box.height);
        if (wide > 1 && high > 1) found.push(`${a.text} over ${b.text}`);
      }
    });
    return { count: all.length, found };
  };
})();
