// Opens each player page in the system's Chromium and plays one rendition after the other, enhanced first.
// usage: node renditions.mjs URL ...      prints one JSON array, an object for each URL
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
    const result = { errors };
    await page.waitForFunction(() => window.player?.main.renditions.length > 0, undefined, { timeout: 30_000 });
    result.renditions = await page.evaluate(() => window.player.main.renditions);
    result.hevc = await page.evaluate(() => MediaSource.isTypeSupported('video/mp4; codecs="hvc1.1.6.L60.90"'));
    const look = () => page.getByTestId("video-main").evaluate((video) => ({
      width: video.videoWidth, time: video.currentTime, sound: video.webkitAudioDecodedByteCount,
    }));
    for (const [rendition, width] of [["enhanced", 640], ["source", 320]]) {
      if (rendition === "source" && !result.renditions.includes("source")) continue;
      await page.evaluate((rendition) => window.player.setView(rendition), rendition);
      await page.waitForFunction((width) => {
        const video = document.querySelector("[data-testid=video-main]");
        return video.currentTime > 0 && video.videoWidth === width;
      }, width, { timeout: 40_000 }).catch((error) => errors.push(`${rendition}: ${error}`));
      const before = await look();
      await page.waitForTimeout(3000);
      const after = await look();
      result[rendition] = { width: after.width, advanced: after.time - before.time, sound: after.sound - before.sound };
    }
    seen.push(result);
    await page.close();
  }
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
