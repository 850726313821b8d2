// Two comforts for forms; both work without this file, only less kindly.
// A form that is on its way shows it and is not sent twice; a note with unsaved changes asks before the page is left.
(() => {
  "use strict";

  const patience = 10000; // ms after which a form may be sent again: longer than any answer takes (8 s)
  const onTheirWay = new Set();

  function release(form) {
    onTheirWay.delete(form);
    for (const button of form.querySelectorAll("button[aria-disabled]")) {
      button.removeAttribute("aria-disabled");
      button.textContent = button.dataset.label;
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (onTheirWay.has(form)) {
      event.preventDefault();
      return;
    }
    onTheirWay.add(form);
    for (const button of form.querySelectorAll("button[data-pending]")) {
      button.dataset.label = button.textContent;
      button.textContent = button.dataset.pending;
      button.setAttribute("aria-disabled", "true");
    }
    setTimeout(release, patience, form);
  });

  // A page that comes back from the browser's memory can be sent again.
  window.addEventListener("pageshow", () => onTheirWay.forEach(release));

  const editor = document.querySelector("form[data-guard]");
  if (!editor) {
    return;
  }
  // A form that came back with an error holds text that is stored nowhere: it counts as changed from the start.
  let changed = editor.dataset.guard === "changed";
  editor.addEventListener("input", () => {
    changed = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed && !onTheirWay.has(editor)) {
      event.preventDefault();
    }
  });
})();
