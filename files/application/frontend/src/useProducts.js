import { useCallback, useEffect, useState } from "react";

import { fetchProducts } from "./backends.js";

const LOADING = { status: "loading", products: [], reason: "" };

/** What is known of a backend's products, and how to ask again. */
export function useProducts(backend) {
  const [state, setState] = useState(LOADING);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    const gone = new AbortController();
    fetchProducts(backend, gone.signal).then(
      (products) => !gone.signal.aborted && setState({ status: "ready", products, reason: "" }),
      (error) =>
        !gone.signal.aborted && setState({ status: "failed", products: [], reason: error.message }),
    );
    return () => gone.abort();
  }, [backend, attempt]);

  const retry = useCallback(() => {
    setState(LOADING);
    setAttempt((count) => count + 1);
  }, []);
  return { ...state, retry };
}
