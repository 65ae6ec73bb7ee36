// Who this browser is: an Ed25519 key that never leaves it, and signatures over what a connection asks for.
//
// Browsers offer the key only on a secure origin (https, or this machine); elsewhere the page goes without.

export interface Device {
  id: string;
  /** Base64url of the 32 bytes. */
  publicKey: string;
  sign(payload: string): Promise<string>;
}

/** What a signature covers, in the order the protocol says. */
export interface Asked {
  clientId: string;
  clientMode: string;
  role: string;
  scopes: readonly string[];
  signedAt: number;
  token: string;
  nonce: string | undefined;
}

export function signedPayload(deviceId: string, asked: Asked): string {
  const fields = [deviceId, asked.clientId, asked.clientMode, asked.role, asked.scopes.join(",")];
  const tail = [String(asked.signedAt), asked.token];
  return asked.nonce === undefined
    ? ["v1", ...fields, ...tail].join("|")
    : ["v2", ...fields, ...tail, asked.nonce].join("|");
}

/** The device of this browser, made at its first use; nothing where browsers do not offer keys. */
export async function ownDevice(): Promise<Device | undefined> {
  try {
    const pair = await keptKeys();
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", raw));
    return {
      id: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""),
      publicKey: base64url(raw),
      sign: async (payload) => {
        const signature = await crypto.subtle.sign("Ed25519", pair.privateKey, new TextEncoder().encode(payload));
        return base64url(new Uint8Array(signature));
      },
    };
  } catch {
    return undefined;
  }
}

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const DATABASE = "clawdbot-webchat";
const STORE = "device";
const KEY = "keys";

async function keptKeys(): Promise<CryptoKeyPair> {
  const database = await open();
  try {
    const kept = await settled(database.transaction(STORE).objectStore(STORE).get(KEY));
    if (kept !== undefined) return kept as CryptoKeyPair;
    // Not extractable: a script that gets into the page can use the key while it runs, but cannot carry it away.
    const made = (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
    await settled(database.transaction(STORE, "readwrite").objectStore(STORE).put(made, KEY));
    return made;
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("storage failed"));
  });
}
