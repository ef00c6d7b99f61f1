import { Link, useSearch } from "@tanstack/react-router";
import { FilePlus2 } from "lucide-react";
import { useRequests } from "../api/requests";
import { Failure, Loading, useTitle } from "../ui/parts";
import { Closed, Frame, useMay } from "./Frame";
import { Queue } from "./Queue";

/** The queue of requests, the one due next first. */
export default function Requests() {
  useTitle("Requests");
  const may = useMay();
  if (!may("request.view")) return <Frame><Closed what="Requests" /></Frame>;
  return <Frame><List /></Frame>;
}

function List() {
  const all = useSearch({ from: "/requests" }).show === "all";
  const list = useRequests(!all);
  return (
    <>
      <div className="headed">
        <h1>Requests</h1>
        <Link className="btn primary" to="/requests/new"><FilePlus2 aria-hidden="true" />Log a request</Link>
      </div>
      <div className="row" role="group" aria-label="Which requests">
        <Link className="btn" to="/requests" search={{}} aria-current={all ? undefined : "true"}>Open{!all && list.data ? ` (${list.data.length})` : ""}</Link>
        <Link className="btn" to="/requests" search={{ show: "all" }} aria-current={all ? "true" : undefined}>All{all && list.data ? ` (${list.data.length})` : ""}</Link>
      </div>
      {list.isPending && <Loading what="the requests" />}
      {list.error && <Failure error={list.error} again={() => void list.refetch()} />}
      {list.data?.length === 0 && (
        <div className="card">
          <p>{all ? "No request was ever logged." : "No request is open."} When somebody asks for footage, by any way and from whomever, log it: what they ask for is then kept.</p>
        </div>
      )}
      {list.data && list.data.length > 0 && <Queue list={list.data} />}
    </>
  );
}
