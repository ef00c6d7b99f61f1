import { useSession } from "../api/hooks";
import { useStaff } from "../api/requests";
import { Check, Group } from "../ui/inputs";
import { useMay } from "./Frame";

/** Who filed it or is its subject: they then act on nothing of it. */
export function Concerned({ chosen, set }: { chosen: string[]; set: (ids: string[]) => void }) {
  const me = useSession().data?.staff;
  const may = useMay();
  const staff = useStaff(may("staff.view")).data?.filter((s) => s.enabled && s.id !== me?.id) ?? [];
  const toggle = (id: string, on: boolean) => set(on ? [...chosen, id] : chosen.filter((c) => c !== id));
  if (!me) return null;
  return (
    <Group legend="Is anybody of us concerned?" hint="Who filed the request, or is its subject, does nothing for it and decides nothing about it.">
      <div className="checks">
        <Check label="Yes, I am" checked={chosen.includes(me.id)} onChange={(e) => toggle(me.id, e.target.checked)} />
        {staff.map((s) => <Check key={s.id} label={s.name} checked={chosen.includes(s.id)} onChange={(e) => toggle(s.id, e.target.checked)} />)}
      </div>
    </Group>
  );
}
