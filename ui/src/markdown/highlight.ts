// Colours for code, by one rule for all languages: comments, strings, numbers and the words that most languages share.
//
// Small on purpose; where it is wrong, a word has the wrong colour and nothing else.

export interface Piece {
  kind: "plain" | "comment" | "string" | "number" | "word" | "call";
  text: string;
}

const WORDS = new Set(
  (
    "abstract and as async await begin bool boolean break case catch char class const continue crate def default defer " +
    "del delete do done double elif else end enum esac except export extends extern false fi final finally float fn for " +
    "from func function global go if impl implements import in int interface is lambda let long loop match mod module " +
    "move mut namespace new nil None not null of or package pass pub public private protected raise ref return select " +
    "self static string struct super switch then this throw trait true True False try type typeof undefined union unless " +
    "unsafe until use using val var void where while with yield select insert update from join group order by limit"
  ).split(" "),
);

const HASH_COMMENTS = new Set(["py", "python", "sh", "bash", "shell", "zsh", "ruby", "rb", "yaml", "yml", "toml", "r", "perl", "dockerfile", "make", "makefile", "ini", "nix"]);
const PLAIN = new Set(["", "text", "txt", "plain", "console", "output", "log", "diff"]);
/** Longer code stays plain: colouring it would cost more than it helps. */
export const MOST_COLOURED = 40_000;

const SLASH = String.raw`\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`;
const HASH = String.raw`#[^\n]*`;
const DASHES = String.raw`--[^\n]*`;
const MARKUP = String.raw`<!--[\s\S]*?(?:-->|$)`;
const REST = String.raw`|(?<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|\`(?:[^\`\\]|\\[\s\S])*\`?)|(?<number>\b\d[\w.]*)|(?<name>[A-Za-z_]\w*)`;

export function highlight(code: string, language: string): Piece[] {
  const name = language.toLowerCase();
  if (PLAIN.has(name) || code.length > MOST_COLOURED) return [{ kind: "plain", text: code }];
  const pattern = new RegExp(`(?<comment>${commentOf(name)})${REST}`, "g");
  const pieces: Piece[] = [];
  let end = 0;
  const plain = (text: string): void => {
    const last = pieces.at(-1);
    if (last?.kind === "plain") last.text += text;
    else if (text !== "") pieces.push({ kind: "plain", text });
  };
  for (const match of code.matchAll(pattern)) {
    plain(code.slice(end, match.index));
    end = match.index + match[0].length;
    const kind = kindOf(match, code[end]);
    if (kind === "plain") plain(match[0]);
    else pieces.push({ kind, text: match[0] });
  }
  plain(code.slice(end));
  return pieces;
}

function commentOf(language: string): string {
  if (HASH_COMMENTS.has(language)) return HASH;
  if (language === "sql" || language === "lua" || language === "haskell") return DASHES;
  if (language === "html" || language === "xml" || language === "svg") return MARKUP;
  return SLASH;
}

function kindOf(match: RegExpExecArray, next: string | undefined): Piece["kind"] {
  const groups = match.groups ?? {};
  if (groups["comment"] !== undefined) return "comment";
  if (groups["string"] !== undefined) return "string";
  if (groups["number"] !== undefined) return "number";
  if (WORDS.has(match[0])) return "word";
  return next === "(" ? "call" : "plain";
}
