// Texts so long that showing them would hold up the page are shown in part: a person does not read a megabyte.

export interface Cut {
  text: string;
  /** What follows it, in words; empty when nothing was left out. */
  rest: string;
}

export function cut(text: string, most: number): Cut {
  if (text.length <= most) return { text, rest: "" };
  const left = new Intl.NumberFormat().format(text.length - most);
  return { text: text.slice(0, most), rest: `${left} more characters are in the transcript.` };
}
