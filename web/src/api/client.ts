// The one way to the server. A refusal is a value of one class with the sentence to show and the reference to give.
import type { Problem } from "./types";

/** An answer that is not a success, or no answer at all (status 0). */
export class Refusal extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "Refusal";
    this.status = problem.status;
    this.problem = problem;
  }

  /** The message about one field of what was sent, if the server named it by one of these names: as a fault, or as "field: sentence". */
  field(...names: string[]): string | undefined {
    const fault = this.problem.errors?.find((e) => names.includes(e.location?.split(".").pop() ?? ""));
    if (fault) return fault.message;
    const [, named, sentence] = /^([a-z][a-z_., -]{0,60}): (.+)$/s.exec(this.problem.detail ?? "") ?? [];
    const about = named?.split(", ").map((n) => n.split(".").pop()!.replace(/[ -]/g, "_")) ?? [];
    return sentence && about.some((n) => names.includes(n)) ? sentence[0]!.toUpperCase() + sentence.slice(1) + (/[.?!]$/.test(sentence) ? "" : ".") : undefined;
  }
}

export const isRefusal = (e: unknown, ...statuses: number[]): e is Refusal =>
  e instanceof Refusal && (statuses.length === 0 || statuses.includes(e.status));

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

const unsafe = { csrf: "" };
const listeners = new Set<() => void>();

/** What every unsafe request carries; the session names it. */
export function setCSRF(value: string): void {
  unsafe.csrf = value;
}

/** Calls back whenever the server says that nobody is signed in. Returns the way to stop. */
export function onSignedOut(call: () => void): () => void {
  listeners.add(call);
  return () => listeners.delete(call);
}

async function ask(method: Method, path: string, body?: unknown, signal?: AbortSignal, accept = "application/json"): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept };
  const raw = body instanceof Blob;
  if (body !== undefined) headers["Content-Type"] = raw ? "application/octet-stream" : "application/json";
  if (method !== "GET") headers["X-CSRF"] = unsafe.csrf;
  let answer: Response;
  try {
    answer = await fetch("/api" + path, {
      method,
      headers,
      signal,
      credentials: "same-origin",
      body: body === undefined || raw ? body : JSON.stringify(body),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new Refusal({ status: 0, title: "No connection", detail: "The server did not answer. Check the network, then try again." });
  }
  if (answer.ok) return answer;
  const problem = await readProblem(answer);
  if (answer.status === 401 && !path.startsWith("/sign-in") && path !== "/session/confirm" && !path.startsWith("/me/")) listeners.forEach((call) => call());
  throw new Refusal(problem);
}

async function readProblem(answer: Response): Promise<Problem> {
  const plain: Problem = {
    status: answer.status,
    title: "Something went wrong",
    detail: "The server could not do this.",
    request_id: answer.headers.get("X-Request-Id") ?? undefined,
  };
  try {
    const told: unknown = await answer.json();
    return told && typeof told === "object" ? { ...plain, ...told, status: answer.status } : plain;
  } catch {
    return plain;
  }
}

/** Asks and reads JSON; an empty answer is undefined. */
export async function call<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await ask(method, path, body, signal);
  const text = await answer.text();
  if (method !== "GET" && path.startsWith("/me/")) await relearn();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** A change of credentials carries the session on under another id, to which the CSRF value is bound. */
async function relearn(): Promise<void> {
  const session = await call<{ csrf: string }>("GET", "/session").catch(() => undefined);
  if (session) setCSRF(session.csrf);
}

/** Asks for bytes. */
export async function bytes(path: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  return (await ask("GET", path, undefined, signal)).arrayBuffer();
}

/** Asks for a text that people read. */
export async function textOf(path: string): Promise<string> {
  return (await ask("GET", path, undefined, undefined, "*/*")).text();
}

/** A query string of what is defined; lists repeat their name. */
export function query(values: Record<string, string | number | string[] | undefined>): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) out.append(name, String(one));
  }
  const text = out.toString();
  return text === "" ? "" : "?" + text;
}
