// Every action by keyboard, in one table: what is pressed, what it does, and the words of the help.

export type Action =
  | "help"
  | "sessions"
  | "new"
  | "stop"
  | "write"
  | "attach"
  | "theme"
  | "previous"
  | "next"
  | "newest";

interface Shortcut {
  action: Action;
  keys: readonly string[];
  words: string;
  fits(event: KeyboardEvent, isTyping: boolean): boolean;
}

// By the key's place, because the other key changes the letter on some keyboards.
const withAlt = (code: string) => (event: KeyboardEvent) =>
  event.altKey && !event.ctrlKey && !event.metaKey && event.code === code;
const plain = (key: string) => (event: KeyboardEvent, isTyping: boolean) =>
  !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey && event.key === key;

export const SHORTCUTS: readonly Shortcut[] = [
  {
    action: "sessions",
    keys: ["Ctrl", "K"],
    words: "Choose a conversation",
    fits: (event) => (event.ctrlKey || event.metaKey) && !event.altKey && event.code === "KeyK",
  },
  { action: "new", keys: ["Alt", "N"], words: "New conversation", fits: withAlt("KeyN") },
  { action: "stop", keys: ["Esc"], words: "Stop the answer", fits: (event) => event.key === "Escape" },
  { action: "write", keys: ["/"], words: "Write a message", fits: plain("/") },
  { action: "attach", keys: ["Alt", "I"], words: "Attach pictures", fits: withAlt("KeyI") },
  { action: "previous", keys: ["Alt", "↑"], words: "Previous message", fits: withAlt("ArrowUp") },
  { action: "next", keys: ["Alt", "↓"], words: "Next message", fits: withAlt("ArrowDown") },
  { action: "newest", keys: ["Alt", "End"], words: "Newest message", fits: withAlt("End") },
  { action: "theme", keys: ["Alt", "L"], words: "Light or dark", fits: withAlt("KeyL") },
  {
    action: "help",
    keys: ["?"],
    words: "This list; Ctrl + / while writing",
    fits: (event, isTyping) => plain("?")(event, isTyping) || ((event.ctrlKey || event.metaKey) && event.key === "/"),
  },
];

/** What the message field itself does with keys. */
export const WRITING: readonly { keys: readonly string[]; words: string }[] = [
  { keys: ["Enter"], words: "Send" },
  { keys: ["Shift", "Enter"], words: "New line" },
  { keys: ["Ctrl", "V"], words: "Paste text or a picture" },
];

export function actionOf(event: KeyboardEvent): Action | undefined {
  if (event.isComposing || event.defaultPrevented) return undefined;
  const isTyping = isField(event.target);
  return SHORTCUTS.find((shortcut) => shortcut.fits(event, isTyping))?.action;
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));
}
