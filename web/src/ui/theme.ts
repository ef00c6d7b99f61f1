// Light or dark: the machine's wish unless the person chose.
export type Theme = "light" | "dark";
const name = "custody.theme";

export function theme(): Theme {
  return document.documentElement.dataset.theme === "dark" ? "dark" : "light";
}

export function setTheme(to: Theme): void {
  localStorage.setItem(name, to);
  apply();
}

export function apply(): void {
  const chosen = localStorage.getItem(name);
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

export function watchTheme(): void {
  apply();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
}
