// Whether anybody is here. An open page asks the server often, which keeps a sign-in from idling out, so the page itself ends it:
// footage must not stay on a screen that nobody looks after.

/** How long nobody may touch the page before it signs them out, and how long before that it says so; milliseconds. */
export const patience = 15 * 60_000;
export const warning = 2 * 60_000;

/** What the page does: nothing, say how many milliseconds are left, or sign out. A playing picture counts as somebody. */
export function absence(now: number, touched: number): { left: number } | "leave" | undefined {
  const left = touched + patience - now;
  if (left <= 0) return "leave";
  return left <= warning ? { left } : undefined;
}
