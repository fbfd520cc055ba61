/* Three planes of two volumes, cut through one cursor: fixed as it is, moving sampled under a chosen transform. */
(() => {
  const data = JSON.parse(byId("data").textContent), { shape, spacing } = data.fixed;
  // In each plane: the axis across which it lies, what goes down it, and what goes to the right. All but the first have
  // the first axis upwards.
  const PLANES = [[0, 1, 2, false], [1, 0, 2, true], [2, 0, 1, true]].map(([normal, down, across, up], k) => {
    const width = shape[across], height = shape[down];
    return { normal, down, across, up, width, height, canvas: byId(`canvas-${k}`), slider: byId(`at-${k}`),
      surface: Object.assign(document.createElement("canvas"), { width, height }),
      mixes: mixer(width, height, spacing[down], spacing[across]) };
  });
  const COLOURS = ["#e69f00", "#56b4e9", "#f0e442"];

  // --- volumes: bytes, 0 where there is no data; a picture of all planes, side by side in rows ----------------------
  const loaded = async ({ picture, shape: [planes, rows, columns], tiles }) => {
    const image = new Image();
    image.src = picture;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    const volume = new Uint8Array(planes * rows * columns);
    for (let plane = 0; plane < planes; plane += 1) {
      const left = (plane % tiles) * columns, top = Math.floor(plane / tiles) * rows;
      const { data: bytes } = context.getImageData(left, top, columns, rows);
      for (let j = 0, at = plane * rows * columns; j < rows * columns; j += 1) volume[at + j] = bytes[4 * j];
    }
    return volume;
  };
  // How bright the code of a voxel is, 0 to 255.
  const light = (code) => ((code - 1) * 255) / 254;
  let fixed = null, moving = null;

  // Moving between eight voxels, all of which have to count; -1 where one does not.
  const sampled = (place) => {
    const size = data.moving.shape;
    let offset = 0;
    const parts = [], steps = [size[1] * size[2], size[2], 1];
    for (let axis = 0; axis < 3; axis += 1) {
      const at = place[axis], last = size[axis] - 1;
      if (!(at >= -1e-6 && at <= last + 1e-6)) return -1;
      const low = Math.max(0, Math.min(Math.floor(at), last - 1));
      parts.push(Math.min(1, Math.max(0, at - low)));
      offset += low * steps[axis];
    }
    let total = 0;
    for (let corner = 0; corner < 8; corner += 1) {
      let weight = 1, index = offset;
      for (let axis = 0; axis < 3; axis += 1) {
        const far = (corner >> axis) & 1;
        weight *= far ? parts[axis] : 1 - parts[axis];
        if (far) index += steps[axis];
      }
      if (weight < 1e-6) continue;
      if (!moving[index]) return -1;
      total += weight * moving[index];
    }
    return Math.max(0, light(total)); // rounding makes no black voxel a missing one
  };
  const through = (matrix, place) => matrix.slice(0, 3).map((row) => row[0] * place[0] + row[1] * place[1] + row[2] * place[2] + row[3]);

  // --- state ----------------------------------------------------------------------------------------------
  const middle = shape.map((n) => Math.floor((n - 1) / 2));
  const state = { view: "blend", pose: 0, cursor: [...middle], zoom: 1, lines: true };
  const sliders = { checkerboard: byId("tile"), blend: byId("opacity"), difference: byId("range") };
  if (!sliders.difference) delete sliders.difference;
  const units = { blend: " %", checkerboard: ` ${data.unit}`, difference: " %" };
  const setting = () => (sliders[state.view] ? Number(sliders[state.view].value) : 0);

  // --- drawing --------------------------------------------------------------------------------------------
  // The two pictures of a plane, each once for a cursor and a transform.
  const cut = (plane) => {
    const key = `${state.cursor[plane.normal]},${state.pose}`;
    if (plane.key === key) return plane;
    const count = plane.width * plane.height, matrix = data.poses[state.pose].matrix;
    const [a, b] = [0, 1].map(() => ({ light: new Float32Array(count), bytes: new Uint8ClampedArray(4 * count) }));
    const place = [...state.cursor];
    for (let row = 0, j = 0; row < plane.height; row += 1) {
      place[plane.down] = plane.up ? plane.height - 1 - row : row;
      for (let column = 0; column < plane.width; column += 1, j += 1) {
        place[plane.across] = column;
        const code = fixed[(place[0] * shape[1] + place[1]) * shape[2] + place[2]];
        a.light[j] = code ? light(code) : -1;
        b.light[j] = sampled(through(matrix, place));
        for (const each of [a, b]) each.bytes.set([each.light[j], each.light[j], each.light[j], each.light[j] < 0 ? 0 : 255], 4 * j);
      }
    }
    b.match = data.match;
    return Object.assign(plane, { key, fixed: a, moving: b });
  };
  // Where a plane's picture lies on its canvas: the same scale for all, about the cursor where it does not fit.
  const frame = (plane) => {
    const { canvas } = plane, s = scale * state.zoom, x = s * spacing[plane.across], y = s * spacing[plane.down];
    const row = plane.up ? plane.height - 1 - state.cursor[plane.down] : state.cursor[plane.down];
    const begin = (room, size, at) => (size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, room / 2 - at)));
    const left = begin(canvas.width, plane.width * x, (state.cursor[plane.across] + 0.5) * x);
    const top = begin(canvas.height, plane.height * y, (row + 0.5) * y);
    return { x, y, left: Math.round(left), top: Math.round(top), row };
  };
  const line = (context, box, colour) => {
    context.fillStyle = "#000000";
    context.fillRect(box[0] - 1, box[1] - 1, box[2] + 2, box[3] + 2);
    context.fillStyle = colour;
    context.fillRect(...box);
  };
  const drawPlane = (plane) => {
    const { canvas, surface, mixes } = cut(plane), context = canvas.getContext("2d");
    const image = new ImageData(plane.width, plane.height);
    if (state.view === "fixed" || state.view === "moving") image.data.set(plane[state.view].bytes);
    else mixes[state.view](plane.fixed, plane.moving, image.data, setting());
    surface.getContext("2d").putImageData(image, 0, 0);
    const { x, y, left, top } = frame(plane);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = false;
    context.drawImage(surface, left, top, plane.width * x, plane.height * y);
    const ratio = devicePixelRatio || 1;
    if (state.lines) lines(plane, context, ratio);
    if (data.letters) letters(plane, context, ratio);
  };
  // Where the other two planes cut this one, each in its colour.
  const lines = (plane, context, ratio) => {
    const { canvas } = plane, { x, y, left, top, row } = frame(plane);
    const gap = 9 * ratio, thick = Math.max(1, Math.round(ratio));
    const across = Math.round(left + (state.cursor[plane.across] + 0.5) * x), down = Math.round(top + (row + 0.5) * y);
    for (const [from, to] of [[0, across - gap], [across + gap, canvas.width]]) line(context, [from, down, to - from, thick], COLOURS[plane.down]);
    for (const [from, to] of [[0, down - gap], [down + gap, canvas.height]]) line(context, [across, from, thick, to - from], COLOURS[plane.across]);
  };
  // Where a header says which way the body lies: what each edge is nearer to.
  const letters = (plane, context, ratio) => {
    const { canvas } = plane, [low, high] = data.letters[plane.down], [left, right] = data.letters[plane.across];
    const inset = 11 * ratio, aside = 16 * ratio; // of the lines through the middle
    context.font = `700 ${13 * ratio}px system-ui, sans-serif`;
    Object.assign(context, { textAlign: "center", textBaseline: "middle", lineWidth: 3 * ratio, strokeStyle: "#000000", fillStyle: "#ffffff" });
    for (const [text, x, y] of [[plane.up ? high : low, canvas.width / 2 + aside, inset],
      [plane.up ? low : high, canvas.width / 2 + aside, canvas.height - inset],
      [left, inset, canvas.height / 2 - aside], [right, canvas.width - inset, canvas.height / 2 - aside]]) {
      context.strokeText(text, x, y);
      context.fillText(text, x, y);
    }
  };
  const draw = () => {
    if (!moving) return;
    PLANES.forEach(drawPlane);
    tell();
  };
  const SENTENCES = {
    blend: (name) => `Fixed and ${name} mixed`,
    fixed: () => "Fixed",
    moving: (name) => name[0].toUpperCase() + name.slice(1),
    checkerboard: (name) => `Tiles of fixed and of ${name} in turn`,
    anaglyph: (name) => `Fixed in red, ${name} in cyan: grey where they agree`,
    edges: (name) => `Edges of fixed in magenta, of ${name} in green: white where they agree`,
    difference: (name) => `Purple: ${name} is brighter than fixed; orange: darker (intensities matched)`,
  };
  const number = (value) => (Math.abs(value) < 0.05 ? 0 : value).toFixed(1).replace("-", "−");
  const point = (place) => (data.letters
    ? place.map((value, axis) => `${number(Math.abs(value))} ${data.letters[axis][value < 0 ? 0 : 1]}`).join(", ")
    : `(${place.map(number).join(", ")})`);
  const tell = () => {
    const moved = state.pose ? `moving (${data.poses[state.pose].name})` : "moving";
    const sentence = `${SENTENCES[state.view](moved)}.`;
    if (byId("told").textContent !== sentence) byId("told").textContent = sentence;
    const own = through(data.to_users, state.cursor).map(Math.round);
    const here = through(data.to_physical, state.cursor), there = through(data.poses[state.pose].physical, here);
    byId("voxel").textContent = `(${own.join(", ")})`;
    byId("here").textContent = `${point(here)} ${data.unit}`;
    byId("there").textContent = `${point(there)} ${data.unit}`;
    PLANES.forEach((plane) => {
      const at = own[data.axes[plane.normal].index];
      plane.slider.value = String(state.cursor[plane.normal]);
      plane.slider.parentElement.querySelector("output").textContent = `${at + 1} of ${data.axes[plane.normal].count}`;
      plane.canvas.setAttribute("aria-label", `${plane.canvas.dataset.name}, ${data.axes[plane.normal].name} ${at + 1}: ${sentence}`);
      plane.canvas.dataset.cursor = state.cursor.join();
    });
    byId("zoom").textContent = `${Math.round(100 * state.zoom)} %`;
    byId("lines").setAttribute("aria-pressed", String(state.lines));
    for (const [view, slider] of Object.entries(sliders)) {
      slider.parentElement.querySelector("output").textContent = slider.value + units[view];
    }
  };

  // --- choosing -------------------------------------------------------------------------------------------
  const views = [...document.querySelectorAll("input[name=view]")];
  const show = (view) => {
    state.view = view;
    views.find((each) => each.value === view).checked = true;
    document.querySelectorAll(".control").forEach((each) => { each.hidden = each.dataset.view !== view; });
    draw();
  };
  const choose = (pose) => {
    state.pose = pose;
    if (byId("pose")) byId("pose").value = String(pose);
    document.querySelectorAll("input[name=moment]").forEach((each) => { each.checked = Number(each.value) === pose; });
    document.querySelectorAll(".basin").forEach((each) => {
      each.setAttribute("aria-pressed", String(Number(each.dataset.pose) === pose));
    });
    byId("planes").dataset.pose = String(pose);
    draw();
  };
  const move = (axis, to) => {
    state.cursor[axis] = Math.max(0, Math.min(shape[axis] - 1, Math.round(to)));
    draw();
  };
  const zoom = (factor) => { state.zoom = Math.max(1, Math.min(16, state.zoom * factor)); draw(); };
  const centre = () => { Object.assign(state, { cursor: [...middle], zoom: 1 }); draw(); };
  const switchLines = () => { state.lines = !state.lines; draw(); };
  const slide = (by) => {
    const slider = sliders[state.view];
    if (!slider) return;
    slider[by < 0 ? "stepDown" : "stepUp"](Number(slider.dataset.keys || 1));
    draw();
  };
  byId("views").addEventListener("change", (event) => show(event.target.value));
  for (const id of ["moment", "pose"]) {
    byId(id)?.addEventListener("change", (event) => choose(Number(event.target.value)));
  }
  Object.values(sliders).forEach((slider) => slider.addEventListener("input", draw));
  for (const [id, act] of [["in", () => zoom(1.5)], ["out", () => zoom(1 / 1.5)], ["centre", centre], ["lines", switchLines]]) byId(id).addEventListener("click", act);
  document.querySelectorAll(".basin").forEach((each) => each.addEventListener("click", () => choose(Number(each.dataset.pose))));

  // --- one cursor: by pointer, by slider and by keys ----------------------------------------------------------
  for (const plane of PLANES) {
    const { canvas, slider } = plane;
    slider.addEventListener("input", () => move(plane.normal, Number(slider.value)));
    const at = (event) => {
      const box = canvas.getBoundingClientRect(), ratio = canvas.width / box.width, { x, y, left, top } = frame(plane);
      const row = Math.floor(((event.clientY - box.top) * ratio - top) / y);
      state.cursor[plane.across] = Math.max(0, Math.min(plane.width - 1, Math.floor(((event.clientX - box.left) * ratio - left) / x)));
      move(plane.down, plane.up ? plane.height - 1 - row : row);
    };
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); at(event); });
    canvas.addEventListener("pointermove", (event) => { if (event.buttons && state.zoom === 1) at(event); });
    const up = plane.up ? 1 : -1;
    const keys = {
      ArrowLeft: () => move(plane.across, state.cursor[plane.across] - 1), ArrowRight: () => move(plane.across, state.cursor[plane.across] + 1),
      ArrowUp: () => move(plane.down, state.cursor[plane.down] + up), ArrowDown: () => move(plane.down, state.cursor[plane.down] - up),
      PageUp: () => move(plane.normal, state.cursor[plane.normal] + 1), PageDown: () => move(plane.normal, state.cursor[plane.normal] - 1),
      "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), "0": centre, x: switchLines,
      ",": () => slide(-1), ".": () => slide(1), a: () => choose(state.pose === 1 ? 0 : 1),
      b: () => choose((state.pose + 1) % data.poses.length), B: () => choose((state.pose + data.poses.length - 1) % data.poses.length),
    };
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const view = views[Number(event.key) - 1];
      const act = view && /^[1-9]$/.test(event.key) ? () => show(view.value) : keys[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    });
  }

  // --- begin ----------------------------------------------------------------------------------------------
  let scale = 1;
  const sized = () => {
    const ratio = devicePixelRatio || 1, wide = PLANES[0].canvas.clientWidth;
    const across = Math.max(...PLANES.map((plane) => plane.width * spacing[plane.across]));
    const high = Math.max(...PLANES.map((plane) => plane.height * spacing[plane.down]));
    const each = Math.min(wide / across, Math.max(260, innerHeight * 0.6) / high);
    scale = each * ratio;
    for (const plane of PLANES) {
      const tall = Math.max(40, plane.height * spacing[plane.down] * each);
      plane.canvas.style.height = `${tall}px`;
      plane.canvas.width = Math.round(wide * ratio);
      plane.canvas.height = Math.round(tall * ratio);
    }
    draw();
  };
  new ResizeObserver(sized).observe(byId("planes"));
  addEventListener("resize", sized);
  Promise.all([data.fixed, data.moving].map(loaded)).then((both) => {
    [fixed, moving] = both;
    sized();
    choose(0);
  });
})();
