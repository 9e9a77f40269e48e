# cmake -C config/presets/fuzz.cmake -B build/fuzz -G Ninja
set(CMAKE_C_COMPILER clang CACHE STRING "")
set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "")
set(CAUSEWAY_SANITIZE ON CACHE BOOL "")
set(CAUSEWAY_FUZZ ON CACHE BOOL "")
