// One video element that follows one live playlist: through hls.js, or natively where that is all there is (iOS).

/* global Hls */

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
  /** `url` of a multivariant or media playlist. Emits "playable", "lost", "levels". */
  constructor(video, url) {
    super();
    Object.assign(this, { video, url, hls: null, retry: RETRY_FIRST, timer: null, wanted: null });
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
      this.video.src = this.url;
    } else {
      this.hls = new Hls(SETTINGS);
      this.hls.on(Hls.Events.ERROR, (_, error) => this.#error(error));
      this.hls.on(Hls.Events.MANIFEST_PARSED, () => {
        this.#select();
        this.dispatchEvent(new Event("levels"));
      });
      this.hls.loadSource(this.url);
      this.hls.attachMedia(this.video);
    }
    this.play();
  }

  stop() {
    clearTimeout(this.timer);
    this.hls?.destroy();
    this.hls = null;
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
    return this.hls ? this.hls.levels.map(renditionOf) : [];
  }

  /** Stays with one rendition, now or as soon as it is known. */
  choose(rendition) {
    this.wanted = rendition;
    this.#select();
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

  #select() {
    if (!this.hls || !this.wanted) return;
    const level = this.hls.levels.findIndex((candidate) => renditionOf(candidate) === this.wanted);
    if (level < 0 || level === this.hls.loadLevel && !this.hls.autoLevelEnabled) return;
    // Before the first picture there is nothing to switch without a seam.
    if (this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) this.hls.loadLevel = level;
    else this.hls.nextLevel = level;
  }

  #error(error) {
    if (!error.fatal) return;
    if (error.type === Hls.ErrorTypes.MEDIA_ERROR) this.hls.recoverMediaError();
    else this.#lost();
  }

  #lost() {
    this.dispatchEvent(new Event("lost"));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.start(), this.retry);
    this.retry = Math.min(this.retry * 2, RETRY_LAST);
  }
}

function renditionOf(level) {
  return new URL(level.url[0], location.href).pathname.split("/").at(-2);
}
