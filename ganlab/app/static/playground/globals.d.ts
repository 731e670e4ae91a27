// What the playground's scripts define for each other and for Gradio's events (ganlab/app/playground/gradio_events.py).

/** The values of the widgets of "Draw from z", by the names that ganlab/app/playground/latent/layout.py gives them. */
interface LatentState {
  model: string | null;
  seed: number;
  label: number | null;
  truncation: number;
  count: number;
  every_label: boolean;
  /** The numbers of a pasted z, separated by commas; empty while the seed's z is drawn. */
  z: string;
  /** What z is moved by, its numbers separated by commas; empty for nothing. */
  shift: string;
  lock: boolean;
  offsets: number[];
}

/** Where a picture is in the space of z, and of which class. */
type Point = Pick<LatentState, "seed" | "z" | "shift" | "label" | "truncation" | "offsets">;

/** The chosen model and which panels can show it, as JSON, and the models that the panels show by their names. */
interface ChoiceState {
  served: string;
  [panel: string]: string;
}

/** The values of the mixture's widgets of "Classes", by the names that ganlab/app/playground/classes.py gives them. */
interface MixtureState {
  model: string | null;
  seed: number;
  truncation: number;
  first: string;
  second: string;
  share: number;
}

/** What `/api/latent` answers: the vectors that the values of a state multiply, by the values' names. */
interface LatentTerms {
  terms: Record<string, number[][]>;
  classes: number;
  step: number;
}

/** A picture: its pixels, the step of its checkpoint, and what drew it. */
interface Drawn {
  pixels: Blob | ImageData;
  step: string | number | null;
  by: "server" | "browser";
}

/** An error of `ganlabAsk`: `again` is in how many milliseconds the server will draw it; 0 where it will not. */
interface RefusedError extends Error {
  again: number;
}

interface Turns<State> {
  want(state: State): void;
  busy(): boolean;
}

/** The sentences of wording.js. */
interface PlaygroundWords {
  unreachable: string;
  refused: string;
  busy: string;
  drawn(step: number, milliseconds: number): string;
  score(score: number | null): { text: string; hint: string };
  mixture(first: string, second: string, share: number): string;
  copied(what: string): string;
  toCopy(what: string): string;
  moment(step: number, kept: boolean, newest: boolean): string;
  sheetAlone(step: number): string;
  drawnBefore(number: number, count: number): string;
  forget(name: string): string;
  started: string;
  nameFirst: string;
  moveFirst: string;
  manyDirections(most: number): string;
  notKept: string;
  close: string;
  example: (number: number) => string;
  enlarge: string;
  unforeseen: string;
  noImage: string;
  serverDraws: string;
  loading: string;
  loadingPart(what: string, done: number, total: number): string;
  browserDraws(perSecond: number): string;
  /** `host` null is this server. */
  notLoaded(what: string, host: string | null, status?: number): string;
  wrongChecksum(what: string, host: string | null): string;
  insecure: string;
  serverGoesOn(problem: string): string;
}

interface Window {
  ganlabWords: PlaygroundWords;
  ganlabFind(id: string): any;
  ganlabChoice: {
    show(state: ChoiceState): Record<string, string>;
    open(panel: string, state: ChoiceState): Record<string, string>;
    opened(): string;
    chosen(): string;
  };
  ganlabMoments: {
    sheet(model: string | null): { step: number; address: string } | null;
    choose(state: ChoiceState): Record<string, string>;
  };
  ganlabProblems: { show(texts: string[], wrong?: boolean): void };
  ganlabAddress: { follow(): void };
  ganlabAsk(url: URL): Promise<Response>;
  ganlabProblem(error: RefusedError): { text: string; wrong: boolean };
  ganlabTurns<State>(show: (state: State) => Promise<number | undefined>): Turns<State>;
  ganlabQuery(state: LatentState, extra?: Record<string, string>): string;
  ganlab: {
    draw(state: LatentState): void;
    at(model: string): void;
    again(): void;
    resample(state: LatentState): Pick<LatentState, "seed" | "z">;
    reseed(state: LatentState): Pick<LatentState, "z">;
    reset(state: LatentState): Pick<LatentState, "truncation" | "offsets" | "shift">;
    undo(state: LatentState): Point;
    redo(state: LatentState): Point;
    recall(state: LatentState): Point;
  };
  ganlabHistory: {
    note(state: LatentState, own: Record<string, number>): void;
    undo(): { state: LatentState; own: Record<string, number> } | null;
    redo(): { state: LatentState; own: Record<string, number> } | null;
    recalled(): { state: LatentState; own: Record<string, number> } | null;
  };
  ganlabDirections: { use(model: string | null): void; moved(shift: string): string; put(places?: Record<string, number>): void; values(): Record<string, number> };
  ganlabLatent(terms: LatentTerms["terms"], state: LatentState): Float32Array;
  ganlabLocal: { choose(way: string, model: string | null): void; draw(state: LatentState): Promise<Drawn | null> };
  ganlabMix: { draw(state: MixtureState): void };
  ganlabPad: { paint(sheet: string): Promise<void> };
  ganlabLayers: { reveal(): void };
}
