// For pictures: wall-clock time that runs FACTOR times as fast for so many seconds (FAST_CLOCK=FACTOR:SECONDS), then as it
// does: a minute of real calls fills an hour of a chart. What is measured on the monotonic clock stays as it is.
const [factor, seconds] = (process.env.FAST_CLOCK ?? "1:0").split(":").map(Number);
const real = Date.now;
const start = real();
Date.now = () => {
  const passed = real() - start;
  return Math.floor(start + passed + Math.min(passed, seconds * 1_000) * (factor - 1));
};
