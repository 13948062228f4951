/** A box in pixels of the model's input, and what is in it. */
export interface Box {
  xmin: number;
  ymin: number;
  xmax: number;
  ymax: number;
  score: number;
  label: number;
}

export interface RowOptions {
  width: number;
  height: number;
  strides: readonly number[];
  threshold: number;
}

/**
 * The boxes of YOLOX's output (rows, 5 + classes): centre and logarithm of the size, both in cells of the row's grid, then
 * how sure it is of an object and of each class. Grids come one after the other, each row by row. [YOLOX, Ge et al. 2021, §2.2]
 */
export function decodeBoxes(rows: Float32Array, columns: number, options: RowOptions): Box[] {
  const { width, height, strides, threshold } = options;
  const boxes: Box[] = [];
  let at = 0;
  for (const stride of strides) {
    const [across, down] = [Math.floor(width / stride), Math.floor(height / stride)];
    for (let cell = 0; cell < across * down; cell++, at += columns) {
      const { label, score } = best(rows, at + 5, columns - 5);
      const sure = score * rows[at + 4]!;
      if (!(sure >= threshold)) continue;
      const x = (rows[at]! + (cell % across)) * stride;
      const y = (rows[at + 1]! + Math.floor(cell / across)) * stride;
      const [w, h] = [Math.exp(rows[at + 2]!) * stride, Math.exp(rows[at + 3]!) * stride];
      boxes.push({ xmin: x - w / 2, ymin: y - h / 2, xmax: x + w / 2, ymax: y + h / 2, score: sure, label });
    }
  }
  return boxes;
}

/** Of boxes of one class that cover each other by more than `threshold` (intersection over union), the surest. The best first. */
export function withoutDoubles(boxes: Box[], threshold: number): Box[] {
  const kept: Box[] = [];
  for (const box of [...boxes].sort((a, b) => b.score - a.score))
    if (!kept.some((other) => other.label === box.label && overlap(other, box) > threshold)) kept.push(box);
  return kept;
}

function best(rows: Float32Array, start: number, classes: number): { label: number; score: number } {
  let label = 0;
  for (let i = 1; i < classes; i++) if (rows[start + i]! > rows[start + label]!) label = i;
  return { label, score: rows[start + label]! };
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.xmax, b.xmax) - Math.max(a.xmin, b.xmin);
  const height = Math.min(a.ymax, b.ymax) - Math.max(a.ymin, b.ymin);
  if (width <= 0 || height <= 0) return 0;
  const area = (box: Box) => (box.xmax - box.xmin) * (box.ymax - box.ymin);
  return (width * height) / (area(a) + area(b) - width * height);
}
