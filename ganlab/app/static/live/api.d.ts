// What the server answers, as JSON: ganlab/app/api (summary.py, snapshot.py, compare.py, doctor.py, worded.py).

export type State = "queued" | "running" | "paused" | "stopped" | "finished" | "failed" | "lost";

export interface Status {
  state: State;
  active: boolean;
  /** What the worker does before it trains, to `subject`: `done` of `total` (0: unknown) in `unit`. */
  phase: string;
  subject: string;
  done: number;
  total: number;
  unit: string;
  /** The number of runs that get the device before this one. */
  ahead: number;
  /** The kind of the cause of a pause, a failure or a loss, and its data (ganlab/runtime/status.py). */
  reason: string;
  details: Record<string, any>;
  /** What it does or waits for, or why it ended: one sentence (ganlab/app/views/status_wording.py). */
  text: string;
  step: number;
  steps: number;
  steps_per_second: number;
  images_per_second: number;
  /** Seconds of training so far, and left; null while unknown. */
  seconds: number;
  seconds_left: number | null;
  /** Whole seconds without news from a worker that should have some, which may hang; null while all is well. */
  silent: number | null;
  /** Bytes. */
  memory: number;
  device: string;
  num_images: number;
  sheet_titles: string[];
}

/** One metric: ascending steps; `means` where the series is reduced. A value is null where it is no finite number. */
export interface Series {
  steps: number[];
  values: (number | null)[];
  means?: (number | null)[];
}

/** Something that happened to a run at `step`. */
export interface Note {
  id: number;
  step: number;
  /** Seconds since 1970. */
  time: number;
  kind: string;
  data: Record<string, any>;
  /** What happened: one sentence. */
  text: string;
}

export interface Delta {
  status: Status;
  since: number;
  sheets_since: number;
  cursor: number;
  series: Record<string, Series>;
  sheets: number[];
  annotations: Note[];
}

export type Setting = number | string | boolean | null | Setting[];

/** A setting that may change while the run trains. */
export interface LiveSetting {
  name: string;
  title: string;
  value: number;
  help: string;
  whole: boolean;
}

/** What explains the numbers of a run (ganlab/app/api/quantities.py). */
export interface Quantities {
  /** The name of the objective; "" where it is not known. */
  objective: string;
  /** The scores of a real image and a fake that D is sure of; null where scores have no scale. */
  certain: [number, number] | null;
  /** What the score and the adversarial losses of G and D read where D cannot tell real from fake. */
  references: Record<string, number | null>;
  /** By what the terms of the losses are multiplied, where that is not 1. */
  weights: Record<string, number>;
  /** Whether D's loss is the mean of its two halves, not their sum. */
  averaged: boolean;
  /** Of each distance how many images are held against each other, and what real images read. */
  readings: Record<string, { fakes?: number; real?: number; floor?: number }>;
  /** What the images show: "digits". */
  noun: string;
}

export interface Summary {
  id: string;
  title: string;
  about: string;
  labels: { name: string; notes: string; tags: string[] };
  /** Seconds since 1970. */
  created: number;
  status: Status;
  config: Record<string, Setting> & { log_every: number; sample_every: number; image_size: number; test_size?: number };
  steps_per_epoch: number | null;
  checkpoints: number[];
  protocols: Record<string, string>;
  /** Breakpoints of the line from steps to real images seen. */
  images: { steps: number[]; images: number[] };
  live: LiveSetting[];
  quantities: Quantities;
  /** Whether there is a sheet of real images, laid out as those of samples. */
  real_images: boolean;
  /** Why this visitor may not pause, change or stop the run; "" when they may. */
  refusal?: string;
  /** In a list: why the run cannot be read; then it has nothing else but its id. */
  problem?: string;
}

export type Axis = "step" | "epoch" | "time" | "images";

/** A run at the place that is compared. */
export interface RunAt {
  run: string;
  step: number;
  seconds: number;
  images: number;
  epochs: number | null;
}

/** A metric of every run, read under one protocol: "" for losses and rates, null where it is not on record. */
export interface MetricRow {
  name: string;
  values: (number | null)[];
  protocol: string | null;
}

export interface Compared {
  axis: Axis;
  at: number;
  until: number;
  settings: Record<string, Setting[]>;
  changes: Note[][];
  z_dims: (number | null)[];
  same_z: boolean;
  runs_at: RunAt[];
  metrics: MetricRow[];
}

export interface Finding {
  kind: string;
  title: string;
  severity: "warning" | "failure";
  step_from: number;
  step_to: number;
  explanation: string;
  evidence: { series: string[]; numbers: Record<string, number | null>; sheets: number[] };
  /** What each of the numbers measures. */
  labels: Record<string, string>;
  fix: Record<string, Setting>;
  fork_step: number | null;
  before: Record<string, Setting>;
}

export interface Diagnosis {
  findings: Finding[];
  all_clear: string;
}

/** What the teacher shows (ganlab/app/api/lesson.py): a page, of what, the view of it, and the browser tab that shows it. */
export interface Shown {
  page: string;
  query: Record<string, string>;
  view: Record<string, string>;
  tab: string;
}

/** What a class has in common. */
export interface LessonNow {
  /** Whether there is a class at all. */
  class: boolean;
  /** Whether this visitor is its teacher. */
  teaches: boolean;
  /** The run that was created last; "" for none. */
  newest: string;
  students: number;
  shown: Shown | null;
}
