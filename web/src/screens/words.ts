// The words of codes: why footage is missing, and the like.

const causes: Record<string, string> = {
  "camera-unreachable": "The camera could not be reached.",
  "camera-silent": "The camera sent nothing.",
  "camera-refused": "The camera refused us.",
  "camera-closed": "The camera ended the connection.",
  "no-parameters": "The camera sent pictures that nobody could decode.",
  discontinuity: "The camera\u2019s clock jumped.",
  "clock-step": "The clock of this system was set.",
  "storage-full": "The storage was full.",
  "storage-stalled": "The storage could not keep up.",
  crash: "The recorder restarted.",
  stopped: "Recording was stopped on purpose.",
  disabled: "The camera was switched off.",
  fault: "A fault of the recorder; its log has the detail.",
  unrecorded: "Nothing was recorded.",
};

export const causeText = (cause: string | undefined): string => causes[cause ?? ""] ?? "The cause is not known.";

const closed: Record<string, string> = {
  "library-record": "It shows library records, which are confidential by law.",
  sealed: "It was sealed.",
  hold: "It is on hold for a request.",
};

export const restrictionText = (kind: string): string => closed[kind] ?? "It is closed to ordinary viewing.";
