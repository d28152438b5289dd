import { useEffect, useRef } from "react";

import { useProducts } from "./useProducts.js";

/** One backend's products, or why there are none. */
export function Shelf({ backend }) {
  const { status, products, reason, retry } = useProducts(backend);
  const heading = useRef(null);
  const asked = useRef(false);
  const again = () => {
    asked.current = true;
    retry();
  };
  // The button that was pressed is gone by now, and the keyboard would start at the page's top.
  useEffect(() => {
    if (asked.current) heading.current.focus();
    asked.current = false;
  }, [status]);
  return (
    <section
      className="shelf"
      aria-labelledby={`${backend.id}-title`}
      aria-busy={status === "loading"}
    >
      <div className="shelf-head">
        <h2 id={`${backend.id}-title`} ref={heading} tabIndex={-1}>
          {backend.name}
        </h2>
        <p role="status" aria-live="polite" className={`state ${status}`}>
          {summary(backend, status, products, reason)}
        </p>
      </div>
      {status === "failed" && (
        <div className="failure">
          <p>These products cannot be shown right now.</p>
          <button type="button" onClick={again}>
            Try {backend.name} again
          </button>
        </div>
      )}
      {status === "loading" && (
        <div className="cards ghosts" aria-hidden="true">
          <i />
          <i />
          <i />
        </div>
      )}
      {status === "ready" && products.length > 0 && (
        <ul className="cards">
          {products.map((product, index) => (
            <Card key={index} product={product} />
          ))}
        </ul>
      )}
    </section>
  );
}

function summary(backend, status, products, reason) {
  if (status === "loading") return `Loading from ${backend.name}…`;
  if (status === "failed") return `${backend.name} fails: ${reason}.`;
  if (products.length === 0) return "No products yet.";
  return products.length === 1 ? "1 product" : `${products.length} products`;
}

function Card({ product }) {
  return (
    <li className="card">
      <span className="initial" aria-hidden="true">
        {[...product.name][0]}
      </span>
      <h3>{product.name}</h3>
      {product.description && <p className="about">{product.description}</p>}
      <p className="facts">
        {product.price && <strong>{product.price}</strong>}
        {product.stock !== null && (
          <span>{product.stock > 0 ? `${product.stock} in stock` : "Sold out"}</span>
        )}
      </p>
    </li>
  );
}
