// The invisible frame: confirms with saved cards and re-reads intents for the page around it.

import * as api from "./api.js";
import * as line from "./line.js";

line.open({
  retrieve: ({ kind, clientSecret, how }) => api.retrieve(kind, clientSecret, how),
  verify: ({ kind, clientSecret, told, how }) => api.verify(kind, clientSecret, told, how),
  confirm: ({ kind, clientSecret, fields, how }) => api.confirm(kind, clientSecret, fields, how),
});
