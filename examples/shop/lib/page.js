const colour = 'seagreen';

/** The page at `/`. */
export function page({ version, releaseId }) {
  return `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Shop</title></head>
  <body style="font-family: sans-serif; border-top: 8px solid ${colour}; padding: 1em">
    <h1>Shop</h1>
    <p>Orders are taken at <code>POST /api/v1/orders</code> and listed at <a href="/api/v1/orders">/api/v1/orders</a>.</p>
    <footer>version ${plain(version)}, release ${plain(releaseId)}</footer>
  </body>
</html>
`;
}

const plain = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
