// A tool call in one line, so that a person sees what was done without opening it.

const TELLING = ["command", "path", "file_path", "url", "query", "pattern", "action", "message", "sessionId"];
const MOST = 160;

export function toolSummary(args: unknown): string {
  if (typeof args !== "object" || args === null) return "";
  const fields = args as Record<string, unknown>;
  const told = TELLING.map((key) => fields[key]).find((value) => typeof value === "string" && value !== "");
  const text = typeof told === "string" ? told : Object.keys(fields).length > 0 ? JSON.stringify(fields) : "";
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > MOST ? `${line.slice(0, MOST - 1)}…` : line;
}
