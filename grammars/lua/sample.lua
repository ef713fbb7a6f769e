local json = require("json")
local socket = require "socket.http"

--[[ A block
comment. ]]
local LIMIT = 10
name = "shape"

local Point = {}

-- the norm
function Point.norm(x)
  if x > LIMIT then
    return x
  elseif x == 0 then
    return 0
  else
    return -x
  end
end

function Point:scale(factor)
  for i = 1, factor do
    print("value " .. i, [[raw]])
  end
  while true do
    break
  end
  repeat
    factor = factor - 1
  until factor == 0
end

local function describe(shapes)
  return function(sep)
    return table.concat(shapes, sep)
  end
end

local double = function(x)
  return x * 2
end

return Point
