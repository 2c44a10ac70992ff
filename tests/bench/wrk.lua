-- The requests of scripts/bench for wrk. Arguments after `--`: what is requested, how many there are.
--   get               the URL as it stands
--   content SESSIONS  an access token of a random session among those of load.sql
--   login USERS       the right password of a random user among those that scripts/bench registered
-- Ends with one line for scripts/bench: "RESULT <requests a second> <failed requests> <median in ms> <99th percentile in ms>".

-- A token of load.sql is 21 constant bytes, nine digits and two constant bytes: three digits are
-- one group of base64, so a table of a thousand groups makes any token without encoding anything.
local TOKEN_HEAD = "c2Vzc2lvbmQtYmVuY2gtYWNjZXNz" -- "sessiond-bench-access"
local TOKEN_TAIL = "Li4" -- ".."
local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
local groups = {}

local function base64_group(text)
  local a, b, c = text:byte(1, 3)
  local bits = a * 65536 + b * 256 + c
  local group = ""
  for _, unit in ipairs({ 262144, 4096, 64, 1 }) do
    local digit = math.floor(bits / unit) % 64
    group = group .. ALPHABET:sub(digit + 1, digit + 1)
  end
  return group
end

local makers = {}

function makers.content(count)
  for i = 0, 999 do
    groups[i] = base64_group(string.format("%03d", i))
  end
  local head = "GET " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\nCookie: access_token=" .. TOKEN_HEAD
  local tail = TOKEN_TAIL .. "\r\n\r\n"
  return function()
    local n = math.random(1, count)
    local high = groups[math.floor(n / 1000000)]
    return head .. high .. groups[math.floor(n / 1000) % 1000] .. groups[n % 1000] .. tail
  end
end

function makers.login(count)
  local headers = { ["Content-Type"] = "application/json" }
  local requests = {}
  for i = 1, count do
    local body = string.format('{"username":"login%d","password":"right password %d"}', i, i)
    requests[i] = wrk.format("POST", wrk.path, headers, body)
  end
  return function()
    return requests[math.random(1, count)]
  end
end

function init(args)
  math.randomseed(os.time())
  if makers[args[1]] then
    request = makers[args[1]](tonumber(args[2]))
  end
end

function done(summary, latency)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  print(string.format("RESULT %.1f %d %.3f %.3f", summary.requests * 1e6 / summary.duration, failed,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
