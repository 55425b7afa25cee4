// The list of streams. It refreshes by itself; the picture of a live stream is one frame, taken now and then.

/* global Hls */

import { ask, showState } from "/assets/status.js";
import { stateWord } from "/assets/training.js";

const POLL = 2000;
/** Milliseconds between two pictures of a stream, and how long one may take. */
const PICTURE_EVERY = 20000;
const PICTURE_WITHIN = 15000;

const list = document.getElementById("streams");
const notice = document.getElementById("notice");
const cards = new Map();

function card(name) {
  if (cards.has(name)) return cards.get(name);
  const item = document.getElementById("card").content.firstElementChild.cloneNode(true);
  item.dataset.testid = `stream-${name}`;
  list.append(item);
  const entry = { item, taken: -Infinity };
  cards.set(name, entry);
  return entry;
}

function show(stream) {
  const entry = card(stream.name);
  const find = (selector) => entry.item.querySelector(selector);
  find(".name").textContent = stream.name;
  for (const link of [find(".name"), find(".picture")]) link.href = stream.watch;
  find(".picture").setAttribute("aria-label", `Watch ${stream.name}`);
  find(".playlist").href = stream.playlist;
  showState(find(".state"), stream.state);
  const sizes = [stream.source, stream.enhanced].filter(Boolean).join(" → ") || "no video";
  find(".sizes").textContent = stream.training ? `${sizes}, training: ${stateWord(stream.training)}` : sizes;
  if (stream.state === "live" && stream.source && performance.now() - entry.taken > PICTURE_EVERY) {
    entry.taken = performance.now();
    takePicture(stream.playlist.replace("index.m3u8", "source/index.m3u8"), find("canvas"), find(".placeholder"));
  }
}

/** Draws one frame of a playlist. */
function takePicture(url, canvas, placeholder) {
  const video = document.createElement("video");
  video.muted = true;
  const hls = window.Hls && Hls.isSupported() ? new Hls({ maxBufferLength: 1, startFragPrefetch: false }) : null;
  const end = () => {
    clearTimeout(timer);
    hls?.destroy();
    video.removeAttribute("src");
  };
  const timer = setTimeout(end, PICTURE_WITHIN);
  video.addEventListener("loadeddata", () => {
    const scale = Math.min(canvas.width / video.videoWidth, canvas.height / video.videoHeight);
    const [width, height] = [video.videoWidth * scale, video.videoHeight * scale];
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(video, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
    placeholder.hidden = true;
    end();
  }, { once: true });
  if (hls) {
    hls.on(Hls.Events.ERROR, (_, error) => error.fatal && end());
    hls.loadSource(url);
    hls.attachMedia(video);
  } else {
    video.src = url;
  }
}

async function poll() {
  const streams = await ask("/api/v1/streams");
  if (streams) {
    streams.forEach(show);
    const names = new Set(streams.map((stream) => stream.name));
    for (const [name, entry] of cards) {
      if (!names.has(name)) {
        entry.item.remove();
        cards.delete(name);
      }
    }
  }
  notice.hidden = Boolean(streams?.length);
  notice.textContent = streams ? "No stream is configured." : "The server is away; trying again …";
  setTimeout(poll, POLL);
}

poll();
