// Light or dark: what the system says, until the person says otherwise.

const NAME = "clawdbot.theme";

export type Theme = "light" | "dark";

export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Applies the choice of an earlier visit. */
export function recallTheme(): void {
  try {
    const chosen = localStorage.getItem(NAME);
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset["theme"] = chosen;
  } catch {
    // Without storage the system's choice stands.
  }
}

export function toggleTheme(): Theme {
  const next = currentTheme() === "dark" ? "light" : "dark";
  document.documentElement.dataset["theme"] = next;
  try {
    localStorage.setItem(NAME, next);
  } catch {
    // Kept for this visit only.
  }
  return next;
}
