---@meta spendwarden
-- What policies may use, for LuaLS. Runtime: LuaJIT (Lua 5.1 syntax) without io, os, debug, package, coroutine, ffi, jit,
-- load, next, print, setmetatable, getmetatable, rawget, rawset, xpcall and math.random.

---@alias Duration string  "10m", "1h", "24h", "7d"
---@alias Label string     a label of the event, built in or declared in the configuration
---@alias Field string     any field of Event

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
---@field value number   the sum in units (USD, tokens, seconds), or events
---@field count integer  events
---@field age number?    seconds since its first event
---@field [string] string?

---@class Window
local Window = {}

--- The sum, or the count of a counting window; 0 if there is no such group.
---@param group? Group|table<Label, string>
---@return number
function Window:get(group) end

--- Events in the window.
---@param group? Group|table<Label, string>
---@return integer
function Window:count(group) end

--- Seconds since the group's first event.
---@param group? Group|table<Label, string>
---@return number?
function Window:age(group) end

--- Mean per `unit` of the part observed; nil before half of the window was.
---@param unit Duration
---@param group? Group|table<Label, string>
---@return number?
function Window:per(unit, group) end

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

---@class (exact) WindowOptions
---@field sum? Field|fun(ev: Event): number?
---@field count? boolean
---@field by? Field[]
---@field over Duration|"day"|"week"|"month"
---@field offset? Duration
---@field where? table<Field, string|string[]|boolean>|fun(ev: Event): boolean?
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
---@field annotations? table<string, string>

---@class (exact) BudgetOptions
---@field by? Field[]
---@field over Duration|"day"|"week"|"month"
---@field sum? Field
---@field where? table<Field, string|string[]|boolean>
---@field steps? { [1]: number, [2]: string }[]
---@field clear? number
---@field groups? table
---@field alert? string
---@field labels? table<string, string>

--- Who this file is. Comes first.
---@param options PolicyOptions
function policy(options) end

--- Fills a label where it is missing.
---@param label Label|Label[]
---@param options? DeriveOptions
---@param fn fun(ev: Event): (string|number|table<Label, string>|false)?, string?
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

--- A sum or count over time, kept by the engine.
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
---@type table<string, table>
data = {}

--- The settings of policy { settings }, as the configuration has them.
---@type table<string, number|string|boolean>
settings = {}
