/* Two pictures in one, pixel by pixel, of images and of planes of volumes alike. */
// How bright each pixel is (ITU-R BT.601), and -1 where there is no data.
const KNOWN = 128;
const brightness = (bytes) => {
  const light = new Float32Array(bytes.length / 4);
  for (let j = 0, k = 0; j < light.length; j += 1, k += 4) {
    const [r, g, b] = [bytes[k], bytes[k + 1], bytes[k + 2]];
    light[j] = bytes[k + 3] < KNOWN ? -1 : r === g && g === b ? r : 0.299 * r + 0.587 * g + 0.114 * b;
  }
  return light;
};
const each = (a, b, out, colour) => {
  for (let j = 0, k = 0; k < out.length; j += 1, k += 4) {
    const f = a.light[j], m = b.light[j];
    out[k + 3] = f < 0 && m < 0 ? 0 : 255;
    colour(f, m, k);
  }
};
// The gain and the offset that bring moving's intensities nearest to fixed's, but for what differs by much, as in
// the figures (`matched_difference` of mixtures.py).
const matched = (a, b) => {
  let gain = 0, offset = 0, most = Infinity;
  for (let round = 0; round < 4; round += 1) {
    let n = 0, f = 0, m = 0, mm = 0, fm = 0;
    a.light.forEach((value, j) => {
      const other = b.light[j];
      if (value < 0 || other < 0 || Math.abs(gain * other + offset - value) > most) return;
      n += 1; f += value; m += other; mm += other * other; fm += value * other;
    });
    if (!n) break;
    const spread = n * mm - m * m;
    gain = spread > 0 ? (n * fm - f * m) / spread : 0;
    offset = (f - gain * m) / n;
    const sizes = a.light.map((value, j) => (value < 0 || b.light[j] < 0 ? -1 : Math.abs(gain * b.light[j] + offset - value)));
    const known = sizes.filter((size) => size >= 0).sort();
    most = 3.7 * (known[(known.length - 1) >> 1] + known[known.length >> 1]) / 2 + 1e-9;
  }
  return { gain, offset };
};
const NEUTRAL = [247, 247, 247], BELOW = [179, 88, 6], ABOVE = [84, 39, 136];

// The views that mix two pictures of a size: (fixed, moving, bytes out, setting). A tile's side is told in units of which
// a pixel has so many.
const mixer = (width, height, down, across) => {
  // How steep a picture is (Sobel), 255 where it is steeper than all but a hundredth of its pixels.
  const steep = ({ light }) => {
    const found = new Float32Array(light.length);
    for (let row = 1; row < height - 1; row += 1) {
      for (let column = 1; column < width - 1; column += 1) {
        const j = row * width + column;
        const [p, q, r, s, t, u, v, w] = [-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1].map((by) => light[j + by]);
        if (Math.min(p, q, r, s, t, u, v, w, light[j]) < 0) continue;
        found[j] = Math.hypot(r + 2 * t + w - p - 2 * s - u, u + 2 * v + w - p - 2 * q - r);
      }
    }
    const most = Float32Array.from(found).sort()[Math.floor(0.99 * found.length)] || 1;
    return found.map((value) => Math.min(255, (255 * value) / most));
  };
  return {
    checkerboard(a, b, out, tile) {
      each(a, b, out, (f, m, k) => {
        const row = Math.floor(k / 4 / width) * down, column = ((k / 4) % width) * across;
        const chosen = (Math.floor(row / tile) + Math.floor(column / tile)) % 2 ? b : a;
        for (let c = 0; c < 4; c += 1) out[k + c] = chosen.bytes[k + c];
      });
    },
    blend(a, b, out, percent) {
      const share = percent / 100;
      each(a, b, out, (f, m, k) => {
        const part = f < 0 ? 1 : m < 0 ? 0 : share;
        for (let c = 0; c < 3; c += 1) out[k + c] = (1 - part) * a.bytes[k + c] + part * b.bytes[k + c];
      });
    },
    anaglyph(a, b, out) {
      each(a, b, out, (f, m, k) => { out[k] = Math.max(f, 0); out[k + 1] = out[k + 2] = Math.max(m, 0); });
    },
    edges(a, b, out) {
      const own = steep(a), other = steep(b);
      each(a, b, out, (f, m, k) => { out[k] = out[k + 2] = own[k / 4]; out[k + 1] = other[k / 4]; });
    },
    difference(a, b, out, percent) {
      b.match ||= matched(a, b);
      const { gain, offset } = b.match, most = 2.55 * percent;
      each(a, b, out, (f, m, k) => {
        if (f < 0 || m < 0) { out[k + 3] = 0; return; }
        const part = Math.max(-1, Math.min(1, (gain * m + offset - f) / most));
        const end = part < 0 ? BELOW : ABOVE;
        for (let c = 0; c < 3; c += 1) out[k + c] = NEUTRAL[c] + Math.abs(part) * (end[c] - NEUTRAL[c]);
      });
    },
  };
};
