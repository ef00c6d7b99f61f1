import type { Clock, Due } from "../api/request-types";
import { useClocks } from "./Frame";
import { urgency } from "./Queue";
import { arithmetic, dueDay, leftWords } from "./words";

/** The date by which something is due, and how it was worked out, day by day. */
export function DueCard({ due }: { due: Due }) {
  const { zone } = useClocks();
  const near = urgency(due);
  return (
    <section className={"card slim due " + (near === "muted" ? "" : near + "-card")} aria-labelledby="due">
      <h2 id="due" className="muted small">{due.name}</h2>
      <p className="day">{dueDay(due, zone)}</p>
      <p className={near === "muted" ? "strong" : near}>{leftWords(due)}</p>
      <details>
        <summary>How this date was worked out</summary>
        <div className="stack">{due.clocks.map((c) => <Sums key={c.name} clock={c} zone={zone} />)}</div>
      </details>
    </section>
  );
}

function Sums({ clock, zone }: { clock: Clock; zone: string }) {
  return (
    <div className="stack tight">
      <h3>{clock.name}: {dueDay(clock, zone)}{clock.passed ? " (past)" : ""}</h3>
      {clock.steps.length > 0 && (
        <table className="sums">
          <caption className="vh">{clock.name}, day by day</caption>
          <tbody>
            {arithmetic(clock.steps).map((w) => (
              <tr key={w.day}><td>{w.day}</td><td className={w.number ? "" : "off"}>{w.number ? `day ${w.number}${w.why ? `, ${w.why}` : ""}` : w.why || "does not count"}</td></tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
