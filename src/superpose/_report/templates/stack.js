"use strict";
/* A stack's frames, one after the other, before and after. */
(() => {
  const byId = (id) => document.getElementById(id);
  const { frames } = JSON.parse(byId("data").textContent);
  const state = { at: 0, moment: "after", playing: !matchMedia("(prefers-reduced-motion: reduce)").matches };
  // Decoded once, so that no frame is late.
  const pictures = frames.map((frame) => ["before", "after"].map((moment) => Object.assign(new Image(), { src: frame[moment] })));
  let timer = 0;

  const draw = () => {
    const frame = frames[state.at], image = byId("shown");
    image.src = pictures[state.at][state.moment === "before" ? 0 : 1].src;
    image.alt = `Frame ${frame.number}, ${state.moment}`;
    byId("number").value = state.at;
    byId("told").textContent = `frame ${frame.number}, ${state.moment}${frame.name === `frame ${frame.number}` ? "" : `: ${frame.name}`}`;
    image.dataset.at = `${state.at} ${state.moment}`;
  };
  const step = () => {
    state.at = (state.at + 1) % frames.length;
    draw();
  };
  const play = (playing) => {
    state.playing = playing && frames.length > 1;
    clearInterval(timer);
    if (state.playing) timer = setInterval(step, 1000 / Number(byId("rate").value));
    byId("play").textContent = state.playing ? "Pause" : "Play";
    byId("play").setAttribute("aria-pressed", String(state.playing));
  };
  const show = (moment) => {
    state.moment = moment;
    document.querySelector(`#moment input[value="${moment}"]`).checked = true;
    draw();
  };

  byId("moment").addEventListener("change", (event) => show(event.target.value));
  byId("play").addEventListener("click", () => play(!state.playing));
  byId("rate").addEventListener("input", () => {
    byId("rate-told").textContent = byId("rate").value;
    play(state.playing);
  });
  byId("number").addEventListener("input", () => {
    play(false);
    state.at = Number(byId("number").value);
    draw();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typed = event.target.closest("button, input") !== null;
    if (event.key === "a") show(state.moment === "after" ? "before" : "after");
    else if (event.key === " " && !typed) {
      event.preventDefault();
      play(!state.playing);
    }
  });
  play(state.playing);
  draw();
})();
