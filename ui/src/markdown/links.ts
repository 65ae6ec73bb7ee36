// Which addresses in a model's text become links: only those that a click cannot turn into a program.

const ALLOWED = new Set(["http:", "https:", "mailto:"]);

export function safeAddress(address: string): string | undefined {
  try {
    const url = new URL(address);
    return ALLOWED.has(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}
