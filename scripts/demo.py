#!/usr/bin/env python3
"""The whole idea, live, on this machine: server, streamer, and an HLS client that reads along.

Prints one URL to open and one line a second. Ctrl-C ends it; DEMO_SECONDS=N ends it by itself with a summary, and with exit
code 0 only if an HLS client read enhanced video at twice the size, at least one trained net was swapped in while
live, and nothing was lost.
"""
import json
import os
import pathlib
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "target" / "release"
FOOTAGE = ROOT / ".deps" / "footage" / "trailer.mp4"
SIZE = os.environ.get("DEMO_SIZE", "480x270")
BITRATE = os.environ.get("DEMO_BITRATE", "600k")
PROFILE = os.environ.get("DEMO_PROFILE", "auto")
SECONDS = float(os.environ.get("DEMO_SECONDS", "inf"))
HTTP_PORT = os.environ.get("DEMO_HTTP_PORT", "0")
WARM_UP = 15.0  # seconds after the first enhanced picture in which a late frame does not count

CONFIG = """
[rtmp]
listen = "127.0.0.1:0"
[http]
listen = "127.0.0.1:{http_port}"
[enhance]
profile = "{profile}"
[[stream]]
name = "demo"
key = "{key}"
"""


class Run:
    """The processes of one demonstration, ended in the reverse order of their start."""

    def __init__(self, folder):
        self.folder, self.processes = pathlib.Path(folder), []

    def start(self, name, command, **environment):
        log = open(self.folder / f"{name}.log", "wb")
        out = open(self.folder / f"{name}.out", "wb")
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                                   env={**os.environ, **environment}, start_new_session=True)
        self.processes.append((name, process))
        return process

    def text(self, name):
        return (self.folder / name).read_text(errors="replace")

    def stop(self):
        for name, process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(8)
                except subprocess.TimeoutExpired:
                    print(f"demo: {name} had to be killed", file=sys.stderr)
                    process.kill()


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None


def wait_until(what, seconds, ready, run):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name, process in run.processes:
            if process.poll() not in (None, 0):
                sys.exit(f"demo: {name} ended early:\n{run.text(name + '.log')[-3000:]}")
        value = ready()
        if value:
            return value
        time.sleep(0.1)
    sys.exit(f"demo: waited {seconds:.0f} s in vain for {what}; see {run.folder}")


def ready_line(run):
    for line in run.text("sharpcast.out").splitlines():
        if line.startswith("ready "):
            return dict(field.split("=", 1) for field in line.split()[1:])
    return None


def number(status, *path):
    for name in path:
        status = (status or {}).get(name)
    return status or 0


def field(text, name):
    """The last value of `name=value` in logfmt lines."""
    for line in reversed(text.splitlines()):
        for item in line.split():
            if item.startswith(name + "="):
                return item.split("=", 1)[1]
    return None


def read_along(run, url):
    """An ordinary HLS client that takes the enhanced rendition as it comes; it decodes everything."""
    return run.start("client", ["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-live_start_index", "-2",
                                "-i", url, "-threads", "1", "-f", "null", "-progress", "pipe:1", "-"])


def size_of(url):
    probe = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height",
                            "-of", "csv=p=0:s=x", url], capture_output=True, text=True, timeout=60)
    return probe.stdout.split("\n")[0].strip()


def show(second, status, streamer, latency):
    enhance = number(status, "enhance") or {}
    model = number(enhance, "model") or {}
    gain = field(streamer, "smooth_db") or "-"
    print(f"{second:4.0f} s  in {number(status, 'video', 'frames'):5}  f-edsr {enhance.get('f_edsr', 0):5}"
          f"  tcsr {enhance.get('tcsr', 0)}  plain {enhance.get('plain', 0):3}  skipped {enhance.get('skipped', 0)}"
          f"  net {enhance.get('net_ms', 0):4.1f} ms  gain {gain} dB  model v{model.get('version', '-')}"
          f" ({model.get('origin', 'none')})  latency {latency}", flush=True)


