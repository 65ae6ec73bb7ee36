// Makes a picture small enough to be sent: the gateway closes a connection that sends more than half a megabyte at once.

import type { Attachment } from "../protocol/frames";
import { attempts, base64Length, isFit } from "./fit";

/** Nothing when it is no picture that this browser can read. */
export async function shrink(file: Blob, fileName: string, most: number): Promise<Attachment | undefined> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return undefined;
  }
  try {
    if (isFit(file.type, file.size, bitmap.width, bitmap.height, most)) return await attachment(file, fileName);
    for (const { width, height, quality } of attempts(bitmap.width, bitmap.height)) {
      const drawn = await draw(bitmap, width, height, quality);
      if (drawn !== null && base64Length(drawn.size) <= most) return await attachment(drawn, fileName);
    }
    return undefined;
  } finally {
    bitmap.close();
  }
}

function draw(bitmap: ImageBitmap, width: number, height: number, quality: number): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (context === null) return Promise.resolve(null);
  // What was see-through becomes paper: the small format has no transparency.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}

async function attachment(blob: Blob, fileName: string): Promise<Attachment> {
  return { type: "image", mimeType: blob.type, fileName, content: await base64(blob) };
}

function base64(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^data:[^,]*,/, ""));
    reader.onerror = () => reject(reader.error ?? new Error("unreadable picture"));
    reader.readAsDataURL(blob);
  });
}
