// Runs before the first paint, outside the modules, so that a chosen theme never flashes the other one.
try {
  const theme = localStorage.getItem("kawka-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden: the system's theme is then the right one.
}
