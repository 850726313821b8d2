// The form of the reference page that tries calls. The token is sent with the call and kept nowhere; the answer is shown
// as text. Without this file the page has no such form.
(() => {
  "use strict";

  const part = document.getElementById("try");
  if (!part) {
    return;
  }
  const at = (name) => document.getElementById("try-" + name);

  part.hidden = false;
  for (const link of document.querySelectorAll("a[data-verb]")) {
    link.hidden = false;
    link.addEventListener("click", () => {
      at("verb").value = link.dataset.verb;
      at("path").value = link.dataset.path;
      at("body").value = link.dataset.body;
      at(at("token").value ? "path" : "token").focus({ preventScroll: true });
    });
  }

  part.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const output = at("answer");
    const address = new URL(at("path").value, location.origin);
    if (address.origin !== location.origin || !address.pathname.startsWith("/v1/")) {
      output.textContent = "The path must begin with /v1/.";
      return;
    }
    const call = { method: at("verb").value, headers: {}, credentials: "omit" };
    if (at("token").value) {
      call.headers.Authorization = "Bearer " + at("token").value.trim();
    }
    if (call.method !== "GET" && at("body").value.trim()) {
      call.headers["Content-Type"] = "application/json";
      call.body = at("body").value;
    }
    output.textContent = "Sending …";
    try {
      const answer = await fetch(address, call);
      const text = await answer.text();
      let shown = text;
      try {
        shown = JSON.stringify(JSON.parse(text), null, 2);
      } catch {
        // It is no JSON: shown as it came.
      }
      output.textContent = answer.status + " " + answer.statusText + "\n\n" + shown;
    } catch {
      output.textContent = "Notejam cannot be reached right now. Try again.";
    }
  });
})();
