// The player page: one stream, seen enhanced, as received, or both side by side.

import { Divider, Follow } from "/assets/compare.js";
import { Player } from "/assets/player.js";
import { ask, figures, showFigures, showProblems, showState } from "/assets/status.js";
import { TrainingView } from "/assets/training.js";

const POLL = 1000;
/** Looks without a new picture, though pictures come in, after which this browser seems unable to show them. */
const BLIND = 12;

const name = decodeURIComponent(location.pathname.split("/").pop());
const base = `/hls/${encodeURIComponent(name)}`;
const element = (id) => document.getElementById(id);
const [stage, message] = [element("stage"), element("message")];
const viewButtons = [...document.querySelectorAll("[data-view][role=radio]")];

const main = new Player(element("main"), `${base}/index.m3u8`);
const second = new Player(element("second"), `${base}/source/index.m3u8`);
const follow = new Follow(main, second);
const divider = new Divider(stage, element("divider"));
const training = new TrainingView(element("training"));

/** What a test or a curious viewer can look at. */
window.player = {
  name,
  main,
  second,
  follow,
  divider,
  view: "enhanced",
  status: null,
  playing: false,
  setView: choose,
  /** Seconds from the server's receiving a picture to its being shown here. */
  get delay() {
    return main.date === null ? null : Math.max(0, (Date.now() - main.date) / 1000);
  },
};
const state = window.player;
/** The view that the viewer chose: shown as soon as there is such a thing. */
let wish = "enhanced";
/** The source cannot be shown here, as it seems. */
let sourceIsDark = false;
const seen = { pictures: 0, looks: 0 };

document.title = `${name} – sharpcast`;
element("name").textContent = name;

function choose(view) {
  wish = view;
  setView(view);
}

function setView(view) {
  state.view = view;
  stage.dataset.view = view;
  const comparing = view === "compare";
  element("pane").hidden = !comparing;
  element("divider").hidden = !comparing;
  for (const button of viewButtons) button.setAttribute("aria-checked", String(button.dataset.view === view));
  main.choose(view === "source" ? "source" : "enhanced");
  if (comparing) {
    second.start();
    follow.start();
  } else {
    follow.stop();
    second.stop();
  }
}

/** Buttons for what there is. Natively, the system chooses the rendition by itself. */
function offerViews() {
  const enhanced = main.native ? Boolean(state.status?.enhance) : main.renditions.includes("enhanced");
  const source = !main.native && !sourceIsDark;
  const possible = { enhanced, source, compare: enhanced && source };
  for (const button of viewButtons) button.disabled = !possible[button.dataset.view];
  if (main.native) return;
  const view = possible[wish] ? wish : enhanced ? "enhanced" : "source";
  if (view !== state.view) setView(view);
}

/** What the playlist did not have yet when it was loaded is there by now? */
function renew({ video, audio, enhance }) {
  const late = (track, rendition) => track && main.lists(rendition) === false;
  if (late(video, "source") || late(audio, "audio") || late(enhance, "enhanced")) main.renew();
}

/** Pictures come in often, but none is seen: the source may have none that a browser can begin with. */
function lookForPictures(status) {
  const player = state.view === "compare" ? second : main;
  const pictures = player.video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
  const due = status?.state === "live" && status.video?.frame_rate >= 1 && !player.video.paused && !document.hidden;
  seen.looks = due && pictures === seen.pictures ? seen.looks + 1 : 0;
  seen.pictures = pictures;
  if (seen.looks < BLIND || main.native) return;
  seen.looks = 0;
  if (state.view === "enhanced") return;
  if (main.renditions.includes("enhanced")) {
    sourceIsDark = true;
    offerViews();
    notice("This browser cannot show the source as it comes; the enhanced picture is shown.");
  } else if (main.only === null && main.lists("audio")) {
    main.playOnly("audio");
    notice("This browser cannot show the pictures as they come; only the sound is played.");
  } else if (main.only === null) {
    notice("This browser cannot show the pictures as they come.");
  }
}

/** Another publisher, or the same one with other settings: what could not be played before may be played now. */
function tryAgain() {
  if (!sourceIsDark && main.only === null) return;
  sourceIsDark = false;
  notice("");
  main.playOnly(null);
}

function notice(text) {
  element("notice").textContent = text;
  element("notice").hidden = !text;
}

function say(text) {
  message.textContent = text;
}

/** Something plays. */
function sayNothing() {
  const { state: stands, video } = state.status ?? {};
  say(stands === "live" && !video ? "Sound only. A picture appears by itself." : "");
}

async function poll() {
  const status = await ask(`/api/v1/streams/${encodeURIComponent(name)}`);
  const before = state.status?.state;
  const breaks = state.status?.discontinuities;
  state.status = status;
  showState(element("state"), status?.state);
  training.show(status?.training ?? null, status?.state === "live");
  showProblems(element("problems"), status?.problems ?? []);
  if (status) {
    if (breaks !== undefined && status.discontinuities !== breaks) tryAgain();
    renew(status);
    lookForPictures(status);
    showFigures(element("stats"), figures(status, state.playing ? state.delay : null));
    if (status.state === "live" && before !== "live" && !state.playing) main.start();
    if (status.state === "idle" && !state.playing) say("Nobody is publishing. The picture appears by itself.");
    if (status.state === "waiting") say("The publisher is gone; waiting for it to come back.");
  } else if (!state.playing) {
    say(`There is no stream named ${name}, or the server is away.`);
  }
  if (main.video.ended && status?.state === "live") main.start();
  setTimeout(poll, POLL);
}

main.addEventListener("levels", offerViews);
main.addEventListener("silent", () => notice("This browser cannot play the sound; the picture plays without it."));
main.addEventListener("lost", () => {
  state.playing = false;
  say("The stream is interrupted; trying again …");
});
main.video.addEventListener("playing", () => {
  state.playing = true;
  sayNothing();
});
main.video.addEventListener("waiting", () => say("Waiting for the next pictures …"));
main.video.addEventListener("timeupdate", () => {
  if (!main.video.paused && main.video.readyState > 2) sayNothing();
});
main.video.addEventListener("ended", () => {
  state.playing = false;
  say("The stream has ended.");
});
main.video.addEventListener("pause", () => { element("play").textContent = "Play"; });
main.video.addEventListener("play", () => { element("play").textContent = "Pause"; });
main.video.addEventListener("volumechange", () => {
  element("mute").textContent = main.video.muted ? "Sound on" : "Sound off";
});

for (const button of viewButtons) button.addEventListener("click", () => choose(button.dataset.view));
element("play").addEventListener("click", () => {
  if (!main.video.paused) return main.video.pause();
  main.catchUp();
  return main.play();
});
element("mute").addEventListener("click", () => { main.video.muted = !main.video.muted; });
element("full").addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (stage.requestFullscreen) stage.requestFullscreen();
  else main.video.webkitEnterFullscreen?.();
});

setView("enhanced");
poll();
