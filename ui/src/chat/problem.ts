// Why something failed, as a person reads it: vendors put their sentence into JSON.

/** `401 {"error":{"message":"no such key"}}` → `401: no such key`; anything else as it is. */
export function problemText(problem: string): string {
  const [, status, body] = /^(\d{3}):? (\{.*\})$/s.exec(problem.trim()) ?? [];
  if (status === undefined || body === undefined) return problem;
  try {
    const { error, message } = JSON.parse(body) as { error?: { message?: unknown } | string; message?: unknown };
    const told = typeof error === "string" ? error : (error?.message ?? message);
    return typeof told === "string" ? `${status}: ${told}` : problem;
  } catch {
    return problem;
  }
}
