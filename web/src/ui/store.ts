import { useSyncExternalStore } from "react";

/** A value that changes more often than a page should be drawn: only those who look at it are drawn anew. */
export class Store<T> {
  private readonly calls = new Set<() => void>();
  constructor(private value: T) {}
  get = (): T => this.value;
  set = (value: T): void => {
    this.value = value;
    this.calls.forEach((call) => call());
  };
  subscribe = (call: () => void): (() => void) => {
    this.calls.add(call);
    return () => this.calls.delete(call);
  };
}

/** What a selector takes from a store; it should answer a plain value. */
export function useStore<T, R>(store: Store<T>, select: (value: T) => R): R {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}
