---@meta spendwarden
-- What policies may use, for LuaLS: `spendwarden types` prints this file. LuaJIT's own libraries are to be disabled
-- (docs/editors.md): what policies have of them stands below, and the rest does not exist.

--- "10m", "1h", "24h", "7d"
---@alias Duration string

--- A time that rolls, or a calendar period in the configuration's time zone.
---@alias Period Duration|"day"|"week"|"month"

--- What spend is attributed to: the built-in labels, and those that the configuration declares.
---@alias Label
---| "tenant"
---| "team"
---| "workflow_id"
---| "end_user"
---| "hashed_api_key"
---| "key_alias"
---| "user"
---| "org"
---| "project"
---| "environment"
---| "agent"
---| "endpoint"
---| "prompt_version"

--- A field that is text or a flag: what windows group and select by.
---@alias Dimension Label
---| "source"
---| "id"
---| "call_id"
---| "trace_id"
---| "span_id"
---| "session_id"
---| "response_id"
---| "ai_system"
---| "requested_model"
---| "response_model"
---| "operation"
---| "service_tier"
---| "region"
---| "error_class"
---| "status"
---| "class"
---| "price_status"
---| "cache_hit"
---| "stream"

--- A field that is a number: what windows add up.
---@alias Amount
---| "start"
---| "end"
---| "first_token"
---| "received"
---| "time"
---| "retry_depth"
---| "input_tokens"
---| "output_tokens"
---| "cache_read_tokens"
---| "cache_write_tokens"
---| "cache_write_1h_tokens"
---| "reasoning_tokens"
---| "input_audio_tokens"
---| "output_audio_tokens"
---| "cache_read_audio_tokens"
---| "input_image_tokens"
---| "output_image_tokens"
---| "cache_read_image_tokens"
---| "input_video_tokens"
---| "output_video_tokens"
---| "citation_tokens"
---| "requests"
---| "web_searches"
---| "total_tokens"
---| "reported_usd"
---| "computed_usd"
---| "charge_usd"
---| "drift_usd"
---| "billed_usd"
---| "http_status"
---| "duration_seconds"
---| "time_to_first_token_seconds"

---@alias Field Dimension|Amount

--- One request. Read-only, and valid only while the function that got it runs. Absent fields are nil.
---@class (exact) Event
---@field source string
---@field id string?
---@field call_id string?
---@field trace_id string?
---@field span_id string?
---@field session_id string?
---@field response_id string?
---@field start number?                        seconds since 1970
---@field end number?                          written ev["end"]
---@field first_token number?
---@field received number
---@field time number                          when it is booked
---@field ai_system string?
---@field requested_model string?
---@field response_model string?
---@field operation string?
---@field service_tier string?
---@field region string?
---@field stream boolean
---@field tenant string?
---@field team string?
---@field workflow_id string?
---@field end_user string?
---@field hashed_api_key string?
---@field key_alias string?
---@field user string?
---@field org string?
---@field project string?
---@field environment string?
---@field agent string?
---@field endpoint string?
---@field prompt_version string?
---@field retry_depth integer                  0 if absent
---@field input_tokens integer?
---@field output_tokens integer?
---@field cache_read_tokens integer?
---@field cache_write_tokens integer?
---@field cache_write_1h_tokens integer?
---@field reasoning_tokens integer?
---@field input_audio_tokens integer?
---@field output_audio_tokens integer?
---@field cache_read_audio_tokens integer?
---@field input_image_tokens integer?
---@field output_image_tokens integer?
---@field cache_read_image_tokens integer?
---@field input_video_tokens integer?
---@field output_video_tokens integer?
---@field citation_tokens integer?
---@field requests integer?
---@field web_searches integer?
---@field total_tokens integer?
---@field reported_usd number?
---@field computed_usd number?                 from price on
---@field charge_usd number                    from price on
---@field drift_usd number?                    from price on
---@field billed_usd number                    from price on
---@field price_status "exact"|"partial"|"included"|"unpriced"|"model_missing"|"usage_missing"|"invalid_usage"  from price on
---@field requested_model_usd number?          from price on: this usage at the requested model's price
---@field status "success"|"failure"|"cancelled"
---@field error_class string?
---@field http_status integer?
---@field cache_hit boolean
---@field duration_seconds number?
---@field time_to_first_token_seconds number?
---@field class string?                        in counters and windows
---@field tags string[]
---@field metadata table<string, string>
---@field has_tag fun(self: Event, tag: string): boolean

