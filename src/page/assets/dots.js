// Square marks by the ten thousand: set as pixels, which is many times quicker than a rectangle of the canvas each.

/** @typedef {{ x: Float32Array, y: Float32Array, colour: Uint32Array }} Marks a place each; NaN: not drawn; 0xRRGGBB where it is selected */

/** @type {Map<string, number>} */
const known = new Map();

/** A colour of the theme as 0xRRGGBB. @param {string} css */
export function packed(css) {
  let found = known.get(css);
  if (found === undefined) {
    const parts = /^rgb\((\d+), ?(\d+), ?(\d+)\)$/.exec(css);
    found = parts ? (Number(parts[1]) << 16) | (Number(parts[2]) << 8) | Number(parts[3]) : Number.parseInt(css.replace('#', ''), 16);
    known.set(css, found);
  }
  return found;
}

export class Dots {
  constructor() {
    this.canvas = document.createElement('canvas');
    /** @type {ImageData | null} */
    this.image = null;
  }

  /**
   * Draws the marks: those that are selected over the others.
   * @param {CanvasRenderingContext2D} context
   * @param {Marks} marks
   * @param {{ mask: Uint8Array, out: number, size: number, alpha: number, every?: number }} how `out` is the colour of the others; sizes in CSS pixels
   */
  draw(context, marks, { mask, out, size, alpha, every = 1 }) {
    const { width, height } = context.canvas;
    const image = this.blank(width, height);
    const ratio = devicePixelRatio || 1;
    const side = Math.max(Math.round(size * ratio), 1);
    for (const selected of [0, 1]) {
      for (let at = 0; at < marks.x.length; at += every) {
        const [x, y] = [marks.x[at], marks.y[at]];
        if (mask[at] !== selected || x !== x || y !== y) continue;
        square(image, Math.round(x * ratio - side / 2), Math.round(y * ratio - side / 2), side, selected ? marks.colour[at] : out, alpha);
      }
    }
    const layer = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d', { willReadFrequently: true }));
    layer.putImageData(image, 0, 0);
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.canvas, 0, 0);
    context.restore();
  }

  /** @param {number} width @param {number} height */
  blank(width, height) {
    if (this.image?.width === width && this.image.height === height) {
      this.image.data.fill(0);
      return this.image;
    }
    [this.canvas.width, this.canvas.height] = [width, height];
    this.image = new ImageData(width, height);
    return this.image;
  }
}

/** @param {ImageData} image @param {number} left @param {number} top @param {number} side @param {number} colour @param {number} alpha */
function square({ data, width, height }, left, top, side, colour, alpha) {
  const [bottom, right] = [Math.min(top + side, height), Math.min(left + side, width)];
  for (let row = Math.max(top, 0); row < bottom; row += 1) {
    for (let column = Math.max(left, 0); column < right; column += 1) blend(data, (row * width + column) * 4, colour, alpha);
  }
}

/** Lays a colour over a pixel. @param {Uint8ClampedArray} pixels @param {number} at @param {number} colour @param {number} alpha */
function blend(pixels, at, colour, alpha) {
  const under = (pixels[at + 3] / 255) * (1 - alpha);
  const whole = alpha + under;
  const [mine, others] = [alpha / whole, under / whole];
  pixels[at] = (colour >> 16) * mine + pixels[at] * others;
  pixels[at + 1] = ((colour >> 8) & 255) * mine + pixels[at + 1] * others;
  pixels[at + 2] = (colour & 255) * mine + pixels[at + 2] * others;
  pixels[at + 3] = whole * 255;
}
