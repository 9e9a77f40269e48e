# cmake -C config/presets/sanitize.cmake -B build/sanitize -G Ninja
set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "")
set(CAUSEWAY_WERROR ON CACHE BOOL "")
set(CAUSEWAY_SANITIZE ON CACHE BOOL "")