--- One group of a window at a tick; it also has the labels of the window's `by`.
---@class Group
---@field value number   the sum or largest in units (USD, tokens, seconds), events, or different values
---@field count integer  events
---@field age number?    seconds since its first event
---@field [string] string?

--- Of a list that Window:top makes; it also has the labels of the window's `by`.
---@class GroupRow
---@field value number
---@field count integer
---@field [string] string?

---@class Window
local Window = {}

--- What the window keeps: sum, count, largest or different values; 0 if there is no such group.
---@param group? Group|table<Dimension, string>
---@return number
function Window:get(group) end

--- Events in the window.
---@param group? Group|table<Dimension, string>
---@return integer
function Window:count(group) end

--- Seconds since the group's first event.
---@param group? Group|table<Dimension, string>
---@return number?
function Window:age(group) end

--- Mean per `unit` of the part observed; nil before half of the window was.
---@param unit Duration
---@param group? Group|table<Dimension, string>
---@return number?
function Window:per(unit, group) end

--- The `most` largest groups, largest first; of those that have the labels of `group`, as far as the window is by them.
---@param most integer  1 to 100
---@param group? Group|table<Dimension, string>
---@return GroupRow[]
function Window:top(most, group) end

---@class (exact) PolicyOptions
---@field name string
---@field version? string
---@field owner? string
---@field data? string[]                       files named in the configuration
---@field settings? table<string, number|string|boolean>  defaults

---@class (exact) DeriveOptions
---@field needs? Field[]
---@field override? boolean

---@class (exact) ClassifyOptions
---@field default? string

---@class (exact) PriceOptions
---@field needs? Field[]
---@field of? "charge"|"billed"

---@class (exact) CounterOptions
---@field help string
---@field labels? string[]
---@field needs? Field[]

---@class (exact) HistogramOptions
---@field help string
---@field labels? string[]
---@field buckets? number[]                    upper bounds, ascending; without them Prometheus' own
---@field needs? Field[]

---@class (exact) GaugeOptions
---@field help string
---@field over Window

---@class (exact) WindowOptions
---@field sum? Amount|fun(ev: Event): number?
---@field count? boolean
---@field max? Amount|fun(ev: Event): number?
---@field distinct? Dimension
---@field by? Dimension[]
---@field over Period
---@field offset? Duration
---@field where? table<Dimension, string|string[]|boolean>|fun(ev: Event): boolean?
---@field name? string

---@class (exact) RuleOptions
---@field over Window
---@field above? number
---@field below? number
---@field steps? { [1]: number, [2]: string }[]
---@field clear? number
---@field hold? Duration
---@field keep? Duration
---@field min? number
---@field severity? string
---@field labels? table<string, string>
---@field annotations? table<string, string>|fun(group: Group, value: number|boolean): table<string, string>?

---@class (exact) BudgetOptions
---@field by? Dimension[]
---@field over Period
---@field sum? Amount
---@field where? table<Dimension, string|string[]|boolean>
---@field steps? { [1]: number, [2]: string }[]
---@field clear? number
---@field start_day? integer|"monday"|"tuesday"|"wednesday"|"thursday"|"friday"|"saturday"|"sunday"
---@field time_zone? string
---@field burn? boolean|{ [1]: Duration, [2]: Duration, [3]: number, [4]: string? }[]
---@field burn_min? number
---@field forecast? boolean|number|{ [1]: number, [2]: string }
---@field groups? table
---@field alert? string
---@field labels? table<string, string>

