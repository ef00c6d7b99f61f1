// Passkeys: the browser's WebAuthn in the JSON that the standard gives it (Web Authentication Level 3, section 5.1.10).

interface WithJSON {
  parseRequestOptionsFromJSON?(options: unknown): PublicKeyCredentialRequestOptions;
  parseCreationOptionsFromJSON?(options: unknown): PublicKeyCredentialCreationOptions;
}

const api = (): WithJSON => ("PublicKeyCredential" in window ? (PublicKeyCredential as unknown as WithJSON) : {});

/** Whether this browser can do it here: a trusted address and a browser that is not too old. */
export const passkeysWork = (): boolean => window.isSecureContext && !!api().parseRequestOptionsFromJSON;

const inner = (options: unknown): unknown =>
  options && typeof options === "object" && "publicKey" in options ? options.publicKey : options;

/** Asks for a passkey that exists. */
export async function askPasskey(options: unknown): Promise<unknown> {
  const publicKey = api().parseRequestOptionsFromJSON!(inner(options));
  return json(await navigator.credentials.get({ publicKey }));
}

/** Makes a new passkey. */
export async function makePasskey(options: unknown): Promise<unknown> {
  const publicKey = api().parseCreationOptionsFromJSON!(inner(options));
  return json(await navigator.credentials.create({ publicKey }));
}

function json(credential: Credential | null): unknown {
  if (!credential) throw new Error("no passkey was given");
  return (credential as PublicKeyCredential).toJSON();
}
