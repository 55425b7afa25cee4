// How the streamer's training stands: the state in words, what the network adds to plain upsampling as a chart, and
// the last trainings as a table. Draws what a report says and nothing else; colours are the style sheet's.

const SVG = "http://www.w3.org/2000/svg";
/** Pixels: the chart, and around its plot. Labels of trainings go above it, seconds below it, decibels left of it. */
const HEIGHT = 290;
const MARGIN = { top: 24, right: 14, bottom: 36, left: 48 };
/** Seconds and decibels that the axes span at least. */
const LEAST_SECONDS = 10;
const LEAST_DECIBELS = 1;
/** Seconds before the first look in which a training's beginning is still shown: it is asked for, and then looked at. */
const LEAD = 1;
/** Pixels that a label needs. */
const LABEL = 64;
/** Rows of the table. */
const ROWS = 6;

const STATES = { waiting: "waiting", training: "learning", resting: "resting", "too-slow": "too slow" };
const REASONS = {
  start: "the stream began, or another network is wanted",
  drop: "the quality fell from one picture to the next: a cut",
  rise: "the quality rose from one picture to the next: a cut to an easier scene",
  decline: "the quality fell little by little",
  more: "it rested, and as much again was shown of this scene since",
  always: "told to train all the time",
};
const ENDS = {
  goal: "it gained what it was meant to",
  plateau: "more steps brought no more",
  "time-limit": "it took as long as a training may",
  overtaken: "the picture changed again",
  stopped: "the stream ended, or another network is wanted",
};

const signed = (gain) => `${gain < 0 ? "−" : "+"}${Math.abs(gain).toFixed(2)}`;
/** A training without a goal goes on until more steps bring no more. */
const goal = (training) => (training.goal_db === null ? "" : ` of ${signed(training.goal_db)}`);
const spaced = (word) => word.replaceAll("-", " ");
const last = (list) => list[list.length - 1];

/** What the trainer does, in a word. */
export const stateWord = (state) => STATES[state] ?? spaced(state);

/** What there is to say beside that word. */
export function describe(report) {
  const gain = last(report.looks)?.smoothed_gain_db;
  const adds = gain === undefined ? "" : `; the network adds ${signed(gain)} dB`;
  switch (report.state) {
    case "training": {
      const training = report.trainings.findLast((candidate) => candidate.end === null);
      if (!training) return "";
      const predicted = training.predicted_db === null ? "" : `, predicted ${signed(training.predicted_db)}`;
      return `${signed(training.gain_db)}${goal(training)} dB${predicted}`;
    }
    case "resting": return `good enough for what is shown${adds}`;
    case "waiting": return "for enough to learn from";
    case "too-slow": return `the streamer's machine cannot train in time${adds}`;
    default: return "";
  }
}

/** The looks of the newest run: when the streamer's video began again, what was before is another time. */
function newestRun(looks) {
  const again = looks.findLastIndex((look, index) => index > 0 && look.at_s < looks[index - 1].at_s);
  return looks.slice(Math.max(0, again));
}

/** Round numbers from `low` to `high`, about `count` of them. */
function ticks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw) * power;
  const list = [];
  for (let number = Math.ceil(low / step); number * step <= high; number += 1) list.push(number * step);
  return { list, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

/** The smallest range around all values that is at least `least` wide. */
function range(values, least) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max((high - low) * 0.08, (least - (high - low)) / 2);
  return [low - margin, high + margin];
}

