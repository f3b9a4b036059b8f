/** A line about each setting for `--help`. */
export const settingHelp: Readonly<Record<string, string>> = {
  RELAY_PASSWORD: 'required: the password that servers report with; several with spaces between them',
  ADMIN_PASSWORD: 'required: the password of /api, /metrics and the list of servers',
  RELAY_USER: "the servers' user name (default: relay)",
  ADMIN_USER: "the admin's user name (default: admin)",
  MASTER_PASSWORD: 'if set, masters report with this password only, as user master',
  RELAYS: 'passwords of single servers: id:password for a slave, id:password:master, …',
  PUBLIC_URL:
    "the edge's URL as listeners know it, or one of http and one of https (default: the request's own)",
  HOST: 'address to listen on (default: ::, which is IPv6 and IPv4)',
  PORT: 'port to listen on; 0: any free port (default: 8000)',
  DATA_DIR: 'folder for the database; :memory: keeps nothing (default: ./data)',
  LAST_RESORT_URL: 'where listeners are redirected when no server has a free slot (default: they get 503)',
  DEFAULT_MAX_LISTENERS: 'slots of a server that does not report its maximum (default: 100)',
  HTTPS_ONLY: '1: a listener by https gets 503 rather than an http server (default: 0)',
  PROBE: '0: servers that accept no connection stay in the draw (default: 1)',
  HLS_EDGE:
    'overflow: listeners by HLS fetch from the edge where no server has room; always: all of them (default: off)',
  LOCATION_HINT:
    'on Workers: the region where Cloudflare creates the objects, such as weur (default: its choice)',
  TRUSTED_PROXIES:
    'addresses or CIDR blocks of proxies that tell the client, by header or PROXY protocol (default: none)',
  GEO_DB: "file in MaxMind's format, to redirect listeners to near servers more often (default: none)",
  LOG_LEVEL: 'trace, debug, info, warning, error or fatal (default: info)',
}
