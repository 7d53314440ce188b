# Warnings and hardening for our own targets; third-party code never sees them.
add_library(jiuji_flags INTERFACE)
target_include_directories(jiuji_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(jiuji_flags INTERFACE _GNU_SOURCE)
target_compile_options(jiuji_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes
  -Wold-style-definition -Wundef -Wvla -Wformat=2 -Wcast-qual -Wwrite-strings -Wimplicit-fallthrough -Wnull-dereference
  -fno-common -fstack-protector-strong $<$<BOOL:${JIUJI_WERROR}>:-Werror>)
if(JIUJI_SANITIZE)
  target_compile_options(jiuji_flags INTERFACE
    -fsanitize=${JIUJI_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(jiuji_flags INTERFACE -fsanitize=${JIUJI_SANITIZE})
else()
  target_compile_definitions(jiuji_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
  target_link_options(jiuji_flags INTERFACE -Wl,-z,relro,-z,now)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(JIUJI_FUZZ) # before any library of ours, or the fuzzers are blind
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