function node(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function text(className, x, y, anchor, content) {
  return node("text", { class: className, x, y, "text-anchor": anchor }, content);
}

/** One drawing of a report: scales first, then everything from back to front. */
class Drawing {
  constructor(svg, report) {
    const looks = newestRun(report.looks);
    const width = svg.clientWidth;
    const [first, now] = [looks[0].at_s, last(looks).at_s];
    const begun = report.trainings.map((training) => training.from_s).filter((from) => from < first && from > first - LEAD);
    const oldest = Math.min(first, ...begun);
    const newest = Math.max(now, oldest + LEAST_SECONDS);
    const decibels = looks.flatMap((look) => [look.plain_db, look.net_db, look.plain_db + look.smoothed_gain_db]);
    const [low, high] = range(decibels, LEAST_DECIBELS);
    const [left, right] = [MARGIN.left, Math.max(MARGIN.left + 1, width - MARGIN.right)];
    const [top, bottom] = [MARGIN.top, HEIGHT - MARGIN.bottom];
    Object.assign(this, { svg, looks, trainings: report.trainings, oldest, now, newest, low, high, left, right, top, bottom });
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    svg.setAttribute("height", HEIGHT);
    svg.replaceChildren(...this.#axes(), ...this.#marks(), this.#area(), ...this.#curves());
  }

  #x(seconds) {
    const share = (seconds - this.oldest) / (this.newest - this.oldest);
    return (this.left + share * (this.right - this.left)).toFixed(1);
  }

  #y(decibels) {
    return (this.bottom - ((decibels - this.low) / (this.high - this.low)) * (this.bottom - this.top)).toFixed(1);
  }

  #axes() {
    const { left, right, top, bottom } = this;
    const parts = [text("unit", left - 8, top - 10, "end", "dB"), text("unit", right, bottom + 32, "end", "seconds of video")];
    const decibels = ticks(this.low, this.high, 5);
    for (const value of decibels.list) {
      const y = this.#y(value);
      parts.push(node("line", { class: "grid", x1: left, x2: right, y1: y, y2: y }));
      parts.push(text("tick", left - 8, Number(y) + 4, "end", value.toFixed(decibels.digits)));
    }
    const seconds = ticks(this.oldest, this.newest, Math.max(2, (right - left) / 110));
    for (const value of seconds.list) {
      const x = this.#x(value);
      parts.push(node("line", { class: "axis", x1: x, x2: x, y1: bottom, y2: bottom + 5 }));
      parts.push(text("tick", x, bottom + 18, "middle", value.toFixed(seconds.digits)));
    }
    parts.push(node("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }));
    return parts;
  }

  /** Trainings as bands from where they began, with why, to where they ended, with how. */
  #marks() {
    const { top, bottom, oldest, now } = this;
    const parts = [];
    let noted = -Infinity;
    this.trainings.forEach((training) => {
      const end = training.to_s;
      if (training.from_s > now || (end ?? now) < oldest) return;
      const from = this.#x(Math.max(training.from_s, oldest));
      const to = this.#x(Math.min(end ?? now, now));
      const mark = node("g", { class: "mark" }, node("title", {}, tale(training)));
      mark.append(node("rect", { class: "band", x: from, y: top, width: Math.max(0, to - from), height: bottom - top }));
      if (training.from_s >= oldest) {
        mark.append(node("line", { class: "begin", x1: from, x2: from, y1: top - 4, y2: bottom }));
        if (from - noted >= LABEL) {
          const late = from > this.right - LABEL;
          mark.append(text("note", Number(from) + (late ? 0 : -2), top - 10, late ? "end" : "start", training.reason));
          noted = Number(from);
        }
      }
      if (end !== null && end <= now) {
        mark.append(node("line", { class: "end", x1: to, x2: to, y1: top, y2: bottom }));
        if (to - from >= LABEL) mark.append(text("note", to - 5, bottom - 7, "end", spaced(training.end)));
      }
      parts.push(mark);
    });
    return parts;
  }

  #path(value, looks = this.looks) {
    return looks.map((look) => `${this.#x(look.at_s)} ${this.#y(value(look))}`).join("L");
  }

  /** Between plain upsampling and what the network makes of it. */
  #area() {
    const back = this.#path((look) => look.plain_db, this.looks.toReversed());
    return node("path", { class: "gain", d: `M${this.#path((look) => look.plain_db + look.smoothed_gain_db)}L${back}Z` });
  }

  #curves() {
    const curve = (name, value) =>
      node("path", { class: `curve ${name}`, "data-testid": `curve-${name}`, d: `M${this.#path(value)}` });
    return [
      curve("net", (look) => look.net_db),
      curve("plain", (look) => look.plain_db),
      curve("smoothed", (look) => look.plain_db + look.smoothed_gain_db),
    ];
  }
}

