import { Navigate } from "@tanstack/react-router";
import { useState } from "react";
import { call } from "../api/client";
import { useSession, useTakeSession } from "../api/hooks";
import type { Session } from "../api/types";
import { Failure, useAct, useTitle } from "../ui/parts";
import { SecondFactor } from "./SecondFactor";

/** What must be done before footage can be seen: the second factor, then the policy. */
export function Setup() {
  useTitle("Before you begin");
  const session = useSession();
  const take = useTakeSession();
  // Once begun it stays on the screen until its recovery codes were seen, whatever the server says meanwhile.
  const [enrolling, set] = useState(session.data?.stage === "enrol");
  if (!session.data) return null;
  if (session.data.stage === "full" && !enrolling) return <Navigate to="/" replace />;
  const next = () => void call<Session>("GET", "/session").then(take).finally(() => set(false));
  return enrolling ? (
    <div className="page narrow">
      <h1>A second proof that it is you</h1>
      <p className="muted">A password alone does not open footage here.</p>
      <SecondFactor done={next} />
    </div>
  ) : (
    <Acknowledge session={session.data} />
  );
}

function Acknowledge({ session }: { session: Session }) {
  const take = useTakeSession();
  const agree = useAct(async () => {
    take(await call<Session>("POST", "/me/acknowledgement", { version: session.policy.version }));
  });
  return (
    <div className="page">
      <h1>Read the policy</h1>
      <p className="muted">Version {session.policy.version}. You are asked once a year and whenever it changes.</p>
      <div className="card">
        <div className="policy" tabIndex={0} role="region" aria-label="Policy">{session.policy.text}</div>
        {agree.error !== undefined && <Failure error={agree.error} />}
        <div><button className="btn primary" disabled={agree.busy} onClick={() => void agree.run()}>I have read it and will keep to it</button></div>
      </div>
    </div>
  );
}
