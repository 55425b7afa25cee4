// Opens the player in the system's Chromium, lets it play, looks at both videos and at the training chart, and takes
// screenshots of the window and of the training section.
// usage: node watch.mjs URL SCREENSHOT.png TRAINING.png      prints one JSON object
import { launch } from "./chromium.mjs";

const [url, screenshot, trainingShot] = process.argv.slice(2);
const browser = await launch();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
  await page.goto(url);
  await page.getByTestId("view-compare").click();

  const look = (id) => page.getByTestId(id).evaluate((video) => ({
    width: video.videoWidth, height: video.videoHeight, time: video.currentTime,
  }));
  const playing = (id) => page.waitForFunction(
    (id) => { const video = document.querySelector(`[data-testid="${id}"]`); return video.currentTime > 0 && !video.paused && video.videoWidth > 0; },
    id, { timeout: 40_000 });
  await Promise.all([playing("video-main"), playing("video-source")]);
  await page.waitForTimeout(1000);
  const before = { enhanced: await look("video-main"), source: await look("video-source") };
  await page.waitForTimeout(5000);
  const after = { enhanced: await look("video-main"), source: await look("video-source") };
  await page.screenshot({ path: screenshot });
  const result = (name) => ({ ...after[name], advanced: after[name].time - before[name].time });

  const section = page.getByTestId("training");
  const training = await section.evaluate((element) => {
    const shown = (node) => {
      const { width, height } = node.getBoundingClientRect();
      const style = getComputedStyle(node);
      return { width, height, stroke: style.stroke, visible: style.visibility === "visible" && style.opacity > 0 };
    };
    const curve = (name) => {
      const path = element.querySelector(`[data-testid=curve-${name}]`);
      return path && { ...shown(path), points: path.getAttribute("d").split("L").length };
    };
    const texts = (selector) => [...element.querySelectorAll(selector)].map((node) => node.textContent);
    return {
      hidden: element.hidden,
      words: texts("[data-testid=training-words]")[0],
      plain: curve("plain"), net: curve("net"), smoothed: curve("smoothed"),
      begun: element.querySelectorAll(".chart .begin").length,
      ended: element.querySelectorAll(".chart .end").length,
      state: texts("[data-testid=training-state]")[0],
      notes: texts(".chart .note").filter((_, index) => shown(element.querySelectorAll(".chart .note")[index]).width > 0), axes: texts(".chart .unit"), ticks: texts(".chart .tick"), legend: texts(".legend span"),
      rows: [...element.querySelectorAll("tbody tr")].map((row) => [...row.cells].map((cell) => cell.textContent)),
    };
  });
  if (!training.hidden) await section.screenshot({ path: trainingShot });
  await page.goto(new URL("/watch/other", url).href);
  await page.waitForFunction(() => window.player?.status?.name === "other");
  const quiet = await section.isHidden();
  await page.goto(new URL("/", url).href);
  const card = await page.getByTestId("stream-demo").locator(".sizes").textContent();
  console.log(JSON.stringify({ enhanced: result("enhanced"), source: result("source"), training, quiet, card, errors }));
} finally {
  await browser.close();
}
