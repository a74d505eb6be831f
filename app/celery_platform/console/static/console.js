// A page whose updates fail says so: old numbers must not pass for new ones.
"use strict";
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => { document.getElementById("stale").hidden = false; });
}
document.addEventListener("htmx:afterSwap", () => { document.getElementById("stale").hidden = true; });
