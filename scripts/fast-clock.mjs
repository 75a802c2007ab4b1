// For pictures: time that runs FAST_CLOCK times as fast, so that a minute of real calls fills an hour of a chart. What is
// measured on the monotonic clock stays as it is.
const factor = Number(process.env.FAST_CLOCK ?? "1");
const real = Date.now;
const start = real();
Date.now = () => Math.floor(start + (real() - start) * factor);
