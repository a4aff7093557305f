/* redis_script.c - see redis_script.h.
 * Room: loader/sink. May touch: nothing.
 * HSET is called in parts because Lua's unpack is bounded by its stack (some 8000 values). */
#include "loader/sink/redis_script.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

/* Both scripts that replace compare alike: as numbers where both are, else as texts; what lacks a version, or holds
 * another type, is not known to be older and stays. */
#define IS_NEWER_FUNCTION                                                                          \
    "local function is_newer(ours, theirs)\n"                                                      \
    "  if tonumber(ours) and tonumber(theirs) then\n"                                              \
    "    return tonumber(ours) > tonumber(theirs)\n"                                               \
    "  end\n"                                                                                      \
    "  return type(ours) == 'string' and type(theirs) == 'string' and ours > theirs\n"             \
    "end\n"

static const char *const texts[] = {
    [REDIS_SCRIPT_REPLACE_STRING] = IS_NEWER_FUNCTION
    "local held = redis.pcall('GET', KEYS[1])\n"
    "if type(held) == 'table' then\n"
    "  if string.find(held.err, 'WRONGTYPE', 1, true) then return 0 end\n"
    "  return held\n"
    "end\n"
    "local function version(text)\n"
    "  local is_json, value = pcall(cjson.decode, text)\n"
    "  return is_json and type(value) == 'table' and value[ARGV[2]]\n"
    "end\n"
    "if held and not is_newer(version(ARGV[3]), version(held)) then return 0 end\n"
    "redis.call('SET', KEYS[1], ARGV[3], 'EXAT', ARGV[1])\n"
    "return 1\n",
    [REDIS_SCRIPT_REPLACE_HASH] = IS_NEWER_FUNCTION
    "local function version(fields, first)\n"
    "  for i = first, #fields, 2 do\n"
    "    if fields[i] == ARGV[2] then return fields[i + 1] end\n"
    "  end\n"
    "end\n"
    "if ARGV[2] ~= '' and redis.call('EXISTS', KEYS[1]) == 1 then\n"
    "  local held = redis.pcall('HGETALL', KEYS[1])\n"
    "  if held.err and not string.find(held.err, 'WRONGTYPE', 1, true) then return held end\n"
    "  if held.err or not is_newer(version(ARGV, 3), version(held, 1)) then return 0 end\n"
    "end\n"
    "redis.call('UNLINK', KEYS[1])\n"
    "for i = 3, #ARGV, 1000 do\n"
    "  redis.call('HSET', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))\n"
    "end\n"
    "redis.call('EXPIREAT', KEYS[1], ARGV[1])\n"
    "return 1\n",
    [REDIS_SCRIPT_ADD_HASH] =
        "if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end\n"
        "for i = 2, #ARGV, 1000 do\n"
        "  redis.call('HSET', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))\n"
        "end\n"
        "redis.call('EXPIREAT', KEYS[1], ARGV[1])\n"
        "return 1\n",
    [REDIS_SCRIPT_REMOVE_STRING] =
        "local expiry = redis.call('PEXPIRETIME', KEYS[1])\n"
        "if expiry == -2 then return -1 end\n"
        "if expiry ~= tonumber(ARGV[1]) then return 0 end\n"
        "local held = redis.pcall('GET', KEYS[1])\n"
        "if held == ARGV[2] then return redis.call('UNLINK', KEYS[1]) end\n"
        "if type(held) == 'table' and held.err and\n"
        "   not string.find(held.err, 'WRONGTYPE', 1, true) then\n"
        "  return held\n"
        "end\n"
        "return 0\n",
    [REDIS_SCRIPT_REMOVE_HASH] = "local expiry = redis.call('PEXPIRETIME', KEYS[1])\n"
                                 "if expiry == -2 then return -1 end\n"
                                 "if expiry ~= tonumber(ARGV[1]) then return 0 end\n"
                                 "local held = redis.pcall('HGETALL', KEYS[1])\n"
                                 "if held.err and\n"
                                 "   not string.find(held.err, 'WRONGTYPE', 1, true) then\n"
                                 "  return held\n"
                                 "end\n"
                                 "if held.err or #held ~= #ARGV - 1 then return 0 end\n"
                                 "local value_of = {}\n"
                                 "for i = 1, #held, 2 do value_of[held[i]] = held[i + 1] end\n"
                                 "for i = 2, #ARGV, 2 do\n"
                                 "  if value_of[ARGV[i]] ~= ARGV[i + 1] then return 0 end\n"
                                 "end\n"
                                 "return redis.call('UNLINK', KEYS[1])\n",
    [REDIS_SCRIPT_RIGHTS] = "local denied = {}\n"
                            "local function try(...)\n"
                            "  local answer = redis.pcall(...)\n"
                            "  if type(answer) == 'table' and answer.err and\n"
                            "     string.find(answer.err, \"can't run\", 1, true) then\n"
                            "    denied[#denied + 1] = string.lower((...))\n"
                            "  end\n"
                            "end\n"
                            "for _, command in ipairs({'EXISTS', 'GET', 'HGETALL', 'PEXPIRETIME', "
                            "'DEL', 'UNLINK'}) do\n"
                            "  try(command, KEYS[1])\n"
                            "end\n"
                            "try('EXPIREAT', KEYS[1], '1')\n"
                            "try('SET', KEYS[1], '', 'XX')\n"
                            "if #denied == 0 then\n"
                            "  try('HSET', KEYS[1], 'a', 'b')\n"
                            "  try('UNLINK', KEYS[1])\n"
                            "end\n"
                            "return table.concat(denied, ', ')\n",
};

_Static_assert(sizeof texts / sizeof texts[0] == REDIS_SCRIPT_COUNT, "a text for each script");

void redis_script_names_init(struct redis_script_names *names)
{
    for (size_t i = 0; i < REDIS_SCRIPT_COUNT; i++) {
        unsigned char digest[SHA_DIGEST_LENGTH];
        SHA1((const unsigned char *)texts[i], strlen(texts[i]), digest);
        for (size_t at = 0; at < sizeof digest; at++) {
            snprintf(names->sha1[i] + 2 * at, REDIS_SHA1_TEXT_SIZE - 2 * at, "%02x", digest[at]);
        }
    }
}

void redis_script_begin(const struct redis_script_names *names, enum redis_script script,
                        struct redis_link *link, struct slice key, size_t argument_count)
{
    enum { WORDS_BEFORE_ARGUMENTS = 4 }; /* EVAL, script, 1, key */
    uint32_t bit = (uint32_t)1 << script;
    bool is_known = (link->script_bits & bit) != 0;
    link->script_bits |= bit;
    redis_output_command(&link->output, WORDS_BEFORE_ARGUMENTS + argument_count);
    redis_output_text(&link->output, is_known ? "EVALSHA" : "EVAL");
    redis_output_text(&link->output, is_known ? names->sha1[script] : texts[script]);
    redis_output_text(&link->output, "1");
    redis_output_argument(&link->output, key);
}
