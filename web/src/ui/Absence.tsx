import { useEffect, useRef, useState } from "react";
import { call } from "../api/client";
import { useThrowOut } from "../api/hooks";
import { length } from "../time/zone";
import { absence } from "./idle";
import { Notice } from "./parts";

const touches = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;
const beat = 1000;

/** Signs out whoever has left, and says so in time. Where pictures play, somebody is taken to be watching. */
export function Absence() {
  const touched = useRef(performance.now());
  const [left, set] = useState<number>();
  const throwOut = useThrowOut();
  useEffect(() => {
    const touch = () => {
      touched.current = performance.now();
    };
    const look = () => {
      if (document.querySelector('.tile[data-state="playing"], .tile[data-state="live"]')) touch();
      const state = absence(performance.now(), touched.current);
      set(typeof state === "object" ? state.left : undefined);
      if (state !== "leave") return;
      touch();
      void call("DELETE", "/session").catch(() => undefined).then(throwOut);
    };
    touches.forEach((name) => addEventListener(name, touch, { passive: true, capture: true }));
    const timer = setInterval(look, beat);
    return () => {
      touches.forEach((name) => removeEventListener(name, touch, { capture: true }));
      clearInterval(timer);
    };
  }, [throwOut]);
  if (left === undefined) return null;
  return <Notice tone="warn" title={`Is anybody here? You will be signed out in ${length(left * 1000)}.`}><p>Move the mouse or press a key to stay.</p></Notice>;
}
