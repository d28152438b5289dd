import { BACKENDS } from "./backends.js";
import { Shelf } from "./Shelf.jsx";

export function App() {
  return (
    <>
      <a className="skip" href="#products">
        Skip to the products
      </a>
      <header className="top">
        <div className="wide">
          <p className="brand">
            <span className="orbit" aria-hidden="true" />
            Three Body Shop
          </p>
        </div>
      </header>
      <main id="products" className="wide" tabIndex={-1}>
        <div className="hero">
          <h1>Instruments for a restless sky</h1>
          <p>One range, one database, two backends: each shelf is filled by its own.</p>
        </div>
        {BACKENDS.map((backend) => (
          <Shelf key={backend.id} backend={backend} />
        ))}
      </main>
      <footer className="wide bottom">
        <p>Served by nginx, Go and Laravel on Kubernetes.</p>
      </footer>
    </>
  );
}
