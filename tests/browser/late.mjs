// Opens a player page in the system's Chromium before all of the stream is there, and stays until the rest is seen and
// heard: nothing is loaded anew by hand.
// usage: node late.mjs URL SCREENSHOT.png      prints "playing" once something plays, then one JSON object
import { launch } from "./chromium.mjs";

const [url, screenshot] = process.argv.slice(2);
const browser = await launch();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  let loads = 0;
  page.on("load", () => { loads += 1; });
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(url);
  const until = (name, timeout) => page.waitForFunction((name) => {
    const video = document.querySelector("[data-testid=video-main]");
    const seen = video.getVideoPlaybackQuality().totalVideoFrames > 0 && video.videoWidth > 0;
    const heard = video.webkitAudioDecodedByteCount > 0;
    return video.currentTime > 0 && { something: seen || heard, both: seen && heard }[name];
  }, name, { timeout });
  await until("something", 30_000);
  console.log("playing");
  await until("both", 45_000);
  const look = () => page.getByTestId("video-main").evaluate((video) => ({
    width: video.videoWidth, height: video.videoHeight, time: video.currentTime, sound: video.webkitAudioDecodedByteCount,
    pictures: video.getVideoPlaybackQuality().totalVideoFrames,
  }));
  const before = await look();
  await page.waitForTimeout(3000);
  const after = await look();
  await page.screenshot({ path: screenshot });
  const texts = (id) => page.getByTestId(id).allTextContents();
  console.log(JSON.stringify({
    width: after.width, height: after.height, advanced: after.time - before.time,
    sound: after.sound - before.sound, pictures: after.pictures - before.pictures,
    problems: await page.locator("[data-testid=problems] li").allTextContents(),
    message: await texts("message"), loads, errors,
  }));
} finally {
  await browser.close();
}
