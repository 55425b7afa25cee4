// Opens each player page in the system's Chromium and looks whether picture and sound play.
// usage: node listen.mjs URL ...      prints one JSON array, an object for each URL
import { launch } from "./chromium.mjs";

const browser = await launch();
try {
  const seen = [];
  for (const url of process.argv.slice(2)) {
    const page = await browser.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
    await page.goto(url);
    const look = () => page.getByTestId("video-main").evaluate((video) => ({
      width: video.videoWidth, time: video.currentTime, sound: video.webkitAudioDecodedByteCount,
    }));
    await page.waitForFunction(() => {
      const video = document.querySelector("[data-testid=video-main]");
      return video.currentTime > 0 && video.videoWidth > 0;
    }, undefined, { timeout: 30_000 }).catch((error) => errors.push(String(error)));
    const before = await look();
    await page.waitForTimeout(3000);
    const after = await look();
    seen.push({ width: after.width, advanced: after.time - before.time, sound: after.sound - before.sound, errors });
    await page.close();
  }
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