--- Who this file is. Comes first.
---@param options PolicyOptions
function policy(options) end

--- The value; for several labels a table. nil, false and "" are no answer.
---@alias Derived string|number|false|table<Label, string|number|false>

--- Fills a label where it is missing.
---@param label Label|Label[]
---@param options? DeriveOptions
---@param fn fun(ev: Event): Derived?, string?
function derive(label, options, fn) end

--- Says what kind of spend an event is. The first answer wins.
---@param classes string[]
---@param options? ClassifyOptions
---@param fn fun(ev: Event): string?, string?
function classify(classes, options, fn) end

--- Changes what is charged, or billed to a tenant.
---@param options? PriceOptions
---@param fn fun(ev: Event): number?, string?
function price(options, fn) end

--- A metric of your own: a number or nil, then the labels' values.
---@param name string
---@param options CounterOptions
---@param fn fun(ev: Event): number?, ...
function counter(name, options, fn) end

--- The same as a distribution: a number or nil, then the labels' values.
---@param name string
---@param options HistogramOptions
---@param fn fun(ev: Event): number?, ...
function histogram(name, options, fn) end

--- A metric that is set at every tick, for each group of its window; the labels are the window's `by`.
---@param name string
---@param options GaugeOptions
---@param fn fun(group: Group): number?
function gauge(name, options, fn) end

--- A sum, a count, the largest value or the number of different ones over time, kept by the engine.
---@param options WindowOptions
---@return Window
function window(options) end

--- A condition on a window, evaluated for each of its groups at every tick.
---@param name string
---@param options RuleOptions
---@param fn fun(group: Group): (number|boolean)?
function rule(name, options, fn) end

--- A limit in USD on the spend of each group.
---@param name string
---@param options BudgetOptions
---@param fn fun(group: Group): number?
function budget(name, options, fn) end

--- The files that policy { data } names, read-only; a missing file is an empty table.
---@class Data
---@field [string] table
data = {}

--- The settings of policy { settings }, as the configuration has them.
---@type table<string, any>
settings = {}

-- --- in tests (*_test.lua) ---

---@class Provenance
---@field from "gateway"|"token"|"policy"|"caller"  caller: passed on by the gateway as it came with the request
---@field field string?   of the gateway's event
---@field policy string?
---@field rule string?    "file:line"
---@field reason string?
---@field was string?     what an override replaced

---@class PriceStep: Provenance
---@field of "charge"|"billed"
---@field before_usd number
---@field after_usd number

---@class Effect
---@field name string
---@field value number
---@field labels table<string, string>

--- What was decided about an event that was sent.
---@class Decided: Event
---@field provenance table<Label|"retry_depth"|"class", Provenance>
---@field price { entry: string?, matched_by: string?, steps: PriceStep[] }
---@field effects Effect[]

---@class Alert
---@field name string
---@field policy string
---@field state "pending"|"firing"|"resolved"
---@field pending number?  since when, in seconds since 1970
---@field starts number?
---@field resolved number?
---@field value number
---@field labels table<string, string>
---@field annotations table<string, string>

--- "10m"; a time, "2026-03-02T09:00:00Z", or without an offset in the test's time zone.
---@alias Moment string

---@alias SentEvent table<Field|"tags"|"metadata"|"reported_currency", any>

---@class Test
local Test = {}

--- When the test begins. Before the first event.
---@param time Moment
function Test:at(time) end

--- The time zone of calendar windows and of times. Before the first event.
---@param name string
function Test:zone(name) end

--- In place of data files. Before the first event.
---@param tables table<string, table>
function Test:data(tables) end

--- Of the only policy in the folder, or by the policies' names. Before the first event.
---@param settings table<string, any>
function Test:settings(settings) end

--- Seconds since 1970.
---@return number
function Test:now() end

--- An event that comes now.
---@param event SentEvent
---@return Decided
function Test:send(event) end

