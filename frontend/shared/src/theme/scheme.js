// Runs before the first paint, so that a dark page does not flash up light.
(function () {
  var mode = null;
  try {
    mode = localStorage.getItem("mui-mode");
  } catch {
    // Storage can be forbidden; then the system's choice holds.
  }
  var dark = mode === "dark" || (mode !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-scheme", dark ? "dark" : "light");
})();
