"use strict";
/* What all pages have: the transform to be copied. */
const byId = (id) => document.getElementById(id);
(() => {
  // --- copying --------------------------------------------------------------------------------------------
  const snippets = [...document.querySelectorAll(".snippet")];
  byId("snippets").addEventListener("change", (event) => {
    snippets.forEach((each, k) => { each.hidden = k !== Number(event.target.value); });
    byId("copied").textContent = "";
  });
  const copied = async (element) => {
    try {
      await navigator.clipboard.writeText(element.textContent);
    } catch {
      // Not allowed here, or a browser that gives files no clipboard: the older way needs a selection.
      getSelection().selectAllChildren(element);
      if (!document.execCommand("copy")) return "Selected: copy it with Ctrl+C";
    }
    return "Copied";
  };
  for (const each of snippets) {
    each.querySelector(".copy").addEventListener("click", async () => {
      byId("copied").textContent = await copied(each.querySelector("pre"));
    });
  }
})();
