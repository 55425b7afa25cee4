// One video element that follows one live playlist: through hls.js, or natively where that is all there is (iOS).

/* global Hls */

/** Milliseconds within which a second error of the media is not answered like the first. */
const AGAIN = 10000;
/** Milliseconds before a lost stream is tried again; doubles up to the last one. */
const RETRY_FIRST = 1000;
const RETRY_LAST = 8000;

const SETTINGS = {
  lowLatencyMode: true,
  backBufferLength: 10,
  // The server holds requests for three target durations at most, which may be ten seconds each.
  manifestLoadPolicy: { default: { maxTimeToFirstByteMs: 20000, maxLoadTimeMs: 30000, timeoutRetry: null, errorRetry: null } },
};

export class Player extends EventTarget {
  /** `url` of a multivariant or media playlist. Emits "playable", "lost", "levels", "silent". */
  constructor(video, url) {
    super();
    Object.assign(this, { video, url, hls: null, retry: RETRY_FIRST, timer: null, wanted: null });
    // Renditions that the playlist had when it was loaded; null before.
    this.listed = null;
    // The one rendition that this browser can play, where it cannot play all of them together.
    this.only = null;
    this.failed = -Infinity;
    this.native = !(window.Hls && Hls.isSupported());
    video.addEventListener("loadeddata", () => {
      this.retry = RETRY_FIRST;
      this.dispatchEvent(new Event("playable"));
    });
    if (this.native) video.addEventListener("error", () => this.#lost());
  }

  start() {
    this.stop();
    if (this.native) {
      this.#list().then((names) => { this.listed = names; });
      this.video.src = this.url;
    } else {
      this.hls = new Hls(SETTINGS);
      this.hls.on(Hls.Events.ERROR, (_, error) => this.#error(error));
      this.hls.on(Hls.Events.MANIFEST_LOADED, (_, { levels, audioTracks }) => {
        this.listed = [...levels, ...audioTracks ?? []].map(({ url }) => renditionOf(url));
      });
      this.hls.on(Hls.Events.MANIFEST_PARSED, () => {
        this.#select();
        this.dispatchEvent(new Event("levels"));
      });
      this.hls.loadSource(this.only ? this.url.replace(/[^/]*$/, `${this.only}/index.m3u8`) : this.url);
      this.hls.attachMedia(this.video);
    }
    this.play();
  }

  stop() {
    clearTimeout(this.timer);
    this.hls?.destroy();
    this.hls = null;
    this.listed = null;
    this.video.removeAttribute("src");
    this.video.load();
  }

  /** Starts to play; muted if the browser insists. */
  async play() {
    try {
      await this.video.play();
    } catch (error) {
      if (error.name !== "NotAllowedError" || this.video.muted) return;
      this.video.muted = true;
      this.video.play().catch(() => {});
    }
  }

  /** Names of the renditions that can be chosen, as in their URLs. */
  get renditions() {
    // One that is listed with several sounds is one to choose.
    return this.hls ? [...new Set(this.#levels)] : [];
  }

  /** Whether the playlist had this rendition when it was loaded; null before. */
  lists(rendition) {
    return this.listed && this.listed.includes(rendition);
  }

  /** Begins anew if the playlist has more than when it was loaded: players read it once. */
  async renew() {
    const names = await this.#list();
    if (this.listed && !this.only && names?.some((name) => !this.listed.includes(name))) this.start();
  }

  /** Stays with one rendition, now or as soon as it is known. */
  choose(rendition) {
    this.wanted = rendition;
    if (this.only && this.only !== rendition && this.only !== "audio") this.playOnly(rendition);
    else this.#select();
  }

  /** Picture without sound, or sound without picture; null is all of it again. */
  playOnly(rendition) {
    this.only = rendition;
    this.start();
  }

  /** The wall-clock time of the picture that is shown, in milliseconds, or null. */
  get date() {
    if (this.hls) return this.hls.playingDate?.getTime() ?? null;
    const start = this.video.getStartDate?.().getTime();
    return Number.isFinite(start) ? start + this.video.currentTime * 1000 : null;
  }

  /** Goes to the live edge if it has fallen behind by more than a few segments. */
  catchUp() {
    const edge = this.hls?.liveSyncPosition;
    if (edge && edge - this.video.currentTime > 10) this.video.currentTime = edge;
  }

  /** The rendition of each level. */
  get #levels() {
    return this.hls.levels.map((level) => renditionOf(level.url[0]));
  }

  #select() {
    if (!this.hls || !this.wanted) return;
    const level = this.#levels.indexOf(this.wanted);
    if (level < 0 || level === this.hls.loadLevel && !this.hls.autoLevelEnabled) return;
    // Before the first picture there is nothing to switch without a seam.
    if (this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) this.hls.loadLevel = level;
    else this.hls.nextLevel = level;
  }

  #error(error) {
    if (!error.fatal) return;
    if (error.type !== Hls.ErrorTypes.MEDIA_ERROR) return this.#lost();
    const again = performance.now() - this.failed < AGAIN;
    this.failed = performance.now();
    if (!again) return this.hls.recoverMediaError();
    // Rather the picture alone than nothing.
    const sound = error.sourceBufferName === "audio" || error.parent === "audio" || this.lists("audio");
    if (!sound || this.only) return this.#lost();
    this.playOnly(this.wanted ?? "enhanced");
    return this.dispatchEvent(new Event("silent"));
  }

  /** Names of the renditions in the multivariant playlist as it is now; null if there is none. */
  async #list() {
    try {
      const response = await fetch(this.url, { cache: "no-store" });
      const text = response.ok ? await response.text() : "";
      // Without lookbehind, which older Safari takes for a syntax error.
      const found = [...text.matchAll(/^[^#\s].*|URI="([^"]+)/gm)];
      const urls = found.map(([line, uri]) => new URL(uri ?? line, response.url).href);
      return urls.length > 0 ? urls.map(renditionOf) : null;
    } catch {
      return null;
    }
  }

  #lost() {
    this.dispatchEvent(new Event("lost"));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.start(), this.retry);
    this.retry = Math.min(this.retry * 2, RETRY_LAST);
  }
}

function renditionOf(url) {
  return new URL(url, location.href).pathname.split("/").at(-2);
}