/** A training in a line, for who rests the pointer on it. */
function tale(training) {
  const how = training.end === null ? "goes on" : ENDS[training.end] ?? spaced(training.end);
  return `${training.reason} at ${training.from_s.toFixed(0)} s: `
    + `${signed(training.gain_db)}${goal(training)} dB in ${training.steps} steps, ${training.seconds.toFixed(1)} s; ${how}`;
}

/** The cells of a training's row: `[text, title, mood]` each. */
function cells(training) {
  const reached = training.goal_db !== null && training.gain_db >= training.goal_db;
  const predicted = training.predicted_db === null ? "" : `at most ${signed(training.predicted_db)} dB was predicted`;
  // Broken off, or not begun, before the first judgement: nothing is known of it.
  const judged = training.before_db > 0;
  const scene = training.remembered ? "it began from the network of a scene that was seen before" : "";
  return [
    [`${training.from_s.toFixed(0)} s`, "", ""],
    [`${training.reason}${training.remembered ? ", seen before" : ""}`, [REASONS[training.reason], scene].filter(Boolean).join("; "), ""],
    [`${training.steps}`, `${training.pairs} pairs to learn from`, ""],
    [training.seconds.toFixed(1), "", ""],
    [judged ? training.before_db.toFixed(2) : "–", "", ""],
    [judged ? signed(training.gain_db) : "–", "", reached ? "good" : training.gain_db < 0 ? "warn" : ""],
    [training.goal_db === null ? "plateau" : signed(training.goal_db), predicted, ""],
    [training.end === null ? "goes on" : spaced(training.end), ENDS[training.end] ?? "", ""],
  ];
}

/** The section of the page. Nothing of it is seen while there is no report. */
export class TrainingView {
  constructor(section) {
    const find = (selector) => section.querySelector(selector);
    Object.assign(this, { section, report: null, said: "" });
    Object.assign(this, { badge: find(".state"), words: find(".words"), totals: find(".totals") });
    Object.assign(this, { figure: find("figure"), svg: find("svg"), table: find("table") });
    new ResizeObserver(() => this.#draw()).observe(this.figure);
  }

  /** `report` as the control API has it, or none; `live` while the streamer is there. */
  show(report, live) {
    const said = JSON.stringify([report, live]);
    if (said === this.said) return;
    Object.assign(this, { said, report });
    this.section.hidden = !report;
    if (!report) return;
    this.section.classList.toggle("away", !live);
    this.badge.textContent = live ? stateWord(report.state) : "away";
    this.badge.dataset.training = live ? report.state : "away";
    this.words.textContent = live ? describe(report) : "what the streamer said last";
    const total = report.trainings_total;
    this.totals.textContent = total > 0 ? `${total} ${total === 1 ? "training" : "trainings"}, ${report.seconds_total.toFixed(0)} s in all` : "";
    this.#draw();
    this.#list();
  }

  #draw() {
    if (!this.report) return;
    const looks = newestRun(this.report.looks);
    this.figure.hidden = looks.length === 0;
    if (this.figure.hidden || this.svg.clientWidth === 0) return;
    new Drawing(this.svg, this.report);
    const look = last(looks);
    const values = { plain: look.plain_db, net: look.net_db, smoothed: look.plain_db + look.smoothed_gain_db };
    for (const [name, value] of Object.entries(values)) {
      this.figure.querySelector(`[data-value=${name}]`).textContent = `${value.toFixed(2)} dB`;
    }
    this.svg.setAttribute("aria-label", `PSNR over the last ${(look.at_s - looks[0].at_s).toFixed(0)} seconds: `
      + `plain upsampling ${values.plain.toFixed(2)} dB, with the network ${values.smoothed.toFixed(2)} dB`);
  }

  #list() {
    const rows = this.report.trainings.slice(-ROWS).reverse().map((training) => {
      const row = document.createElement("tr");
      for (const [content, title, mood] of cells(training)) {
        const cell = row.insertCell();
        cell.textContent = content;
        cell.title = title;
        cell.className = mood;
      }
      return row;
    });
    this.table.tBodies[0].replaceChildren(...rows);
    this.table.hidden = rows.length === 0;
  }
}
