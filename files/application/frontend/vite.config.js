import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  envPrefix: "REACT_APP_",
  build: { outDir: "build" },
  server: {
    // What the edge does: the prefix goes, the rest stays.
    proxy: {
      "/go": { target: "http://localhost:8000", rewrite: (path) => path.replace(/^\/go/, "") },
      "/laravel": {
        target: "http://localhost:8001",
        rewrite: (path) => path.replace(/^\/laravel/, ""),
      },
    },
  },
  test: { environment: "jsdom", setupFiles: "./tests/setup.js", restoreMocks: true },
});