--- A body as the source sends it.
---@param source "litellm"|"generic"
---@param body string|table
---@return Decided[]
function Test:send_raw(source, body) end

--- One now and each `step` for `total`, after which it is so much later.
---@param step Duration
---@param total Duration
---@param event SentEvent|SentEvent[]|fun(i: integer, now: number): SentEvent|SentEvent[]|false|nil
function Test:every(step, total, event) end

--- The clock goes on, by a duration or to a time; all ticks that are due run.
---@param to Duration|Moment
function Test:advance(to) end

--- To the next tick.
function Test:tick() end

--- Equal, tables by what they hold.
---@param got any
---@param expected any
---@param message? string
function Test:eq(got, expected, message) end

--- Neither nil nor false.
---@generic T
---@param value T?
---@param message? string
---@return T
function Test:ok(value, message) end

---@param got number
---@param expected number
---@param within? number  1e-9
---@param message? string
function Test:near(got, expected, within, message) end

--- Such an alert fires now, and is thereby expected.
---@param name? string
---@param labels? table<string, string|false>
---@param severity? string
---@return Alert
---@return integer count
function Test:alert(name, labels, severity) end

---@param name? string
---@param labels? table<string, string|false>
---@param severity? string
---@return Alert
---@return integer count
function Test:pending(name, labels, severity) end

---@param name? string
---@param labels? table<string, string|false>
---@param severity? string
function Test:no_alert(name, labels, severity) end

--- One has fired and is over.
---@param name? string
---@param labels? table<string, string|false>
---@param severity? string
---@return integer count
function Test:resolved(name, labels, severity) end

--- At least one will have fired when the test ends.
---@param name? string
---@param labels? table<string, string|false>
---@param severity? string
function Test:expect(name, labels, severity) end

--- Whether such alerts fire does not matter.
---@param name? string
---@param labels? table<string, string|false>
---@param severity? string
function Test:ignore(name, labels, severity) end

--- Those that are pending, firing, or resolved lately.
---@return Alert[]
function Test:alerts() end

--- While `fn` runs a policy fails, with this text in its message, place or reason.
---@param text string
---@param fn fun()
---@return integer count
function Test:fails(text, fn) end

--- How often a policy has failed.
---@return integer
function Test:errors() end

--- The sum over all series that match.
---@param name string
---@param labels? table<string, string|false>
---@return number
function Test:counter(name, labels) end

--- The only series that matches, or nil.
---@param name string
---@param labels? table<string, string|false>
---@return number?
function Test:gauge(name, labels) end

---@param name string
---@param labels? table<string, string|false>
---@return { count: number, sum: number, buckets: table<number, number> }  buckets by upper bound, of +Inf math.huge
function Test:histogram(name, labels) end

---@param name string
---@param fn fun(t: Test)
function test(name, fn) end

--- Not run, and counted as skipped.
---@param name string
---@param fn? fun(t: Test)
function todo(name, fn) end

--- Other policies than those beside the file; relative to it.
---@param paths string[]
function use(paths) end

-- --- of Lua ---

---@generic T
---@param value T?
---@param message? any
---@return T
---@return any ...
function assert(value, message, ...) end

--- Ends the function; the event stays as it was. The text is logged with the line.
---@param message any
---@param level? integer
function error(message, level) end

---@generic T: table, V
---@param list T
---@return fun(list: V[], index?: integer): integer, V
---@return T
---@return integer
function ipairs(list) end

--- By number, then by bytes: always the same order.
---@generic T: table, K, V
---@param map T
---@return fun(map: table<K, V>, key?: K): K, V
---@return T
---@return nil
function pairs(map) end

---@param fn fun(...): ...
---@param ... any
---@return boolean ok
---@return any ...
function pcall(fn, ...) end

---@param at integer|"#"
---@param ... any
---@return any ...
function select(at, ...) end

---@param value any
---@param base? integer
---@return number?
function tonumber(value, base) end