def main():
    if not FOOTAGE.exists():
        sys.exit("demo: the sample footage is missing; run `make setup`")
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    folder = tempfile.mkdtemp(prefix="sharpcast-demo-")
    run, key = Run(folder), secrets.token_hex(12)
    config = run.folder / "sharpcast.toml"
    config.touch(mode=0o600)
    config.write_text(CONFIG.format(key=key, profile=PROFILE, http_port=HTTP_PORT))
    try:
        sys.exit(demonstrate(run, key, config))
    except KeyboardInterrupt:
        print("\ndemo: ending")
    finally:
        run.stop()


def demonstrate(run, key, config):
    run.start("sharpcast", [PROGRAMS / "sharpcast", "serve", "--config", config])
    ports = wait_until("the server", 60, lambda: ready_line(run), run)
    http = f"http://{ports['http']}"
    run.start("streamer", [PROGRAMS / "streamer", "push", FOOTAGE, "--loop", "--to", f"rtmp://{ports['rtmp']}/live",
                           "--server", http, "--name", "demo", "--size", SIZE, "--bitrate", BITRATE], SHARPCAST_KEY=key)
    enhanced = f"{http}/hls/demo/enhanced/index.m3u8"
    wait_until("the first enhanced segment", 60, lambda: fetch(enhanced), run)
    print(f"\n    open  {http}/watch/demo\n\n    {SIZE} at {BITRATE}bit/s goes in, twice the size comes out. Logs: {run.folder}\n",
          flush=True)
    client = read_along(run, enhanced)

    status_url, start, warm = f"{http}/api/v1/streams/demo", time.monotonic(), None
    status, gains = {}, []
    while (second := time.monotonic() - start) < SECONDS:
        for name, process in run.processes:
            if process.poll() is not None:
                print(f"demo: {name} ended by itself:\n{run.text(name + '.log')[-3000:]}", file=sys.stderr)
                return 1
        status = json.loads(fetch(status_url) or "{}") or status
        if warm is None and second > WARM_UP:
            warm = status
        streamer = run.text("streamer.log") + run.text("streamer.out")
        # Of the best network so far on the live picture, whichever that is: it looks before it learns.
        if (gain := field(streamer, "smooth_db")) not in (None, "-", ""):
            gains.append(float(gain))
        backlog = number(status, "enhance", "backlog_s")
        show(second, status, streamer, f"{backlog:.2f} s in the lane")
        time.sleep(max(0.0, 1.0 - (time.monotonic() - start - second)))
    return summary(run, status, warm or {}, gains, size_of(enhanced), client)


def summary(run, status, warm, gains, size, client):
    enhance, before = status.get("enhance") or {}, warm.get("enhance") or {}
    since = {name: enhance.get(name, 0) - before.get(name, 0) for name in ("frames_in", "f_edsr", "plain", "skipped")}
    done = max(1, since["f_edsr"] + since["plain"] + since["skipped"])
    width, height = (int(side) * 2 for side in SIZE.split("x"))
    client_log = run.text("client.log").strip()
    client_frames = int(field(run.text("client.out"), "frame") or 0)
    swaps = len([swap for swap in enhance.get("history", []) if swap["origin"] == "trained"])
    mean_gain = sum(gains) / len(gains) if gains else 0.0
    checks = {
        f"an HLS client read {client_frames} pictures of {size}": size == f"{width}x{height}" and client_frames > 0,
        f"{swaps} trained nets swapped in while live": swaps >= 1,
        f"no picture skipped ({enhance.get('skipped')}), no discontinuity ({status.get('discontinuities')}),"
        f" no complaint of the client ({client_log[:200] or 'none'})":
            enhance.get("skipped") == 0 and status.get("discontinuities") == 0 and not client_log
            and client.poll() is None,
        f"mean gain over plain upsampling {mean_gain:+.2f} dB PSNR-Y, on the live picture": mean_gain > 0,
    }
    print(f"\n    after {WARM_UP:.0f} s of warm-up: {100 * since['f_edsr'] / done:.1f} % of {done} pictures through F-EDSR"
          f" ({number(status, 'enhance', 'model', 'architecture')}), {since['plain']} plain, {since['skipped']} skipped;"
          f" {enhance.get('net_ms', 0):.1f} ms in the net, {enhance.get('lane_ms', 0):.1f} ms in the lane")
    for text, good in checks.items():
        print(f"    {'yes' if good else 'NO '}  {text}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    main()
