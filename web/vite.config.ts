import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Everything is a file of its own: the content security policy forbids inline scripts and styles.
export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: "manifest.json",
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": { target: "http://localhost:8100", ws: true } } },
});
