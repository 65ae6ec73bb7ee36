// How small a picture must become. Pure: sizes in, attempts out.

import { MOST_FRAME_BYTES, wireBytes } from "../protocol/frames";

/** More than this no model looks at. */
const LONGEST_EDGE = 1568;
/** Room for the frame around message and pictures. */
const FRAME_BYTES = 4 * 1024;

export interface Attempt {
  width: number;
  height: number;
  quality: number;
}

/** Base64 bytes that each of so many pictures may take beside this text; negative when the text alone is too long. */
export function budget(text: string, pictures: number): number {
  const left = MOST_FRAME_BYTES - FRAME_BYTES - wireBytes(JSON.stringify(text));
  return pictures === 0 ? left : Math.floor(left / pictures) - 256;
}

/** Sizes and qualities to try, best first. */
export function attempts(width: number, height: number): Attempt[] {
  const made: Attempt[] = [];
  let edge = Math.min(LONGEST_EDGE, Math.max(width, height));
  for (; edge >= 64; edge = Math.floor(edge * 0.75)) {
    const scale = edge / Math.max(width, height);
    const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
    for (const quality of [0.88, 0.7]) made.push({ ...size, quality });
  }
  return made;
}

/** Whether a picture may go as it is. */
export function isFit(mimeType: string, bytes: number, width: number, height: number, most: number): boolean {
  const isKnown = ["image/png", "image/jpeg", "image/webp", "image/gif"].includes(mimeType);
  return isKnown && base64Length(bytes) <= most && Math.max(width, height) <= LONGEST_EDGE;
}

export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
