/* The views of two images: all are drawn from the same two pictures, fixed and moving under a chosen transform. */
(() => {
  // --- pictures -------------------------------------------------------------------------------------------
  const data = JSON.parse(byId("data").textContent);
  const width = data.columns, height = data.rows, pixel = data.spacing[0];
  const surface = () => Object.assign(document.createElement("canvas"), { width, height });
  const mixes = mixer(width, height, pixel, pixel);
  if (!data.same) mixes.difference = mixes.edges;

  // A picture on fixed's pixels: its canvas, its bytes as red, green, blue and opacity, and how bright it is.
  const loaded = async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = surface(), context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, width, height);
    const bytes = context.getImageData(0, 0, width, height).data;
    return { canvas, bytes, light: brightness(bytes) };
  };

  // --- state ----------------------------------------------------------------------------------------------
  const state = { view: "blend", pose: 0, tinted: new Set(), scale: 0, row: height / 2, column: width / 2, other: false, playing: true, cross: null };
  const pictures = { fixed: null, moving: null, layers: [] };
  const sliders = { swipe: byId("swipe"), flicker: byId("rate"), checkerboard: byId("tile"), blend: byId("opacity"),
    difference: byId("range") };
  const units = { swipe: " %", flicker: "", checkerboard: " px", blend: " %", difference: " %" };
  if (!sliders.difference) delete sliders.difference;
  const setting = () => (sliders[state.view] ? Number(sliders[state.view].value) : 0);
  // Tiles are told in pixels of the full image, and no picture pixel is split.
  Object.assign(sliders.checkerboard, { min: 4 * pixel, max: 4 * pixel * Math.ceil(Math.max(width, height) / 8), step: 4 * pixel });
  sliders.checkerboard.value = 4 * pixel * Math.max(1, Math.round(Math.max(width, height) / 32));

  // --- drawing --------------------------------------------------------------------------------------------
  const canvas = byId("canvas"), context = canvas.getContext("2d"), mixed = surface();
  let mixedAs = "";
  const mixture = () => {
    const key = [state.view, state.pose, setting()].join();
    if (mixedAs !== key) {
      const image = new ImageData(width, height);
      mixes[state.view](pictures.fixed, pictures.moving, image.data, setting());
      mixed.getContext("2d").putImageData(image, 0, 0);
      mixedAs = key;
    }
    return mixed;
  };
  const panes = () => (state.view === "beside" ? 2 : 1);
  const fitting = () => Math.min(canvas.width / panes() / width, canvas.height / height);
  const scale = () => state.scale || fitting();
  const divider = () => Math.round((canvas.width * setting()) / 100);

  const put = (source, left, right, pane = 0) => {
    const s = scale(), middle = canvas.width / panes() / 2 + (canvas.width / panes()) * pane;
    context.save();
    context.beginPath();
    context.rect(left, 0, right - left, canvas.height);
    context.clip();
    context.imageSmoothingEnabled = s < 1;
    context.imageSmoothingQuality = "high";
    const x = Math.round(middle - state.column * s), y = Math.round(canvas.height / 2 - state.row * s);
    context.drawImage(source, x, y, width * s, height * s);
    context.restore();
  };
  const line = (x) => {
    context.fillStyle = "#000000";
    context.fillRect(x - 2, 0, 4, canvas.height);
    context.fillStyle = "#ffffff";
    context.fillRect(x - 1, 0, 2, canvas.height);
  };
  const cross = () => {
    if (!state.cross) return;
    const s = scale();
    for (const pane of [0, 1]) {
      const x = (canvas.width / 4) * (1 + 2 * pane) + (state.cross.column - state.column) * s;
      const y = canvas.height / 2 + (state.cross.row - state.row) * s;
      for (const [colour, thick] of [["#000000", 4], ["#ffffff", 2]]) {
        context.fillStyle = colour;
        context.fillRect(Math.round(x - 12), Math.round(y - thick / 2), 24, thick);
        context.fillRect(Math.round(x - thick / 2), Math.round(y - 12), thick, 24);
      }
    }
  };
  const draw = () => {
    if (!pictures.moving) return;
    const end = canvas.width, half = Math.round(end / 2);
    context.clearRect(0, 0, end, canvas.height);
    if (state.view === "swipe") {
      put(pictures.fixed.canvas, 0, divider());
      put(pictures.moving.canvas, divider(), end);
      line(divider());
    } else if (state.view === "flicker") {
      put((state.other ? pictures.moving : pictures.fixed).canvas, 0, end);
    } else if (state.view === "beside") {
      put(pictures.fixed.canvas, 0, half, 0);
      put(pictures.moving.canvas, half, end, 1);
      line(half);
      cross();
    } else {
      put(mixture(), 0, end);
    }
    tint();
    tell();
  };
  // Where motions hold lies on fixed's pixels: beside each other, only fixed is tinted.
  const tint = () => {
    context.globalAlpha = 0.5;
    for (const k of state.tinted) put(pictures.layers[k].canvas, 0, canvas.width / panes());
    context.globalAlpha = 1;
  };
  const tell = () => {
    const name = data.poses[state.pose].name, moving = state.pose ? `moving (${name})` : "moving";
    const sentence = {
      swipe: `Left of the divider fixed, right of it ${moving}`,
      flicker: state.other ? `Now: ${moving}` : "Now: fixed",
      checkerboard: `Tiles of fixed and of ${moving} in turn`,
      blend: `Fixed and ${moving} mixed`,
      anaglyph: `Fixed in red, ${moving} in cyan: grey where they agree`,
      difference: data.same
        ? `Purple: ${moving} is brighter than fixed; orange: darker (intensities matched)`
        : `Edges of fixed in magenta, of ${moving} in green: white where they agree`,
      beside: `Left fixed, right ${moving}; the cross, under the pointer, is one place in both`,
    }[state.view] + ".";
    // While it flickers nobody wants to hear of each change.
    if (byId("told").textContent !== sentence && !(state.view === "flicker" && state.playing)) {
      byId("told").textContent = sentence;
    } else if (state.view === "flicker" && state.playing) {
      byId("told").textContent = `Fixed and ${moving} in turn.`;
    }
    canvas.setAttribute("aria-label", sentence);
    byId("zoom").textContent = `${Math.round((100 * scale()) / pixel / (devicePixelRatio || 1))} %`;
    canvas.classList.toggle("still", !state.scale);
    for (const [view, slider] of Object.entries(sliders)) {
      slider.parentElement.querySelector("output").textContent = slider.value + units[view];
    }
  };

  // --- choosing -------------------------------------------------------------------------------------------
  const views = [...document.querySelectorAll("input[name=view]")];
  const moments = [...document.querySelectorAll("input[name=moment]")];
  let timer = 0;
  const tick = () => {
    clearInterval(timer);
    if (state.view !== "flicker" || !state.playing) return;
    timer = setInterval(() => { state.other = !state.other; draw(); }, 1000 / setting());
  };
  const play = (on) => {
    state.playing = on;
    byId("play").setAttribute("aria-pressed", String(on));
    byId("play").textContent = on ? "Pause" : "Play";
    tick();
  };
  const swap = () => { play(false); state.other = !state.other; draw(); };
  const show = (view) => {
    state.view = view;
    views.find((each) => each.value === view).checked = true;
    document.querySelectorAll(".control").forEach((each) => { each.hidden = each.dataset.view !== view; });
    tick();
    draw();
  };
  const choose = async (pose) => {
    state.pose = pose;
    if (byId("pose")) byId("pose").value = String(pose);
    moments.forEach((each) => { each.checked = Number(each.value) === pose; });
    document.querySelectorAll(".basin").forEach((each) => {
      each.setAttribute("aria-pressed", String(Number(each.dataset.pose) === pose));
    });
    const found = await loaded(data.poses[pose].picture);
    if (state.pose !== pose) return; // another was chosen meanwhile
    pictures.moving = found;
    mixedAs = "";
    canvas.dataset.pose = String(pose);
    draw();
  };
  const zoom = (factor, x = canvas.width / 2, y = canvas.height / 2) => {
    const before = scale(), after = Math.max(fitting() / 2, Math.min(64, before * factor));
    const middle = canvas.width / panes() / 2, inPane = x % (canvas.width / panes() + 1e-9);
    state.column += (inPane - middle) * (1 / before - 1 / after);
    state.row += (y - canvas.height / 2) * (1 / before - 1 / after);
    state.scale = after;
    draw();
  };
  const pan = (x, y) => {
    state.scale = scale();
    state.column = Math.max(0, Math.min(width, state.column - x / state.scale));
    state.row = Math.max(0, Math.min(height, state.row - y / state.scale));
    draw();
  };
  const fit = () => { Object.assign(state, { scale: 0, row: height / 2, column: width / 2 }); draw(); };
  const one = () => { state.scale = 1; draw(); };
  const slide = (by) => {
    const slider = sliders[state.view];
    if (!slider) return;
    slider[by < 0 ? "stepDown" : "stepUp"](Number(slider.dataset.keys || 1));
    tick();
    draw();
  };

  // --- layers ---------------------------------------------------------------------------------------------
  const switches = [...document.querySelectorAll("#layers input")];
  const tinting = (wanted) => {
    switches.forEach((each, k) => { each.checked = wanted(k); });
    state.tinted = new Set(switches.filter((each) => each.checked).map((each) => Number(each.value)));
    draw();
  };
  // None, each by itself, and none again.
  const nextLayer = () => {
    const next = Math.max(-1, ...state.tinted) + 1;
    tinting((k) => k === next);
  };
  switches.forEach((each) => each.addEventListener("change", () => tinting((k) => switches[k].checked)));

  byId("views").addEventListener("change", (event) => show(event.target.value));
  for (const id of ["moment", "pose"]) {
    byId(id)?.addEventListener("change", (event) => choose(Number(event.target.value)));
  }
  Object.values(sliders).forEach((slider) => slider.addEventListener("input", () => { tick(); draw(); }));
  byId("play").addEventListener("click", () => play(!state.playing));
  byId("other").addEventListener("click", swap);
  byId("in").addEventListener("click", () => zoom(1.5));
  byId("out").addEventListener("click", () => zoom(1 / 1.5));
  byId("fit").addEventListener("click", fit);
  byId("one").addEventListener("click", one);
  document.querySelectorAll(".basin").forEach((each) => each.addEventListener("click", () => {
    choose(Number(each.dataset.pose));
    const top = canvas.getBoundingClientRect();
    if (top.top < 0 || top.bottom > innerHeight) byId("viewer").scrollIntoView({ block: "start" });
  }));

  // --- keys, while the picture has the focus ----------------------------------------------------------------
  const step = () => canvas.width / 12;
  const keys = {
    "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), "0": fit, o: one,
    ",": () => slide(-1), ".": () => slide(1), b: () => choose((state.pose + 1) % data.poses.length),
    B: () => choose((state.pose + data.poses.length - 1) % data.poses.length),
    " ": () => (state.view === "flicker" ? swap() : show("flicker")),
    a: () => choose(state.pose === 1 ? 0 : 1), m: nextLayer,
    ArrowLeft: () => pan(step(), 0), ArrowRight: () => pan(-step(), 0),
    ArrowUp: () => pan(0, step()), ArrowDown: () => pan(0, -step()),
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const view = views[Number(event.key) - 1];
    const act = view && /^[1-9]$/.test(event.key) ? () => show(view.value) : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // --- pointers: one pans or moves the divider, two zoom ----------------------------------------------------
  const pointers = new Map();
  let dividing = false;
  const at = (event) => {
    const box = canvas.getBoundingClientRect(), ratio = canvas.width / box.width;
    return { x: (event.clientX - box.left) * ratio, y: (event.clientY - box.top) * ratio };
  };
  const onDivider = (x) => state.view === "swipe" && Math.abs(x - divider()) < 14 * (devicePixelRatio || 1);
  const spread = () => { const [p, q] = [...pointers.values()]; return Math.hypot(p.x - q.x, p.y - q.y); };
  canvas.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, at(event));
    canvas.setPointerCapture(event.pointerId);
    dividing = pointers.size === 1 && onDivider(at(event).x);
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = at(event), before = pointers.get(event.pointerId);
    canvas.classList.toggle("dividing", dividing || onDivider(now.x));
    if (before) drag(event.pointerId, before, now);
    point(now);
  });
  const drag = (id, before, now) => {
    const apart = pointers.size === 2 ? spread() : 0;
    pointers.set(id, now);
    if (dividing) {
      sliders.swipe.value = (100 * now.x) / canvas.width;
      draw();
    } else if (apart) {
      const [p, q] = [...pointers.values()];
      zoom(spread() / apart, (p.x + q.x) / 2, (p.y + q.y) / 2);
    } else {
      pan(now.x - before.x, now.y - before.y);
    }
  };
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => { pointers.delete(event.pointerId); dividing = false; });
  }
  canvas.addEventListener("pointerleave", () => { byId("place").textContent = ""; });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page's own scrolling
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 200), at(event).x, at(event).y);
  }, { passive: false });
  // Where the pointer is, in pixels of the full fixed image.
  const point = ({ x, y }) => {
    const pane = canvas.width / panes(), inPane = x % pane;
    const column = state.column + (inPane - pane / 2) / scale(), row = state.row + (y - canvas.height / 2) / scale();
    const inside = column >= 0 && row >= 0 && column < width && row < height;
    const place = (value, axis) => Math.round((value - 0.5) * data.spacing[axis] + data.origin[axis]);
    if (state.view === "beside") {
      state.cross = inside ? { row, column } : null;
      draw();
    }
    byId("place").textContent = inside ? `fixed: row ${place(row, 0)}, column ${place(column, 1)}` : "";
  };

  // --- begin ----------------------------------------------------------------------------------------------
  const sized = () => {
    const ratio = devicePixelRatio || 1, wide = canvas.clientWidth;
    const tall = Math.max(120, Math.min((wide * height) / width, Math.max(260, innerHeight * 0.64)));
    canvas.style.height = `${tall}px`;
    canvas.width = Math.round(wide * ratio);
    canvas.height = Math.round(tall * ratio);
    draw();
  };
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) play(false);
  new ResizeObserver(sized).observe(canvas.parentElement);
  addEventListener("resize", sized);
  Promise.all([data.fixed, ...data.layers.map((each) => each.tint)].map(loaded)).then(([fixed, ...layers]) => {
    Object.assign(pictures, { fixed, layers });
    return choose(0);
  }).then(sized);
})();
