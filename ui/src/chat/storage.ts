// The browser's storage, which may be full or forbidden: then things are kept for this visit only.

export interface Shelf {
  read(name: string): string | undefined;
  write(name: string, value: string | undefined): void;
}

export class BrowserShelf implements Shelf {
  readonly #fallback = new Map<string, string>();

  read(name: string): string | undefined {
    const here = this.#fallback.get(name);
    if (here !== undefined) return here;
    try {
      return localStorage.getItem(name) ?? undefined;
    } catch {
      return undefined;
    }
  }

  write(name: string, value: string | undefined): void {
    this.#fallback.delete(name);
    try {
      if (value === undefined) localStorage.removeItem(name);
      else localStorage.setItem(name, value);
    } catch {
      if (value !== undefined) this.#fallback.set(name, value);
    }
  }
}