--- Of a table "table": nothing shows an address.
---@param value any
---@return string
function tostring(value) end

---@param value any
---@return "nil"|"number"|"string"|"boolean"|"table"|"function"|"userdata"
function type(value) end

--- At most 250 values.
---@generic T
---@param list T[]
---@param first? integer
---@param last? integer
---@return T ...
function unpack(list, first, last) end

---@class stringlib
string = {}

---@param text string
---@param first? integer
---@param last? integer
---@return integer ...
function string.byte(text, first, last) end

---@param ... integer
---@return string
function string.char(...) end

---@param text string
---@param pattern string
---@param from? integer
---@param plain? boolean
---@return integer? first
---@return integer? last
---@return any ... captures
function string.find(text, pattern, from, plain) end

---@param format string
---@param ... any
---@return string
function string.format(format, ...) end

---@param text string
---@param pattern string
---@return fun(): string, ...
function string.gmatch(text, pattern) end

--- The replacement is a text or a table, no function.
---@param text string
---@param pattern string
---@param replacement string|number|table
---@param most? integer
---@return string
---@return integer count
function string.gsub(text, pattern, replacement, most) end

---@param text string
---@return integer
function string.len(text) end

---@param text string
---@return string
function string.lower(text) end

---@param text string
---@param pattern string
---@param from? integer
---@return any ... captures
function string.match(text, pattern, from) end

--- At most 64 KiB.
---@param text string
---@param count integer
---@return string
function string.rep(text, count) end

---@param text string
---@return string
function string.reverse(text) end

---@param text string
---@param first integer
---@param last? integer
---@return string
function string.sub(text, first, last) end

---@param text string
---@return string
function string.upper(text) end

---@class tablelib
table = {}

---@param list (string|number)[]
---@param separator? string
---@param first? integer
---@param last? integer
---@return string
function table.concat(list, separator, first, last) end

---@generic T
---@overload fun(list: T[], value: T)
---@param list T[]
---@param at integer
---@param value T
function table.insert(list, at, value) end

---@generic T
---@param list T[]
---@param at? integer
---@return T?
function table.remove(list, at) end

--- At most 10000 elements.
---@generic T
---@param list T[]
---@param before? fun(a: T, b: T): boolean
function table.sort(list, before) end

---@class mathlib
---@field huge number
---@field pi number
math = {}

---@param x number
---@return number
function math.abs(x) end

---@param x number
---@return number
function math.acos(x) end

---@param x number
---@return number
function math.asin(x) end

---@param x number
---@return number
function math.atan(x) end

---@param y number
---@param x number
---@return number
function math.atan2(y, x) end

---@param x number
---@return integer
function math.ceil(x) end

---@param x number
---@return number
function math.cos(x) end

---@param x number
---@return number
function math.cosh(x) end

---@param x number
---@return number
function math.deg(x) end

---@param x number
---@return number
function math.exp(x) end

---@param x number
---@return integer
function math.floor(x) end

---@param x number
---@param y number
---@return number
function math.fmod(x, y) end

---@param x number
---@return number
---@return integer
function math.frexp(x) end

---@param x number
---@param exponent number
---@return number
function math.ldexp(x, exponent) end

---@param x number
---@param base? number
---@return number
function math.log(x, base) end

---@param x number
---@return number
function math.log10(x) end

---@param x number
---@param ... number
---@return number
function math.max(x, ...) end

---@param x number
---@param ... number
---@return number
function math.min(x, ...) end

---@param x number
---@return integer
---@return number
function math.modf(x) end

---@param x number
---@param y number
---@return number
function math.pow(x, y) end

---@param x number
---@return number
function math.rad(x) end

---@param x number
---@return number
function math.sin(x) end

---@param x number
---@return number
function math.sinh(x) end

---@param x number
---@return number
function math.sqrt(x) end

---@param x number
---@return number
function math.tan(x) end

---@param x number
---@return number
function math.tanh(x) end
