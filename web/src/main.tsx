import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { isRefusal } from "./api/client";
import { router } from "./routes";
import "./styles/base.css";
import { watchTheme } from "./ui/theme";

watchTheme();

const client = new QueryClient({
  defaultOptions: {
    // A refusal is an answer: only what may pass by itself is asked again.
    queries: { retry: (failures, error) => failures < 2 && (!isRefusal(error) || error.status === 0 || error.status >= 500), staleTime: 5_000, refetchOnWindowFocus: true },
  },
});

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
