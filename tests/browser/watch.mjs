// Opens the player in the system's Chromium, lets it play, looks at both videos and takes a screenshot.
// usage: node watch.mjs URL SCREENSHOT.png      prints one JSON object
import { chromium } from "playwright-core";

const [url, screenshot] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required", "--mute-audio"],
});
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
  console.log(JSON.stringify({ enhanced: result("enhanced"), source: result("source"), errors }));
} finally {
  await browser.close();
}
