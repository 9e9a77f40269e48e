# cmake -C config/presets/debug.cmake -B build/debug -G Ninja
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CAUSEWAY_WERROR ON CACHE BOOL "")
