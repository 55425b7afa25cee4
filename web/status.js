// What the control API says of a stream, in words. Pure functions, but for the one that asks.

/** Answers the parsed JSON at `path`, or `null` where there is none. */
export async function ask(path) {
  try {
    const response = await fetch(path, { cache: "no-store" });
    return response.ok ? await response.json() : null;
  } catch {
    return null; // the server is away; whoever asks asks again
  }
}

/** Shows a stream's state on an element. */
export function showState(element, state) {
  element.textContent = state ?? "offline";
  element.dataset.state = state ?? "offline";
}

const bits = (rate) => (rate >= 1e6 ? `${(rate / 1e6).toFixed(1)} Mbit/s` : `${Math.round(rate / 1e3)} kbit/s`);
const decibels = (gain) => `${gain >= 0 ? "+" : "−"}${Math.abs(gain).toFixed(2)} dB`;

/**
 * The figures under the player: `[name, text, mood]` each, mood one of "", "good", "warn".
 * `delay` is the time from the server's receiving a picture to its being shown, in seconds.
 */
export function figures(status, delay) {
  const { video, enhance } = status;
  const list = [];
  if (video) {
    const pixels = video.pixel_aspect ? ` (pixels ${video.pixel_aspect})` : "";
    const rate = `${video.frame_rate.toFixed(1)} fps`;
    list.push(["source", `${video.width}×${video.height}${pixels}, ${rate}, ${bits(video.bitrate)}`, ""]);
  }
  if (enhance) {
    const { model } = enhance;
    list.push(["enhanced", `${enhance.width}×${enhance.height} on ${enhance.device}`, ""]);
    list.push(["model", model ? `v${model.version} ${model.origin}, ${model.architecture}` : "none", ""]);
    const gain = model?.gain_db;
    if (gain !== null && gain !== undefined) list.push(["gain", decibels(gain), gain > 0 ? "good" : ""]);
    list.push(["sharpened", `${enhance.f_edsr}`, "good"]);
    if (enhance.temporal) {
      const { key, change, spare, affordable, ms } = enhance.temporal;
      const why = `${key} key, ${change} change, ${spare} spare`;
      list.push(["refined", enhance.tcsr > 0 ? `${enhance.tcsr} (${why}), ${ms.toFixed(0)} ms` : "0", enhance.tcsr > 0 ? "good" : ""]);
      list.push(["refinable", `${affordable.toFixed(1)} per second`, ""]);
    }
    if (enhance.deinterlaced > 0) list.push(["deinterlaced", `${enhance.deinterlaced}`, ""]);
    list.push(["plain", `${enhance.plain}`, enhance.plain_overload + enhance.plain_failed > 0 ? "warn" : ""]);
    if (enhance.plain_no_gain > 0) list.push(["net rests", `${enhance.plain_no_gain}: it gains nothing here`, "warn"]);
    if (enhance.way_out?.loss_db != null) {
      const loss = enhance.way_out.loss_db;
      list.push(["coded again", `−${loss.toFixed(2)} dB`, loss > 0.1 ? "warn" : ""]);
    }
    list.push(["skipped", `${enhance.skipped}`, enhance.skipped > 0 ? "warn" : ""]);
    list.push(["per picture", `${enhance.lane_ms.toFixed(1)} ms, net ${enhance.net_ms.toFixed(1)} ms`, ""]);
    list.push(["backlog", `${enhance.backlog_s.toFixed(1)} s`, enhance.backlog_s > 1 ? "warn" : ""]);
  }
  if (delay !== null) list.push(["latency", `${delay.toFixed(1)} s`, ""]);
  return list;
}

/** Lists what is wrong with the stream and can be mended, each with how often and when. */
export function showProblems(element, problems) {
  element.hidden = problems.length === 0;
  const items = problems.map(({ text, count, first, last }) => {
    const item = document.createElement("li");
    const time = (moment) => new Date(moment).toLocaleTimeString();
    const when = count > 1 ? `${count} times, ${time(first)} to ${time(last)}` : time(first);
    item.textContent = `${text} (${when})`;
    return item;
  });
  element.replaceChildren(...items);
}

/** Fills a description list with figures; keeps the elements that are there. */
export function showFigures(element, list) {
  while (element.children.length > list.length) element.lastElementChild.remove();
  list.forEach(([name, text, mood], index) => {
    let group = element.children[index];
    if (!group) {
      group = document.createElement("div");
      group.append(document.createElement("dt"), document.createElement("dd"));
      element.append(group);
    }
    group.dataset.testid = `stat-${name.replace(" ", "-")}`;
    group.children[0].textContent = name;
    group.children[1].textContent = text;
    group.children[1].className = mood;
  });
}
