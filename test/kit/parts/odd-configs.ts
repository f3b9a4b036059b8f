/** What an icecast.xml of others says, and what becomes of it. */
export interface OddConfig {
  /** a sentence */
  name: string
  /** elements below `<icecast>`, in addition to a socket, a hostname and passwords */
  elements: string
  /** whether Icecast 2.4.4 and 2.5.0 start with it */
  icecastStarts: boolean
  /** of our warnings, what has to be in the one about it; undefined: there is none. Where it does not start, its error. */
  says: string | undefined
}

const starts = (name: string, elements: string, says?: string): OddConfig => ({
  name,
  elements,
  icecastStarts: true,
  says,
})
const stops = (name: string, elements: string, says: string): OddConfig => ({
  name,
  elements,
  icecastStarts: false,
  says,
})
const limits = (inner: string) => `<limits>${inner}</limits>`
const live = (inner: string) => `<mount><mount-name>/live</mount-name>${inner}</mount>`
const relay = (inner: string) => `<relay>${inner}</relay>`
const at = '<server>127.0.0.1</server>'

/** As they are seen in public files, and their like; each was tried at Icecast 2.4.4 and 2.5.0. */
export const oddConfigs: readonly OddConfig[] = [
  // AzuraCast, a station without mounts
  starts('<mount/> without a name', '<mount/>', 'line 2: <mount> has no <mount-name>'),
  starts('no sources at all', limits('<sources>0</sources>')),
  starts(
    'a relay without a port',
    relay(`${at}<mount>/a</mount>`),
    'line 2: <relay> has no <port>, expected one; "80" is used',
  ),
  starts(
    'a fallback with its rate in brackets',
    live('<fallback-mount>/fallback-[128].mp3</fallback-mount>'),
  ),
  starts('an alias by dest', '<paths><alias source="/" dest="/status.xsl"/></paths>'),
  starts('an intro that climbs', live('<intro>../../intro.mp3</intro>')),
  starts('a charset as UTF8', live('<charset>UTF8</charset>')),
  // Icecast 2.5's own file, which 2.4 reads as no level at all
  starts('a level of the log in words', '<logging><loglevel>information</loglevel></logging>'),
  starts('a mount that is public as its client says', live('<public>client</public>'), '"-1" is used'),
  // icecast-kh's own file
  starts('a bandwidth with a capital', limits('<max-bandwidth>100M</max-bandwidth>')),
  starts('-1 for no limit', limits('<max-listeners>-1</max-listeners>'), '"-1"'),
  starts('Shoutcast by listen-socket', '<shoutcast-mount>live</shoutcast-mount>', '"/live" is used'),
  // files that people filled in
  starts('an hour of silence', limits('<source-timeout>3600</source-timeout>')),
  starts(
    'a week of silence',
    limits('<source-timeout>604800</source-timeout>'),
    'line 2: <limits><source-timeout> is "604800", expected an integer from 1 to 86400; "86400" is used',
  ),
  starts('silence of no length', live('<source-timeout>0</source-timeout>'), '"1" is used'),
  starts(
    "a mount's short queue",
    live('<queue-size>8192</queue-size>'),
    '<mount><queue-size> is "8192", expected an integer from 16384 to 16777216 (bytes), or an integer followed by k or m; "16384" is used',
  ),
  starts('a long queue', limits('<queue-size>102400000</queue-size>'), '"16777216" is used'),
  starts(
    'a burst over the queue',
    limits('<queue-size>102400</queue-size><burst-size>204800</burst-size>'),
    'line 2: <limits><burst-size> is "204800", expected a burst of 204800 bytes in a queue of 102400 at most; the queue is as long as the burst',
  ),
  starts(
    'a queue below the standard burst',
    limits('<queue-size>20000</queue-size>'),
    'the queue is as long',
  ),
  starts(
    "a mount's burst over its queue",
    live('<queue-size>20000</queue-size><burst-size>30000</burst-size>'),
    'the queue is as long as the burst',
  ),
  starts('a burst that is not a number', limits('<burst-size>large</burst-size>'), 'it is left out'),
  starts('a number with its unit', limits('<sources>5 sources</sources>'), '"5" is used'),
  starts(
    'a limit of listeners that is not a number',
    live('<max-listeners>unlimited</max-listeners>'),
    'it is left out',
  ),
  starts(
    'more listeners than the maximum',
    live('<max-listeners>99999999</max-listeners>'),
    '"1000000" is used',
  ),
  starts('no clients', limits('<clients>0</clients>')),
  starts(
    'a mount without its slash',
    '<mount><mount-name>live.mp3</mount-name></mount>',
    '<mount><mount-name> is "live.mp3", expected the name of a mount, like /live.mp3: no //, no dot segments, at most 255 bytes; "/live.mp3" is used',
  ),
  starts('a fallback without its slash', live('<fallback-mount>b.mp3</fallback-mount>'), '"/b.mp3" is used'),
  starts(
    'a fallback on another server',
    live('<fallback-mount>http://a.example/b</fallback-mount>'),
    'it is left out',
  ),
  starts('a mount called by its URL', '<mount><mount-name>http://a/b</mount-name></mount>', 'it is left out'),
  starts('a mount with dot segments', '<mount><mount-name>/a/../b</mount-name></mount>', 'it is left out'),
  starts('a mount below /admin', '<mount><mount-name>/admin/x</mount-name></mount>', 'it is left out'),
  starts('a percent sign in a name', '<mount><mount-name>/100%</mount-name></mount>', '"/100%25" is used'),
  starts('a wildcard whose set descends', '<mount><mount-name>/[z-a]</mount-name></mount>', 'it is left out'),
  starts('an empty intro', live('<intro/>')),
  starts('a switch that is on', live('<hidden>on</hidden>'), '"1" is used'),
  starts('a switch that is -1', '<fileserve>-1</fileserve>', '"1" is used'),
  starts('a switch that is a word', '<relays-on-demand>maybe</relays-on-demand>', '"0" is used'),
  starts('an override by number', live('<fallback-override>2</fallback-override>'), '"1" is used'),
  starts(
    'a negative interval of titles',
    live('<mp3-metadata-interval>-1</mp3-metadata-interval>'),
    'left out',
  ),
  starts(
    'authentication by an unknown type',
    live('<authentication type="ldap"/>'),
    'all listeners are rejected',
  ),
  starts('authentication without a type', live('<authentication/>'), 'all listeners are rejected'),
  starts(
    'a password file without a name',
    live('<authentication type="htpasswd"/>'),
    'all listeners are rejected',
  ),
  starts(
    'a URL without its scheme',
    live('<authentication type="url"><option name="listener_add" value="a.example/x"/></authentication>'),
    '"http://a.example/x" is used',
  ),
  starts('an invalid header', '<http-headers><header name="a b" value="c"/></http-headers>', 'left out'),
  starts('an empty relay', relay(''), 'line 2: <relay> has no <server>'),
  starts('a relay of another name', relay(`${at}<port>1</port><mount>a.mp3</mount>`), '"/a.mp3" is used'),
  starts(
    'a relay by URL',
    relay('<server>http://127.0.0.1/</server><port>1</port><mount>/a</mount>'),
    '"127.0.0.1"',
  ),
  starts('a relay of a port beyond', relay(`${at}<port>99999</port><mount>/a</mount>`), '"80" is used'),
  starts('a master without a port', '<master-server>127.0.0.1</master-server>', 'line 2: <master-server> is'),
  starts('a master by URL', '<master-server>http://a.example/</master-server>', '"a.example" is used'),
  starts('an interval of a day', '<master-update-interval>86400</master-update-interval>', '"3600" is used'),
  starts('a hostname by URL', '<hostname>http://a.example/</hostname>', '"a.example" is used'),
  starts('a hostname with its port', '<hostname>a.example:8000</hostname>', '"a.example" is used'),
  starts(
    'a hostname with an umlaut',
    '<hostname>münchen.example</hostname>',
    '"xn--mnchen-3ya.example" is used',
  ),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder that was not filled in
  starts('a hostname with a placeholder', '<hostname>${HOSTNAME}</hostname>', 'it is left out'),
  starts('a server-id with an umlaut', '<server-id>Zürich</server-id>', '"Z?rich" is used'),
  starts('a size of the log with its unit', '<logging><logsize>10M</logsize></logging>', '"10" is used'),
  starts('a directory without its scheme', '<yp-directory url="a.example"/>', '"http://a.example"'),
  starts('an alias to nowhere', '<paths><alias source="/a"/></paths>', 'it is left out'),
  starts(
    'a socket for TLS without a certificate',
    '<listen-socket><port>1</port><ssl>1</ssl></listen-socket>',
    'it is left out',
  ),
  starts('an unknown element', '<nonsense>1</nonsense>', 'line 2: <nonsense> is unknown'),
  // what is not XML
  stops('a bare ampersand', '<location>Rock & Roll</location>', 'line 2'),
  stops(
    'a control byte',
    '<location>a\u0001b</location>',
    'line 2: the character U+0001 is not allowed in XML',
  ),
  stops('an attribute twice', '<mount type="normal" type="default"/>', 'line 2'),
  stops('an element that does not end', '<location>', 'line 3'),
  stops('an attribute without quotes', '<mount type=normal/>', 'line 2'),
]
