// Acts that are signed for: when the server asks for a fresh sign-in, the credentials are asked for and the act is done again.
import { useState } from "react";
import { call, isRefusal } from "../api/client";
import { useTakeSession } from "../api/hooks";
import type { Session } from "../api/types";
import { sending } from "./inputs";
import { Sheet } from "./Modal";
import { Field, useAct } from "./parts";

const asksToConfirm = (error: unknown): boolean => isRefusal(error, 401, 403) && (error.problem.confirm === true || /sign in again to confirm/i.test(error.problem.detail ?? ""));

/** Like useAct, for an act that needs a fresh sign-in. `dialog` has to stand somewhere in the page. */
export function useSignedAct<A extends unknown[]>(act: (...args: A) => Promise<void>) {
  const [asked, ask] = useState<A>();
  const state = useAct(async (...args: A) => {
    try {
      await act(...args);
    } catch (error) {
      if (!asksToConfirm(error)) throw error;
      ask(args);
    }
  });
  const again = () => {
    const args = asked!;
    ask(undefined);
    void state.run(...args);
  };
  return { ...state, dialog: asked && <SignAgain close={() => ask(undefined)} done={again} /> };
}

function SignAgain({ close, done }: { close: () => void; done: () => void }) {
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const take = useTakeSession();
  const confirm = useAct(async () => {
    take(await call<Session>("POST", "/session/confirm", { password, code: code.trim() === "" ? undefined : code.replace(/\s/g, "") }));
    done();
  });
  return (
    <Sheet title="Sign for it" close={close}>
      <p>This is signed for with your name. Show once more that it is you; for five minutes you are not asked again.</p>
      <form className="stack" onSubmit={sending(() => void confirm.run())}>
        {confirm.error !== undefined && <p className="error" role="alert">{confirm.error instanceof Error ? confirm.error.message : "That did not work."}</p>}
        <Field label="Your password" type="password" autoComplete="current-password" autoFocus required value={password} onChange={(e) => setPassword(e.target.value)} />
        <Field label="Your code" hint="Leave it empty if you have set up none." autoComplete="one-time-code" value={code} onChange={(e) => setCode(e.target.value)} />
        <div className="row">
          <button className="btn primary" disabled={confirm.busy}>{confirm.busy ? "Signing\u2026" : "Sign"}</button>
          <button type="button" className="btn" onClick={close}>Cancel</button>
        </div>
      </form>
    </Sheet>
  );
}
