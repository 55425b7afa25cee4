// Two videos of the same moment with a divider between them: left of it the one, right of it the other.

/** Seconds apart beyond which the follower jumps; below, it only runs a little faster or slower. */
const JUMP = 0.4;
/** Seconds apart that nobody sees: under half a picture. */
const ALIGNED = 0.015;
/** Milliseconds between two looks. */
const LOOK = 200;

/** Keeps the follower on the leader's moment, by the wall-clock times in both playlists. */
export class Follow {
  constructor(leader, follower) {
    Object.assign(this, { leader, follower, timer: null, apart: null });
  }

  start() {
    this.stop();
    this.timer = setInterval(() => this.#align(), LOOK);
  }

  stop() {
    clearInterval(this.timer);
    this.apart = null;
    this.follower.video.playbackRate = 1;
  }

  #align() {
    const [ahead, behind] = [this.leader.date, this.follower.date];
    const video = this.follower.video;
    if (this.leader.video.paused !== video.paused) {
      if (this.leader.video.paused) video.pause();
      else this.follower.play();
    }
    if (ahead === null || behind === null || video.seeking || this.leader.video.readyState < 3) return;
    this.apart = (ahead - behind) / 1000;
    if (Math.abs(this.apart) > JUMP || this.leader.video.paused && Math.abs(this.apart) > ALIGNED) {
      video.currentTime += this.apart;
      video.playbackRate = this.leader.video.playbackRate;
    } else if (Math.abs(this.apart) > ALIGNED) {
      video.playbackRate = this.leader.video.playbackRate * (1 + Math.max(-0.2, Math.min(0.2, this.apart)));
    } else {
      video.playbackRate = this.leader.video.playbackRate;
    }
  }
}

/** The divider: by pointer and by keys. `position` is the share of the picture left of it, 0 to 1. */
export class Divider {
  constructor(stage, handle) {
    Object.assign(this, { stage, handle });
    this.position = 0.5;
    const follow = (event) => {
      const { left, width } = stage.getBoundingClientRect();
      this.position = (event.clientX - left) / width;
    };
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      follow(event);
      handle.addEventListener("pointermove", follow);
    });
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", follow));
    handle.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      this.position += step;
    });
  }

  get position() {
    return this.share;
  }

  set position(share) {
    this.share = Math.max(0, Math.min(1, share));
    this.stage.style.setProperty("--divider", `${this.share * 100}%`);
    this.handle.setAttribute("aria-valuenow", Math.round(this.share * 100));
  }
}
